"""Which plans of instalments make sense: for the database as constraints, for the maker as sentences about a field."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.products.plan import (
    ADVANCES,
    BULLET,
    INSTALMENT_ROUNDINGS,
    INTEREST_ONLY,
    METHODS,
    MODES,
    MONTHS,
    MOST_INSTALMENTS,
    PRINCIPAL_LAST,
    UNITS,
)  # fmt: skip
from apps.products.terms import ORDER, RECEIVABLE, SALES, STANDINGS

if TYPE_CHECKING:
    from apps.products.models import ProductVersion


def plan_holds() -> list[CheckConstraint]:
    """Constraints of a version: no instalments at all, or a plan that can be drawn up."""
    return [
        CheckConstraint(
            condition=Q(instalments=0, repayment_method="")
            | Q(instalments__gt=0, instalments__lte=MOST_INSTALMENTS, repayment_method__in=METHODS)
            & Q(principal_grace__lt=F("instalments"), interest_grace__lt=F("instalments")),
            name="product_version_plan_whole",
            violation_error_message=_(
                "Instalments need a number, a method, and fewer instalments of grace than there are instalments."
            ),
        ),
        CheckConstraint(
            condition=Q(instalment_every__gte=1, instalment_every__lte=52, instalment_unit__in=UNITS)
            & (Q(due_day=0) | Q(due_day__lte=31, instalment_unit=MONTHS)),
            name="product_version_due_dates_known",
            violation_error_message=_(
                "Instalments are 1 to 52 weeks or months apart; a day of the month, from 1 to 31, goes with months."
            ),
        ),
        CheckConstraint(
            condition=Q(instalment_rounding__in=INSTALMENT_ROUNDINGS, in_advance__in=ADVANCES)
            & Q(waterfall_mode__in=MODES, instalment_fee__gte=0),
            name="product_version_plan_options_known",
            violation_error_message=_("Choose one of the options offered; the fee of an instalment is not below 0."),
        ),
    ]


def check_plan(version: "ProductVersion", technique: str) -> None:
    """Raises ValidationError naming the field that keeps the plan of `version` from making sense."""
    fault = _fault(version, technique) if version.instalments else _fault_without(version, technique)
    if fault:
        field, message = fault
        raise ValidationError({field: message})


def _fault_without(version: "ProductVersion", technique: str) -> tuple[str, Promise] | None:
    if technique == ORDER:
        return "instalments", _("Financing of orders is repaid in instalments: say how many.")
    if version.repayment_method:
        return "instalments", _("This method repays in instalments: say how many.")
    return None


def _fault(version: "ProductVersion", technique: str) -> tuple[str, Promise] | None:
    """The first of the rules that the plan breaks."""
    method = version.repayment_method
    rules = (
        (technique in {SALES, RECEIVABLE}, "instalments",
         _("Sales, or the orders it rests on, repay this: leave the instalments at 0.")),
        (version.instalments > MOST_INSTALMENTS, "instalments", _("At most 120 instalments.")),
        (method not in METHODS, "repayment_method", _("Say how the instalments are reckoned.")),
        (list(dict.fromkeys(step.rpartition("_")[0] for step in version.waterfall)) != list(STANDINGS), "waterfall",
         _("In instalments, money pays what is past due, then what is due, then what is in advance.")),
        (version.instalment_every < 1, "instalment_every", _("Instalments are at least one week or month apart.")),
        (version.due_day > 31, "due_day", _("A day of the month is from 1 to 31; 0 is the day of the payout.")),
        (bool(version.due_day) and version.instalment_unit != MONTHS, "due_day",
         _("A day of the month goes with months: leave it at 0 for weeks.")),
        (version.principal_grace >= version.instalments, "principal_grace",
         _("At least one instalment must ask for principal.")),
        (version.interest_grace >= version.instalments, "interest_grace",
         _("At least one instalment must ask for interest.")),
        (method in PRINCIPAL_LAST and version.principal_grace > 0, "principal_grace",
         _("With this method all principal is due at the end: leave the grace at 0.")),
        (method == BULLET and version.interest_grace > 0, "interest_grace",
         _("With this method all interest is due at the end: leave the grace at 0.")),
        (method == INTEREST_ONLY and not version.annual_rate, "annual_rate",
         _("Interest only needs a rate of interest.")),
    )  # fmt: skip
    return next(((field, message) for broken, field, message in rules if broken), None)
