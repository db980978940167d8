"""How breaks are laid out on the desk: the queue, one break with what may explain it, and the forms to work it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankLine
from apps.core.models import Transition
from apps.ledger import chart
from apps.portal.bank_lines import line_words
from apps.portal.break_words import break_in_words
from apps.portal.formats import format_day
from apps.portal.states import wording
from apps.portal.subjects import subjects_of
from apps.portal.tables import Amount, Cell, Check, Column, Count, Day, Moment, Share, State, Table, Text
from apps.reconciliation.models import BREAK_TYPES, Break, BreakNote, Suggestion
from apps.reconciliation.rules import Rules

BREAK_KINDS: dict[str, Promise | str] = {
    "missing_internal": gettext_lazy("Missing with us"),
    "missing_external": gettext_lazy("Missing at the bank"),
    "amount": gettext_lazy("Amount"),
    "date": gettext_lazy("Date"),
    "duplicate": gettext_lazy("Twice"),
    "currency": gettext_lazy("Currency"),
    "wrong_account": gettext_lazy("Wrong account"),
    "fee": gettext_lazy("Fee"),
    "misallocated": gettext_lazy("Wrongly allocated"),
    "status": gettext_lazy("Status"),
    "stale_price": gettext_lazy("Old price"),
}
WHY: dict[str, Promise | str] = {
    "reference": gettext_lazy("Same reference"),
    "amount": gettext_lazy("Amount and date are close"),
    "covering": gettext_lazy("Together they add up exactly"),
    "similar": gettext_lazy("Words in common"),
    "returned": gettext_lazy("The bank gave back what it had paid out: the financing ends as if it had never begun"),
}
# The rules that every platform starts with, by the name that is kept with them; a rule of people's own has its name.
STARTERS: dict[str, Promise | str] = {
    "exact reference": gettext_lazy("Exact reference"),
    "exact amount and date": gettext_lazy("Exact amount and date"),
    "exact amount, some days apart": gettext_lazy("Exact amount, some days apart"),
    "several that add up": gettext_lazy("Several that add up"),
    "nearly the amount": gettext_lazy("Nearly the amount"),
    "similar words": gettext_lazy("Similar words"),
}
ACCOUNTS: dict[str, Promise | str] = {
    chart.DIFFERENCES: gettext_lazy("Write it off as a small difference"),
    chart.BANK_CHARGES: gettext_lazy("It is a charge of the bank"),
    chart.SUSPENSE: gettext_lazy("Park it until it is clear whose it is"),
}


class FilterForm(forms.Form):
    """Which breaks of the queue are shown."""

    kind = forms.ChoiceField(required=False, label=gettext_lazy("Type"))
    owner = forms.ChoiceField(required=False, label=gettext_lazy("Whose"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        kinds = [(kind, str(BREAK_KINDS[kind])) for kind in BREAK_TYPES]
        self.fields["kind"].choices = [("", _("All")), *kinds]  # type: ignore[attr-defined]
        whose = [("", _("All")), ("mine", _("Mine")), ("nobody", _("Nobody's"))]
        self.fields["owner"].choices = whose  # type: ignore[attr-defined]


class ProposeForm(forms.Form):
    """Where a difference goes, and why."""

    account = forms.ChoiceField(label=gettext_lazy("What it is"), choices=list(ACCOUNTS.items()))
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("It stays with the break for good.")
    )


class NoteForm(forms.Form):
    """Something to remember about a break, on paper or not."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "data-key": "c"}),
    )
    paper = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("PDF, PNG, JPEG or plain text, at most 2 MB."),
    )


def queue_table(
    rows: Sequence[Break], names: Mapping[str, str], caption: str, *, today: date, offers: Mapping[int, Suggestion]
) -> Table:
    """Differences: what is seen, how much, since when, due when, whose; those with one sure hint can be chosen."""
    words = expected_in_words(key for offer in offers.values() for key in offer.expected)
    cells: list[tuple[Cell, ...]] = [
        (
            _choice(one, offers.get(one.pk)),
            name_of(one),
            Text(break_in_words(one.text), note=_hint(offers.get(one.pk), words)),
            State("break", one.state),
            Amount(one.amount, one.currency, signed=True),
            Day(one.opened_on, short=True, note=_age(one, today)),
            Text(names.get(one.owner, "")),
        )
        for one in rows
    ]
    columns = (
        Column(_("Choose")),
        Column(_("Break")),
        Column(_("What we see")),
        Column(_("State")),
        Column(_("Ours less theirs"), numeric=True),
        Column(_("Since")),
        Column(_("Owner")),
    )
    return Table(caption, columns, cells, empty=_("Nothing is unexplained."))


def name_of(one: Break) -> Text:
    """A break's number and type, with the way to its page."""
    return Text(f"B-{one.pk}", note=str(BREAK_KINDS.get(one.kind, one.kind)), href=reverse("desk:break", args=[one.pk]))


def about(one: Break) -> Text:
    """What a break is about, with its page: a row of ours, a control total, or goods whose price is old."""
    kind, _colon, name = one.subject.partition(":")
    if kind == "control":
        return Text(one.subject, href=reverse("desk:total", args=[one.run.business_date, name]))
    if kind == "commodity":
        return Text(name, href=reverse("desk:valued", args=[one.run.business_date]))
    return subjects_of([one.subject]).get(one.subject, Text(one.subject))


def _choice(one: Break, offer: Suggestion | None) -> Cell:
    if offer is None:
        return Text("")
    return Check("chosen", f"{offer.pk}:{one.version}", _("Choose B-%(number)s") % {"number": one.pk}, "accept-chosen")


def _hint(offer: Suggestion | None, words: Mapping[str, str]) -> str:
    return "" if offer is None else f"{WHY[offer.kind]}: {', '.join(words[key] for key in offer.expected)}"


def _age(one: Break, today: date) -> str:
    if one.due_on is None:
        return ""
    if one.due_on < today:
        return _("was due on %(day)s") % {"day": format_day(one.due_on)}
    return _("due on %(day)s") % {"day": format_day(one.due_on)}


def suggestion_rows(one: Break, offers: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """Each suggestion with its reason and the lines that it is about, in words."""
    ids = [int(key.partition(":")[2]) for offer in offers for key in offer.lines]
    lines = {f"bank_line:{line.pk}": line for line in BankLine.objects.filter(pk__in=ids)}
    words = expected_in_words(key for offer in offers for key in offer.expected)
    return [
        {
            "offer": offer,
            "why": WHY[offer.kind],
            "lines": [line_words(lines[key]) for key in offer.lines if key in lines],
            "expected": [words[key] for key in offer.expected],
            "can_accept": one.can("accept") and not offer.accepted_by and not offer.declined_by,
        }
        for offer in offers
    ]


def expected_in_words(keys: Iterable[str]) -> dict[str, str]:
    """By key of an expected movement, what it is; the far end of a transfer, and what came back, is that payment. One
    query a kind."""
    subjects = {key: _subject(key) for key in keys}
    known = subjects_of(subjects.values())
    return {key: known[subject].value if subject in known else key for key, subject in subjects.items()}


def _subject(key: str) -> str:
    kind, _colon, name = key.partition(":")
    return f"sales:{name}" if kind == "settlement" else f"instruction:{name.partition(':')[0]}"


def note_table(notes: Sequence[BreakNote], names: Mapping[str, str]) -> Table:
    """What was written and kept, oldest first."""
    rows = [
        (
            Moment(one.at),
            Text(one.text),
            Text(one.name, href=reverse("desk:break_paper", args=[one.pk])) if one.name else Text(""),
            Text(names.get(one.by, "")),
        )
        for one in notes
    ]
    columns = (Column(_("When")), Column(_("Note")), Column(_("File")), Column(_("Who")))
    return Table(_("Notes"), columns, rows, empty=_("Nothing was written yet."))


def history_table(moves: Sequence[Transition], names: Mapping[str, str]) -> Table:
    """What became of a break: when, what, who and why."""
    rows = [
        (Moment(one.at), Text(str(wording("break", one.target).label)), Text(names.get(one.by, "")), Text(one.reason))
        for one in moves
    ]
    columns = (Column(_("When")), Column(_("State")), Column(_("Who")), Column(_("Why")))
    return Table(_("What happened"), columns, rows)


def rule_table(rules: Rules, caption: str) -> Table:
    """The passes of matching in their order: what each allows, where, and whether it accepts or only suggests."""
    rows = [
        (
            Text(str(STARTERS.get(rule.name, rule.name)), note=str(WHY[rule.kind])),
            Share(rule.share),
            Count(rule.days),
            Text(", ".join(sorted(rule.accounts)) or _("All")),
            Text(_("Accepts") if rule.accepts else _("Only suggests")),
        )
        for rule in rules.passes
    ]
    columns = (
        Column(_("Pass")),
        Column(_("May differ by"), numeric=True),
        Column(_("Days apart"), numeric=True),
        Column(_("Accounts")),
        Column(_("What it does")),
    )
    return Table(caption, columns, rows)
