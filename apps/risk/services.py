"""Assessing sellers: reads the record, calls the scorecard, keeps what changed."""

from datetime import date
from zoneinfo import ZoneInfo

from apps.core import bulk
from apps.orders.history import SalesHistory, sales_history
from apps.risk.goals import review_goals
from apps.risk.models import Assessment
from apps.risk.scorecard import SCORECARD, Record, assess, frozen, same_verdict, share
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS


def assess_sellers(
    *, first_seller: int, last_seller: int, business_date: date, zone: ZoneInfo, currency: str
) -> dict[int, Assessment]:
    """The assessment, at the end of `business_date`, of each verified seller of the range who lets us read orders.

    A new row is written only where score, grade or limit differ from the seller's latest one; asked again for the same
    date, it answers what is there.
    """
    histories = sales_history(first_seller=first_seller, last_seller=last_seller, as_of=business_date, zone=zone)
    if not histories:
        return {}
    sellers = list(
        Seller.objects.verified()
        .consenting(ORDERS, business_date)
        .filter(pk__range=(first_seller, last_seller))
        .values_list("id", "worst_days_past_due")
        .order_by("id")
    )
    latest = {
        one.seller_id: one
        for one in Assessment.objects.filter(seller_id__gte=first_seller, seller_id__lte=last_seller)
        .filter(business_date__lte=business_date)
        .current()
    }
    current: dict[int, Assessment] = {}
    fresh: list[Assessment] = []
    tonight: list[Assessment] = []
    for seller_id, days_past_due in sellers:
        history = histories.get(seller_id)
        known = latest.get(seller_id)
        if history is None:
            continue
        made = _assessment(seller_id, history, days_past_due, business_date, currency)
        tonight.append(made)
        by_one_card = known is not None and known.scorecard == made.scorecard
        if known is not None and (known.business_date == business_date or (by_one_card and same_verdict(known, made))):
            current[seller_id] = known
        else:
            fresh.append(made)
            current[seller_id] = made
    bulk.copy_instances(fresh)
    review_goals(assessments=tonight, business_date=business_date)
    return current


def _assessment(
    seller_id: int, history: SalesHistory, days_past_due: int, business_date: date, currency: str
) -> Assessment:
    record = record_of(history, days_past_due, business_date)
    result = assess(record)
    return Assessment(
        seller_id=seller_id,
        business_date=business_date,
        scorecard=SCORECARD,
        score=result.score,
        grade=result.grade,
        default_probability=result.default_probability,
        limit=result.limit,
        currency=currency,
        features=frozen(record),
        reasons=list(result.reasons),
    )


def record_of(history: SalesHistory, days_past_due: int, business_date: date) -> Record:
    """A seller's sales history as the scorecard reads it."""
    return Record(
        monthly=history.monthly,
        days_selling=(business_date - history.first_order_on).days,
        returned=share(history.returned, history.orders),
        cancelled=share(history.cancelled, history.orders),
        late=share(history.late, history.delivered),
        days_past_due=days_past_due,
    )
