"""How relief in hard times is asked for and laid out: what may be asked, what it would change, why a person decides."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.portal.formats import format_day, format_money, format_share
from apps.portal.tables import Amount, Column, Day, Share, Table, Text
from apps.repayment.hardship import (
    EXTENSION,
    LONGER,
    LONGEST_ASKED,
    LOWER_SHARE,
    MOST_ADDED,
    PARTS,
    PAUSE,
    Policy,
    Wish,
)
from apps.repayment.prospects import Choice, Prospect

USUAL_DAYS = 30
NAMES: Mapping[str, Promise | str] = {
    PAUSE: gettext_lazy("A pause"),
    LOWER_SHARE: gettext_lazy("A smaller share for a while"),
    LONGER: gettext_lazy("Smaller amounts, for longer"),
    EXTENSION: gettext_lazy("A later due date"),
}
WHY: Mapping[str, Promise | str] = {
    "too_long": gettext_lazy("more than the product grants by itself"),
    "too_low": gettext_lazy("a smaller share than the product grants by itself"),
    "too_often": gettext_lazy("one more than the product grants in twelve months"),
    "too_soon": gettext_lazy("too soon after the last relief"),
    "late": gettext_lazy("something is past due already"),
    "papers": gettext_lazy("the papers or the insurance of the goods end before that day"),
    "uncovered": gettext_lazy("the orders still awaited bring less than what would be owed"),
    "long_term": gettext_lazy("a receivable that runs for more than 180 days"),
}


class ReliefForm(forms.Form):
    """How much of one kind of relief, and why."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, kind: str, policy: Policy, **options: Any) -> None:
        options.setdefault("initial", {"key": uuid.uuid4().hex, **_usual(kind, policy)})
        super().__init__(*arguments, **options)
        self.kind = kind
        if kind == LONGER:
            self.fields["more"] = forms.IntegerField(
                label=_("How many more?"), min_value=1, max_value=MOST_ADDED,
                help_text=_("What is still to come is spread over so many more times."),
            )  # fmt: skip
        else:
            self.fields["days"] = forms.IntegerField(
                label=_("How many days later?") if kind == EXTENSION else _("For how many days?"),
                min_value=1,
                max_value=LONGEST_ASKED,
            )
        if kind == LOWER_SHARE:
            parts = [(f"{part:f}", _("%(share)s of the usual") % {"share": format_share(part, 0)}) for part in PARTS]
            self.fields["part"] = forms.TypedChoiceField(
                label=_("What shall still be kept?"), choices=parts, coerce=_part_of, widget=forms.RadioSelect
            )
        self.fields["reason"] = forms.CharField(
            label=_("What happened?"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("A few words. The people of the platform read it when they have to decide."),
        )  # fmt: skip

    def wish(self) -> Wish | None:
        """What is asked for as far as it is typed so that it can be shown; None where it is not."""
        typed = self.cleaned_data if self.is_bound and self.errors is not None else self.initial
        size = [name for name in ("days", "part", "more") if name in self.fields]
        if any(typed.get(name) is None for name in size):
            return None
        return Wish(self.kind, days=typed.get("days", 0), part=_part_of(typed.get("part")), more=typed.get("more", 0))


def _part_of(value: Any) -> Any:
    return next((part for part in PARTS if f"{part:f}" == str(value)), None)


def _usual(kind: str, policy: Policy) -> dict[str, Any]:
    """What is shown first: as much as is granted at once, at most a month of it."""
    match kind:
        case "longer":
            return {"more": policy.more or 1}
        case "lower_share":
            granted = [part for part in PARTS if part >= policy.lowest_part]
            return {"days": min(policy.lower_days or USUAL_DAYS, USUAL_DAYS), "part": f"{min(granted or PARTS[:1]):f}"}
    most = policy.later_days if kind == EXTENSION else policy.days
    return {"days": min(most or USUAL_DAYS, USUAL_DAYS)}


def mark_of(wish: Wish) -> str:
    """Tells whether what is asked for is what was looked at."""
    return f"{wish.kind} {wish.days} {wish.part or 0:f} {wish.more}"


def wish_text(wish: Wish) -> str:
    """What was asked for, in words."""
    match wish.kind:
        case "pause":
            return ngettext("A pause of %(days)s day", "A pause of %(days)s days", wish.days) % {"days": wish.days}
        case "lower_share":
            words = ngettext(
                "%(share)s of the usual share for %(days)s day", "%(share)s of the usual share for %(days)s days",
                wish.days,
            )  # fmt: skip
            return words % {"share": format_share(wish.part or 0, 0), "days": wish.days}
        case "extension":
            return ngettext("Due %(days)s day later", "Due %(days)s days later", wish.days) % {"days": wish.days}
    return ngettext(
        "Smaller amounts, %(more)s time more", "Smaller amounts, %(more)s times more", wish.more
    ) % {"more": wish.more}  # fmt: skip


def granted_text(policy: Policy, kind: str) -> str:
    """What of `kind` is granted at once."""
    if not policy.grants_some(kind):
        return _("A person looks at every request.")
    match kind:
        case "pause":
            words = ngettext("Up to %(days)s day at once.", "Up to %(days)s days at once.", policy.days)
            return words % {"days": policy.days}
        case "lower_share":
            words = ngettext(
                "Down to %(share)s of the usual, up to %(days)s day at once.",
                "Down to %(share)s of the usual, up to %(days)s days at once.",
                policy.lower_days,
            )
            return words % {"share": format_share(policy.lowest_part, 0), "days": policy.lower_days}
        case "extension":
            most = policy.later_days
            return ngettext("Up to %(days)s day later at once.", "Up to %(days)s days later at once.", most) % {
                "days": most
            }
    words = ngettext("Up to %(more)s more at once.", "Up to %(more)s more at once.", policy.more)
    return words % {"more": policy.more}


def choice_table(choice: Choice, currency: str) -> Table:
    """As it goes on, and as it would go on."""
    now, then = choice.now, choice.then
    rows: list[tuple[Any, ...]] = []
    if now.share is not None:
        rows.append((Text(_("Kept of each day's sales")), Share(now.share), Share(then.share)))
    if now.due is not None or then.due is not None:
        rows.append((Text(_("Next at least")), _due(now, currency), _due(then, currency)))
    if now.last_on or then.last_on:
        rows.append((Text(_("All of it by")), Day(now.last_on), Day(then.last_on)))
    if now.done_on != now.last_on:
        rows.append((Text(_("Done, if sales go on as usual, about")), Day(now.done_on), Day(then.done_on)))
    rows.append((Text(_("Fee and interest still to pay")), Amount(now.cost, currency), Amount(then.cost, currency)))
    columns = (Column(_("What")), Column(_("As it is"), numeric=True), Column(_("Then"), numeric=True))
    return Table(_("What it changes"), columns, rows)


def _due(prospect: Prospect, currency: str) -> Amount:
    by = _("by %(day)s") % {"day": format_day(prospect.due_on)} if prospect.due_on else ""
    return Amount(prospect.due, currency, note=by)


def cost_text(choice: Choice, currency: str) -> str:
    """In a sentence, what it costs more or less."""
    if not choice.dearer:
        return _("It costs nothing more.")
    amount = format_money(abs(choice.dearer), currency)
    if choice.dearer > 0:
        return _("It costs %(amount)s more: interest goes on for longer.") % {"amount": amount}
    return _("It costs %(amount)s less.") % {"amount": amount}
