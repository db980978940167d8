"""What a decision of people rests on: read once when it is frozen, and again whenever somebody looks or decides."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.evidence.chain import canonical
from apps.financing.models import Application
from apps.financing.services.offers import exposure_of_seller
from apps.financing.services.pool_limits import rooms_of, traits_with
from apps.financing.services.promises import funding_of
from apps.products.eligibility import unmet
from apps.products.models import FundingPool, ProductVersion
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS

FEATURES = ("daily_sales", "median_month", "returned", "cancelled", "late", "days_selling")


@dataclass(frozen=True, slots=True)
class Standing:
    """A seller before one version of a product on a date: `figures` as text, by the names of `beyond.FIGURES`."""

    assessment: Assessment
    figures: dict[str, str]
    meets_conditions: bool
    may_read: bool


def standing_of(seller: Seller, version: ProductVersion, on: date) -> Standing | None:
    """How `seller` stands on `on`, read anew; None while there is no assessment. Amounts in the platform's currency."""
    assessment = Assessment.objects.latest_of(seller, on)
    if assessment is None:
        return None
    figures: dict[str, Any] = {
        "limit": _plain(assessment.limit),
        "exposure": _plain(exposure_of_seller(seller.pk)),
        "pool_headroom": _plain(_left_in_the_fund(seller, version, assessment)),
        "score": assessment.score,
        "grade": assessment.grade,
        "default_probability": _plain(assessment.default_probability),
        **{name: assessment.features[name] for name in FEATURES},
        "days_past_due": seller.worst_days_past_due,
        "seller_state": seller.state,
        "version_state": version.state,
    }
    return Standing(
        assessment,
        {name: str(value) for name, value in figures.items()},
        meets_conditions=not unmet(version.conditions, assessment.measured),
        may_read=seller.consents.in_force(on).filter(data=ORDERS).exists(),
    )


def _left_in_the_fund(seller: Seller, version: ProductVersion, assessment: Assessment) -> Decimal:
    """The most that the funds behind the product may lend this seller now, in all and under their limits."""
    funding = funding_of(version.product)
    traits = traits_with(version.product.code, assessment.grade, seller)
    rooms = rooms_of(FundingPool.objects.in_bulk(funding.pools), [traits])
    return funding.most(rooms, traits, version.product.pool.currency)


def seen_of(application: Application, standing: Standing) -> str:
    """A short name of all that somebody sees who looks at `application` now; another as soon as any of it changes. Of
    the fund it matters whether it has as much: what others draw of it in between is asked again when it is promised."""
    left = Decimal(standing.figures["pool_headroom"])
    shown = {
        "state": application.state,
        "proposed": str(application.proposed_amount),
        "proposed_by": application.proposed_by,
        "remarks": application.remarks.count(),
        "files": application.files.count(),
        "figures": {**standing.figures, "pool_headroom": str(left >= application.requested_amount)},
        "may_read": standing.may_read,
    }
    return hashlib.sha256(canonical(shown).encode()).hexdigest()[:16]


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")
