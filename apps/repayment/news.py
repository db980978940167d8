"""What a night has to tell sellers: read by one statement a kind for a range of sellers, kept by one call."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.repayment.models import Demand, Sweep
from apps.repayment.outlook import may_fall_short
from apps.risk.models import Assessment, Goal
from apps.sellers.models.message import MessageSettings
from apps.sellers.services.messages import Notice, tell
from apps.warehousing.models import MarginCall

WEEK = 7 * DAY
SUNDAY = 6
WARNED_BEFORE = timedelta(days=14)
OWED = F("principal") + F("fee") + F("interest") + F("penalty")


@dataclass(frozen=True, slots=True)
class _Range:
    """Sellers of a range for whom somebody has signed up, and the business date whose night it is."""

    first_seller: int
    last_seller: int
    date: date

    def of(self, path: str = "seller") -> Q:
        """The condition on rows whose `path` leads to the seller."""
        return Q(
            **{f"{path}__gte": self.first_seller, f"{path}__lte": self.last_seller, f"{path}__user__isnull": False}
        )


def tell_of_the_night(*, first_seller: int, last_seller: int, business_date: date, at: datetime) -> int:
    """Tell the sellers of a range (ids inclusive) what the night of `business_date` brought; returns how many messages
    were new. Run twice it tells nothing twice."""
    span = _Range(first_seller, last_seller, business_date)
    told = (_offers, _summaries, _weeks, _late, _near_breach, _repaid, _goals, _margin_calls)
    notices = [notice for news in told for notice in news(span)]
    return tell(notices=notices, business_date=business_date, at=at)


def _offers(span: _Range) -> Iterator[Notice]:
    """New offers; one that only replaces another with newer figures is no news."""
    made = Offer.objects.open().filter(span.of(), made_on=span.date, replaces=None)
    for one in made:
        yield Notice(
            one.seller_id,
            "offer",
            f"offer:{one.pk}",
            f"offer:{one.pk}",
            {"amount": str(one.maximum_amount), "currency": one.currency, "day": one.expires_on.isoformat()},
        )


def _choosing(rhythm: str) -> QuerySet[MessageSettings]:
    return MessageSettings.objects.filter(summary=rhythm)


def _summaries(span: _Range) -> Iterator[Notice]:
    others = MessageSettings.objects.exclude(summary="daily").values("seller")
    days = Sweep.objects.filter(span.of(), business_date=span.date, kept__gt=0).exclude(seller__in=others)
    left = _owed(span)
    for one in days:
        figures = {"sales": one.net, "kept": one.kept, "paid_out": one.paid_out}
        yield _summary(one.seller_id, figures, left, one.currency, span.date, span.date)


def _weeks(span: _Range) -> Iterator[Notice]:
    if span.date.weekday() != SUNDAY:
        return
    first = span.date - WEEK + DAY
    weeks = (
        Sweep.objects.filter(span.of(), business_date__range=(first, span.date))
        .filter(seller__in=_choosing("weekly").values("seller"))
        .values("seller_id", "currency")
        .annotate(
            total=Sum(F("captured") - F("refunded") - F("charged_back")),
            kept_sum=Sum("kept"),
            paid_out_sum=Sum("paid_out"),
        )
        .filter(kept_sum__gt=0)
    )
    left = _owed(span)
    for one in weeks:
        figures = {"sales": one["total"], "kept": one["kept_sum"], "paid_out": one["paid_out_sum"]}
        yield _summary(one["seller_id"], figures, left, one["currency"], first, span.date)


def _owed(span: _Range) -> dict[int, Decimal]:
    """What each seller still has to repay on financings that run."""
    owed = Financing.objects.active().filter(span.of()).values_list("seller_id").annotate(total=Sum(OWED))
    return dict(owed)


def _summary(
    seller_id: int, figures: dict[str, Decimal], left: dict[int, Decimal], currency: str, first: date, last: date
) -> Notice:
    facts = {name: str(amount) for name, amount in figures.items()}
    facts |= {"left": str(left.get(seller_id, ZERO)), "currency": currency, "day": last.isoformat()}
    facts |= {"first": first.isoformat()} if first != last else {}
    return Notice(seller_id, "summary", f"summary:{seller_id}:{first}:{last}", "money", facts)


def _late(span: _Range) -> Iterator[Notice]:
    """Each time that a financing falls behind, once: the key holds the last day on which it was in time."""
    for one in Financing.objects.active().filter(span.of(), days_past_due__gt=0):
        in_time = span.date - one.days_past_due * DAY
        facts = {"amount": str(one.past_due), "currency": one.currency, "number": one.number}
        yield Notice(one.seller_id, "overdue", f"overdue:{one.pk}:{in_time}", f"financing:{one.pk}", facts)


def _near_breach(span: _Range) -> Iterator[Notice]:
    """Minimums due soon that the usual sales will hardly bring."""
    demands = list(
        Demand.objects.filter(
            span.of("financing__seller"),
            state="open",
            kind="minimum",
            paid__lt=F("amount"),
            due_on__range=(span.date + DAY, span.date + WARNED_BEFORE),
            financing__state="active",
        ).select_related("financing")
    )
    sellers = {one.financing.seller_id for one in demands}
    usual = {one.seller_id: one for one in Assessment.objects.filter(seller_id__in=sellers).current()}
    for one in demands:
        financing, assessment = one.financing, usual.get(one.financing.seller_id)
        missing = one.amount - one.paid
        if may_fall_short(
            missing=missing,
            daily_sales=Decimal(assessment.features["daily_sales"]) if assessment else ZERO,
            sweep_rate=financing.sweep_rate,
            days=(one.due_on - span.date).days,
            currency=financing.currency,
        ):
            facts = {
                "number": financing.number,
                "amount": str(one.amount),
                "missing": str(missing),
                "currency": financing.currency,
                "day": one.due_on.isoformat(),
            }
            yield Notice(financing.seller_id, "near_breach", f"near:{one.pk}", f"financing:{financing.pk}", facts)


def _repaid(span: _Range) -> Iterator[Notice]:
    for one in Financing.objects.filter(span.of(), state="repaid", repaid_on=span.date):
        yield Notice(one.seller_id, "repaid", f"repaid:{one.pk}:{span.date}", "home", {"number": one.number})


def _goals(span: _Range) -> Iterator[Notice]:
    for one in Goal.objects.filter(span.of(), reached_on=span.date):
        yield Notice(one.seller_id, "goal", f"goal:{one.pk}", "limit", {"goal": one.name})


def _margin_calls(span: _Range) -> Iterator[Notice]:
    called = MarginCall.objects.filter(span.of("pledge__seller"), state="called").select_related("pledge")
    for one in called:
        facts = {"amount": str(one.cash_cure), "currency": one.currency, "day": str(one.due_on)}
        yield Notice(one.pledge.seller_id, "margin_call", f"margin:{one.pk}", f"margin_call:{one.pk}", facts)
