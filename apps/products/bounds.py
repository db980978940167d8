"""How far terms may go: for the database as constraints, for the maker as sentences about a field.

Beyond these bounds a date would lie beyond the calendar, or a contract would list more periods than anybody reads.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from apps.products.models import ProductVersion

YEAR = 366  # of days, the longest there is
LONGEST = {
    "period_days": YEAR,
    "settlement_days": YEAR,
    "grace_days": YEAR,
    "offer_valid_days": YEAR,
    "near_breach_checks": YEAR,
    "expected_days": 5 * YEAR,
}
MOST_PERIODS = 520
"""Ten years of weeks: no contract has more minimum periods."""
LEAST_SHARE = Decimal("0.002")
"""The smallest minimum a period: a share that asks for all within MOST_PERIODS."""


OLDER = Q(predates_bounds=True, state__in=["active", "retired"])
"""Versions in use since before there were bounds: nobody may change them, and nobody makes another."""


def bounds_hold() -> list[CheckConstraint]:
    """Constraints of a version: no length beyond LONGEST, no minimum below LEAST_SHARE, but for those OLDER."""
    return [
        CheckConstraint(
            condition=OLDER | Q(**{f"{name}__lte": most for name, most in LONGEST.items()}),
            name="product_version_days_within_bounds",
            violation_error_message=_("A length is at most 366 days, and repayment is expected within 1,830."),
        ),
        CheckConstraint(
            condition=OLDER | Q(minimum_share=0) | Q(minimum_share__gte=LEAST_SHARE),
            name="product_version_minimum_asks_for_something",
            violation_error_message=_("A minimum is at least 0.002 of amount and fee, or 0 for none."),
        ),
    ]


def within_bounds(terms: Mapping[str, Any]) -> dict[str, Any]:
    """`terms` of a version by name, with each length at most its bound and a minimum at least the smallest."""
    within = {name: min(terms[name], most) for name, most in LONGEST.items()}
    if 0 < terms["minimum_share"] < LEAST_SHARE:
        within["minimum_share"] = LEAST_SHARE
    return {**terms, **within}


def check_bounds(version: "ProductVersion") -> None:
    """Raises ValidationError naming each field of `version` that goes too far."""
    errors: dict[str, Promise | str] = {
        name: _("At most %(most)s.") % {"most": most} for name, most in LONGEST.items() if getattr(version, name) > most
    }
    if 0 < version.minimum_share < LEAST_SHARE:
        errors["minimum_share"] = _("By this minimum it would take more than 520 periods: ask for 0.002 or more.")
    if version.minimum_pace * version.expected_days > MOST_PERIODS * version.period_days > 0:
        errors["minimum_pace"] = _("At this pace it would take more than 520 periods: make them longer, or fewer.")
    if errors:
        raise ValidationError(errors)
