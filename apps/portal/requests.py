"""What a seller's pages say of requests that people decide."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.financing.adverse import REASONS
from apps.financing.models import Application
from apps.financing.models.application import OPEN_STATES
from apps.financing.models.request import LONGEST_REMARK
from apps.financing.refusals import RequestRefused
from apps.financing.services.requests import Said, check_can_ask
from apps.portal.forms import AmountField
from apps.portal.goods_forms import FilesField
from apps.portal.reasons import in_words
from apps.products.models import ProductVersion
from apps.products.terms import RECEIPT
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS


class SayForm(forms.Form):
    """Words and papers."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=LONGEST_REMARK,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    papers = FilesField(label=gettext_lazy("Photos or papers"))

    def said(self) -> Said:
        """What was written and chosen."""
        return Said(self.cleaned_data["text"], self.cleaned_data["papers"])


class AskForm(SayForm):
    """How much to ask a person for."""

    field_order = ("amount", "text", "papers")

    def __init__(self, *arguments: Any, version: ProductVersion, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["amount"] = AmountField(
            currency=version.product.pool.currency,
            min_value=version.minimum_amount,
            max_value=version.maximum_amount,
            label=_("How much do you need?"),
        )
        self.fields["text"].label = _("What is it for, and what will repay it?")
        self.order_fields(self.field_order)


@dataclass(frozen=True, slots=True)
class Told:
    """One reason of a refusal, and what would turn it."""

    says: str
    helps: str


def reasons_told(application: Application) -> list[Told]:
    """The reasons of a refusal in the seller's words; those of the score with the figures that the decision froze."""
    scored = {one.name: Told(one.says, one.helps) for one in in_words(application.offer.assessment)}
    people = {name: Told(str(one.says), str(one.helps)) for name, one in REASONS.items()}
    told = {**scored, **people}
    return [told[name] for name in application.reasons if name in told]


def askable_by(seller: Seller, on: date) -> list[ProductVersion]:
    """The products of which `seller` may ask a person for more on `on`."""
    versions = ProductVersion.objects.active().exclude(product__technique=RECEIPT).order_by("product__name")
    return [version for version, why_not in answers_for(seller, on, versions) if not why_not]


def answers_for(seller: Seller, on: date, versions: Iterable[ProductVersion]) -> Iterator[tuple[ProductVersion, str]]:
    """Each version with why `seller` may ask nobody for it on `on`; nothing where they may. Four statements."""
    assessment = Assessment.objects.latest_of(seller, on)
    may_read = seller.consents.in_force(on).filter(data=ORDERS).exists()
    waiting = {one.product_code: one for one in seller.applications.filter(state__in=OPEN_STATES).order_by("-pk")}
    for version in versions:
        known = waiting.get(version.product.code)
        try:
            check_can_ask(seller=seller, version=version, assessment=assessment, may_read=may_read, known=known)
        except RequestRefused as refusal:
            yield version, str(refusal)
        else:
            yield version, ""
