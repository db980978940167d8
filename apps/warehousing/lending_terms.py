"""Lending terms as they are kept with a pledge: JSON that holds every figure as text."""

from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.warehousing.valuation import ONE, AgeDecay, LendingTerms


def frozen(terms: LendingTerms) -> dict[str, Any]:
    """`terms` without currency and limit, which the pledge has columns for."""
    return {
        "haircuts": {grade: str(share) for grade, share in terms.haircuts.items()},
        "other_grades": str(terms.other_grades),
        "age": {
            "free_days": terms.age.free_days,
            "a_day": str(terms.age.a_day),
            "at_most": str(terms.age.at_most),
        },
        "lot_cap": str(terms.lot_cap),
        "watch_at": str(terms.watch_at),
    }


def thawed(kept: dict[str, Any], *, currency: str, limit: Decimal) -> LendingTerms:
    """The terms that `frozen` kept; what it does not name is at its default."""
    plain = LendingTerms(currency, limit)
    age = kept.get("age", {})
    return plain._replace(
        haircuts={grade: Decimal(share) for grade, share in kept.get("haircuts", {}).items()},
        other_grades=Decimal(kept.get("other_grades", ZERO)),
        age=AgeDecay(int(age.get("free_days", 0)), Decimal(age.get("a_day", ZERO)), Decimal(age.get("at_most", ONE))),
        lot_cap=Decimal(kept.get("lot_cap", ONE)),
        watch_at=Decimal(kept.get("watch_at", plain.watch_at)),
    )


def graded(commodity: str, grade: str) -> str:
    """How haircuts name a grade: those of two commodities are two, even where they are called the same."""
    return f"{commodity}/{grade}"
