"""Which plans of instalments make sense: for the database as constraints, for the maker as sentences about a field."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.products.plan import (
    ADVANCES,
    BULLET,
    EQUAL_INSTALMENTS,
    INSTALMENT_ROUNDINGS,
    INTEREST_ONLY,
    METHODS,
    MODES,
    MONTHS,
    MOST_INSTALMENTS,
    PRINCIPAL_LAST,
    TO_MINOR,
    UNITS,
)  # fmt: skip
from apps.products.terms import ORDER, RECEIVABLE, SALES, STANDINGS

if TYPE_CHECKING:
    from apps.products.models import ProductVersion


Rule = tuple[bool, str, Promise]  # whether it is broken, by which field, and what to say


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
        CheckConstraint(
            condition=Q(instalments=0)
            | Q(minimum_share=0, minimum_pace=0, maximum_share=0, period_days=0, season_shaped=False)
            & Q(near_breach_share=0, near_breach_checks=0),
            name="product_version_instalments_or_periods",
            violation_error_message=_(
                "Instalments say themselves what is due and when: leave the periods, their limits and warnings empty."
            ),
        ),
        CheckConstraint(
            condition=Q(instalments=0) | Q(fee_rebate=0),
            name="product_version_instalments_keep_fees",
            violation_error_message=_(
                "Instalments ask for the fee part by part, so none of it is given back: leave the rebate at 0."
            ),
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
    rules = (*_of_itself(version, technique), *_beside_it(version))
    return next(((field, message) for broken, field, message in rules if broken), None)


def _of_itself(version: "ProductVersion", technique: str) -> tuple[Rule, ...]:
    method = version.repayment_method
    return (
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
        (method != EQUAL_INSTALMENTS and version.instalment_rounding != TO_MINOR, "instalment_rounding",
         _("Only equal instalments can be whole amounts: leave the rounding at the smallest unit.")),
        (method == INTEREST_ONLY and not version.annual_rate, "annual_rate",
         _("Interest only needs a rate of interest.")),
    )  # fmt: skip


def _beside_it(version: "ProductVersion") -> tuple[Rule, ...]:
    """What is made for the minimum periods and the flat fee of an advance on sales."""
    return (
        (bool(version.period_days), "period_days",
         _("Instalments have due dates of their own: leave the days of a period at 0.")),
        (bool(version.minimum_share), "minimum_share",
         _("Each instalment says what is due: leave the minimum at 0.")),
        (bool(version.minimum_pace), "minimum_pace",
         _("Each instalment says what is due: leave the pace at 0.")),
        (bool(version.maximum_share), "maximum_share",
         _("Sales pay no more than the instalments that are due: leave the maximum at 0.")),
        (version.season_shaped, "season_shaped",
         _("Instalments do not follow the seasons: choose the months without principal instead.")),
        (bool(version.near_breach_share), "near_breach_share",
         _("An instalment is paid or late, with nothing to warn of in between: leave this at 0.")),
        (bool(version.near_breach_checks), "near_breach_checks",
         _("An instalment is paid or late, with nothing to warn of in between: leave this at 0.")),
        (bool(version.fee_rebate), "fee_rebate",
         _("Instalments ask for the fee part by part, so none of it is given back: leave the rebate at 0.")),
    )  # fmt: skip
