"""What a night has to tell sellers: read by one statement a kind for a range of sellers, kept by one call."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.repayment.models import Demand, NearBreach, Sweep
from apps.risk.models import Goal
from apps.sellers.models.message import MessageSettings
from apps.sellers.services.messages import Notice, tell
from apps.warehousing.models import MarginCall, PledgedReceipt

WEEK = 7 * DAY
SUNDAY = 6
WARNED_BEFORE = timedelta(days=3)
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
    told = (
        _offers, _summaries, _weeks, _instalments, _near_breaches, _late, _repaid, _goals, _margin_calls, _released,
    )  # fmt: skip
    notices = [notice for news in told for notice in news(span)]
    return tell(notices=notices, business_date=business_date, at=at)


def _offers(span: _Range) -> Iterator[Notice]:
    """New offers. One that only replaces another with newer figures is news to who had chosen an amount on that."""
    made = Offer.objects.open().filter(span.of(), made_on=span.date).select_related("replaces")
    for one in made.filter(Q(replaces=None) | Q(replaces__wanted_amount__isnull=False)):
        yield Notice(
            one.seller_id,
            "offer",
            f"offer:{one.pk}",
            f"offer:{one.pk}",
            {
                "amount": str(one.maximum_amount),
                "currency": one.currency,
                "day": one.expires_on.isoformat(),
                "words": "offer_replaced" if hasattr(one, "replaces") else "offer",
            },
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
    facts |= {"first": first.isoformat(), "words": "week"} if first != last else {}
    return Notice(seller_id, "summary", f"summary:{seller_id}:{first}:{last}", "money", facts)


def _late(span: _Range) -> Iterator[Notice]:
    """Each time that a financing falls behind, once: the key holds the last day on which it was in time."""
    for one in Financing.objects.active().filter(span.of(), days_past_due__gt=0):
        in_time = span.date - one.days_past_due * DAY
        facts = {"amount": str(one.past_due), "currency": one.currency, "number": one.number}
        yield Notice(one.seller_id, "overdue", f"overdue:{one.pk}:{in_time}", f"financing:{one.pk}", facts)


def _instalments(span: _Range) -> Iterator[Notice]:
    """Instalments due in the next WARNED_BEFORE days of which something is still to pay."""
    planned = Demand.objects.filter(
        span.of("financing__seller"),
        state="planned",
        paid__lt=F("amount"),
        due_on__range=(span.date + DAY, span.date + WARNED_BEFORE),
        financing__state="active",
    )
    for one in planned.select_related("financing"):
        facts = {**_still_due(one), "amount": str(one.amount - one.paid)}
        yield Notice(
            one.financing.seller_id, "instalment", f"instalment:{one.pk}", f"financing:{one.financing_id}", facts
        )


def _near_breaches(span: _Range) -> Iterator[Notice]:
    """The marks that the checks inside minimum periods left and that still hold: one message a check.

    A week back, so that a seller whose night was made good later hears of it too.
    """
    marks = list(
        NearBreach.objects.filter(
            span.of("financing__seller"),
            checked_on__range=(span.date - WEEK + DAY, span.date),
            financing__state="active",
        )
    )
    minimums = Demand.objects.filter(
        financing__in={one.financing_id for one in marks}, state="open", kind=Demand.Kind.MINIMUM
    ).select_related("financing")
    running = {(one.financing_id, one.number): one for one in minimums}
    for mark in marks:
        demand = running.get((mark.financing_id, mark.number))
        if demand is not None and demand.paid < mark.expected:
            yield Notice(
                demand.financing.seller_id,
                "near_breach",
                f"near:{mark.pk}",
                f"financing:{demand.financing_id}",
                _still_due(demand),
            )


def _still_due(demand: Demand) -> dict[str, str]:
    return {
        "number": demand.financing.number,
        "amount": str(demand.amount),
        "missing": str(demand.amount - demand.paid),
        "currency": demand.financing.currency,
        "day": demand.due_on.isoformat(),
    }


def _repaid(span: _Range) -> Iterator[Notice]:
    for one in Financing.objects.filter(span.of(), state="repaid", repaid_on=span.date):
        yield Notice(one.seller_id, "repaid", f"repaid:{one.pk}:{span.date}", "home", {"number": one.number})


def _goals(span: _Range) -> Iterator[Notice]:
    for one in Goal.objects.filter(span.of(), reached_on=span.date):
        yield Notice(one.seller_id, "goal", f"goal:{one.pk}", "limit", {"goal": one.name})


def _margin_calls(span: _Range) -> Iterator[Notice]:
    """Calls to be cured, those that nobody cured in time, and those cured tonight."""
    calls = MarginCall.objects.filter(span.of("pledge__seller"), due_on__isnull=False).select_related("pledge")
    for one in calls.filter(Q(state__in=["called", "overdue"]) | Q(ended_on=span.date)):
        kind, words = "margin_call", "margin_call" if one.state == "called" else "margin_call_late"
        if one.ended_on:
            kind, words = "goods", "margin_call_over"
        facts = {"amount": str(one.cash_cure), "currency": one.currency, "day": str(one.due_on), "words": words}
        yield Notice(one.pledge.seller_id, kind, f"{words}:{one.pk}", f"margin_call:{one.pk}", facts)


def _released(span: _Range) -> Iterator[Notice]:
    """Goods that secured something and were let go today; those that were sold have a message of another kind."""
    let_go = PledgedReceipt.objects.filter(
        span.of("pledge__seller"), released_on=span.date, secured_on__isnull=False
    ).exclude(pledge__state="sold")
    for pledge, seller, number in let_go.values_list("pledge", "pledge__seller", "pledge__number").distinct():
        facts = {"number": number, "words": "goods_released"}
        yield Notice(seller, "goods", f"released:{pledge}:{span.date}", "receipts", facts)
