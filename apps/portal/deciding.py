"""What the page says on which people decide a request: figures frozen and now, what stands in the way, the forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.history import history_of, names_of
from apps.core.money import ZERO, quantum
from apps.core.wording import money_text, share_text
from apps.financing.adverse import MOST_REASONS, REASONS
from apps.financing.beyond import CAUTIONS, Compared, compare
from apps.financing.models import Application, Contract
from apps.financing.models.request import LONGEST_REMARK
from apps.financing.refusals import OfferRefused
from apps.financing.services.approvals import approver, scored_reasons, what_stops
from apps.financing.services.preview import preview
from apps.financing.services.standing import Standing, seen_of, standing_of
from apps.portal.files import shown_files
from apps.portal.forms import AmountField
from apps.portal.reasons import in_words
from apps.portal.states import staff_label
from apps.portal.tables import Cell, Column, Table, Text
from apps.products.models import LendingPolicy
from apps.tenants.services import current_platform


class SeenForm(forms.Form):
    """Says which figures the reader had before them."""

    seen = forms.CharField(max_length=32, widget=forms.HiddenInput)


class ApproveForm(SeenForm):
    """How much, and why it is less."""

    because = forms.CharField(
        label=gettext_lazy("Why less, if it is less"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The seller reads it."),
    )

    def __init__(self, *arguments: Any, application: Application, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["amount"] = AmountField(
            label=_("Approve"),
            currency=application.currency,
            min_value=application.offer.minimum_amount,
            max_value=application.requested_amount,
        )
        self.order_fields(("amount", "because"))


class QuestionForm(forms.Form):
    """What the financier wants to know."""

    question = forms.CharField(
        label=gettext_lazy("Ask the seller"),
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The seller gets a message and answers it. What was approved so far counts no more."),
    )


class RefuseForm(SeenForm):
    """Why not, by ticks."""

    def __init__(self, *arguments: Any, application: Application, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["reasons"] = forms.MultipleChoiceField(
            label=_("Refuse, because"),
            choices=reasons_for(application),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose from one to four of the reasons. Nothing was changed.")},
            help_text=_("One to four. The seller reads each, with what would turn it."),
        )
        self.order_fields(("reasons",))

    def clean_reasons(self) -> list[str]:
        named: list[str] = self.cleaned_data["reasons"]
        if len(named) > MOST_REASONS:
            raise forms.ValidationError(_("Choose from one to four of the reasons. Nothing was changed."))
        return named


def reasons_for(application: Application) -> list[tuple[str, str]]:
    """What may be named: first what held the seller's own score back, then the reasons that people find."""
    names = scored_reasons(application)
    scored = [(one.name, one.says) for one in in_words(application.offer.assessment) if one.name in names]
    return scored + [(name, str(one.says)) for name, one in REASONS.items()]


@dataclass(frozen=True, slots=True)
class Decision:
    """All that the page shows besides the forms."""

    application: Application
    standing: Standing
    compared: list[Compared]
    cautions: list[str]
    stops: list[str]
    mandate: str
    proposal: str

    @property
    def changes(self) -> list[str]:
        """What has happened since the decision was frozen, in words."""
        return [one.change for one in self.compared if one.change]

    @property
    def figures(self) -> Table:
        columns = (Column(_("Figure")), Column(_("When asked"), numeric=True), Column(_("Now"), numeric=True))
        rows: list[list[Cell]] = [
            [one.label, one.frozen, Text(one.now, note=_("changed") if one.change else "")] for one in self.compared
        ]
        return Table(_("Frozen decision beside current data"), columns, rows)


STATES = {"seller_state": "seller", "version_state": "product_version"}


def _worded(figures: Mapping[str, str]) -> dict[str, str]:
    """The figures with their states as people call them."""
    return {name: str(staff_label(STATES[name], value)) if name in STATES else value for name, value in figures.items()}


def decision_of(application: Application, *, on: date, reader: str) -> Decision:
    """What `reader`, an actor, sees of `application` on `on`."""
    standing = standing_of(application.seller, application.version, on)
    if standing is None:
        raise LookupError(f"application {application.pk} was asked without an assessment")
    frozen = (application.decision or {}).get("figures", {})
    waits = application.state == "under_review"
    return Decision(
        application=application,
        standing=standing,
        compared=compare(_worded(frozen), _worded(standing.figures), application.currency),
        cautions=[str(CAUTIONS[name]) for name in application.cautions if name in CAUTIONS],
        stops=what_stops(standing) if waits else [],
        mandate=_mandate(reader, application.currency),
        proposal=_proposal(application) if waits else "",
    )


def _mandate(reader: str, currency: str) -> str:
    person, second_above = approver(reader), LendingPolicy.in_force().second_above
    most = person.most if person else ZERO
    said = _("You may approve up to %(most)s alone.") if most else _("You may approve nothing alone.")
    two = _("Above %(sum)s it takes two people.") if second_above else _("Every request takes two people.")
    return f"{said} {two}" % {
        "most": money_text(most, currency),
        "sum": money_text(second_above, currency),
    }


def _proposal(application: Application) -> str:
    if application.proposed_amount is None:
        return ""
    return _("%(who)s has approved %(amount)s. Another person must approve the same amount.") % {
        "who": names_of([application.proposed_by])[application.proposed_by],
        "amount": money_text(application.proposed_amount, application.currency),
    }


def cost_words(application: Application, amount: Decimal, on: date) -> str:
    """What drawing `amount` today would cost and how long it would run, in a sentence; why not, where it cannot."""
    try:
        shown = preview(offer=application.offer, amount=amount, on=on, zone=current_platform().zone)
    except OfferRefused as refusal:
        return str(refusal)
    said = {
        "amount": money_text(amount, application.currency),
        "cost": money_text(shown.cost.charge, application.currency),
        "rate": share_text(shown.cost.annualised_rate),
    }
    days = next((one.days for one in shown.projections if one.case == "expected"), None)
    if days is None:
        return _("%(amount)s cost %(cost)s, %(rate)s a year.") % said
    words = _("%(amount)s cost %(cost)s, %(rate)s a year, and are repaid in %(days)s days if sales go as expected.")
    return words % {**said, "days": days}


def page_of(application: Application, *, on: date, reader: str, may_decide: bool) -> dict[str, Any]:
    """The page without what was typed into it."""
    decision = decision_of(application, on=on, reader=reader)
    remarks = list(application.remarks.order_by("pk"))
    names = names_of({one.by for one in remarks} | {application.held_by})
    amount = application.approved_amount or application.proposed_amount or application.requested_amount
    return {
        "decision": decision,
        "application": application,
        "costs": cost_words(application, amount, on),
        "remarks": [{"remark": one, "who": names[one.by]} for one in remarks],
        "files": shown_files(application.files.order_by("pk"), "portal:request_file"),
        "holder": names[application.held_by] if application.held_by else "",
        "contract": Contract.objects.filter(application=application).first(),
        "transitions": history_of(application),
        "is_late": application.answer_by is not None and application.answer_by < on,
        "forms": forms_of(application, decision) if may_decide and application.state == "under_review" else None,
    }


def forms_of(application: Application, decision: Decision) -> dict[str, forms.Form]:
    """An empty form for each thing that may be done; the approval begins with what another has approved, if anybody."""
    seen = {"seen": seen_of(application, decision.standing)}
    amount = application.proposed_amount or application.requested_amount
    begun = {"amount": amount.quantize(quantum(application.currency)), "because": application.because}
    return {
        "approve": ApproveForm(application=application, initial={**seen, **begun}),
        "ask": QuestionForm(),
        "refuse": RefuseForm(application=application, initial=seen),
    }
