"""Each night's deduction as a receipt: what was sold, what the share of it was, what it paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from apps.core.dates import DAY
from apps.core.money import ZERO, round_money
from apps.financing.models import Financing
from apps.products.terms import RECEIVABLE
from apps.repayment.history import as_told, owed_after
from apps.repayment.models import Event, Movement, Sweep

SALES_DAY = Coalesce("effective_on", "business_date")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One night's deduction for one financing. Amounts are positive, in the financing's currency.

    counted   sales less refunds, chargebacks and what was owed from before: what the share is taken of
    rate      the share of sales that was kept that night
    share     the financing's share of what counted, before caps and floors
    taken     what was kept for this financing, and the parts of it that it paid; `surplus` is what by today's telling
              was more than was owed
    others    what was kept for the seller's other financings that night
    why       why `taken` is what it is: share, last (it was all that was left), own (the money of the financed orders),
              due (of an instalment, no more than was due),
              cap (the most that one day may take), floor (what always stays with the seller), others (all financings
              together reached the seller's share), or less (several of these at once)
    day_cap, livelihood_floor   as the financing's terms say; zero where there is none
    """

    financing: Financing
    business_date: date
    captured: Decimal
    refunded: Decimal
    charged_back: Decimal
    brought_forward: Decimal
    counted: Decimal
    rate: Decimal
    share: Decimal
    principal: Decimal
    fee: Decimal
    interest: Decimal
    penalty: Decimal
    surplus: Decimal
    taken: Decimal
    others: Decimal
    left: Decimal
    why: str
    day_cap: Decimal
    livelihood_floor: Decimal


def receipts_of(financing: Financing, *, number: int) -> list[Receipt]:
    """The last `number` deductions for one financing, the latest first."""
    return _receipts([financing], _deductions([financing]).order_by(SALES_DAY.desc(), "-pk")[:number])


def latest_receipts(financings: Sequence[Financing]) -> dict[int, Receipt]:
    """The latest deduction of each of a seller's financings, by its id; a few queries for all of them."""
    latest = _deductions(financings).order_by("financing_id", SALES_DAY.desc(), "-pk").distinct("financing_id")
    return {one.financing.pk: one for one in _receipts(financings, latest)}


def _deductions(financings: Sequence[Financing]) -> QuerySet[Movement]:
    """The deductions as they are told today."""
    return Movement.objects.filter(financing__in=financings, kind="sweep", reverses=None, reversals=None)


def _receipts(financings: Sequence[Financing], deductions: QuerySet[Movement]) -> list[Receipt]:
    by_id = {financing.pk: financing for financing in financings}
    movements = list(deductions) if by_id else []
    days = {movement.counts_from for movement in movements}
    sellers = {financing.seller_id for financing in financings}
    sweeps = Sweep.objects.filter(seller__in=sellers, business_date__in=days)
    by_day = {(sweep.seller_id, sweep.business_date): sweep for sweep in sweeps}
    eased = _times_of_lower_shares(financings)
    left = _left_after(movements, by_id)
    return [
        _receipt(financing, movement, left[movement.pk], sweep, _rate_on(financing, movement.counts_from, eased))
        for movement in movements
        for financing in [by_id[movement.financing_id]]
        for sweep in [by_day.get((financing.seller_id, movement.counts_from))]
        if sweep is not None  # a day that has no sales of its own in the books has no receipt
    ]


def _left_after(deductions: Sequence[Movement], financings: Mapping[int, Financing]) -> dict[int, Decimal]:
    """What was left to repay after each of `deductions`, by its id: as booked with it, or as told today where days of
    its financing were told again."""
    left = {one.pk: one.outstanding for one in deductions}
    retold = Movement.objects.filter(financing__in=financings).exclude(effective_on=None).values("financing_id")
    for key in {row["financing_id"] for row in retold.order_by().distinct()}:
        mine = [one for one in deductions if one.financing_id == key]
        told = as_told(financings[key], max((one.counts_from for one in mine), default=date.min))
        before_the_end = [one for one in told if not (one.event and one.event.details.get("after_the_night"))]
        for one in mine:
            left[one.pk] = owed_after(other for other in before_the_end if other.counts_from <= one.counts_from).total
    return left


def _times_of_lower_shares(financings: Sequence[Financing]) -> list[tuple[int, date, date, Decimal]]:
    """By financing, from when through when which share of sales was kept; what ended early, through the day before."""
    moved = [one.pk for one in financings if one.paused_days]
    if not moved:
        return []
    times: list[tuple[int, date, date, Decimal]] = []
    events = Event.objects.filter(financing__in=moved, kind__in=("lower_share", "resume"), state="done")
    for event in events.order_by("financing_id", "number"):
        if event.kind == "lower_share":
            until = date.fromisoformat(event.details["until"])
            times.append((event.financing_id, event.business_date, until, Decimal(event.details["share"])))
        elif times and times[-1][0] == event.financing_id:
            key, since, until, share = times[-1]
            times[-1] = (key, since, min(until, event.business_date - DAY), share)
    return times


def _rate_on(financing: Financing, day: date, times: Sequence[tuple[int, date, date, Decimal]]) -> Decimal:
    """The share of sales that was to be kept for `financing` on `day`."""
    lower = (share for key, since, until, share in times if key == financing.pk and since <= day <= until)
    return next(lower, financing.sweep_rate)


def _receipt(financing: Financing, movement: Movement, left: Decimal, sweep: Sweep, rate: Decimal) -> Receipt:
    counted = max(sweep.net + min(sweep.brought_forward, ZERO), ZERO)
    share = round_money(counted * rate, financing.currency, financing.version.rounding)
    taken = movement.surplus - movement.total
    return Receipt(
        financing=financing,
        business_date=movement.counts_from,
        captured=sweep.captured,
        refunded=sweep.refunded,
        charged_back=sweep.charged_back,
        brought_forward=min(sweep.brought_forward, ZERO),
        counted=counted,
        rate=rate,
        share=share,
        principal=-movement.principal,
        fee=-movement.fee,
        interest=-movement.interest,
        penalty=-movement.penalty,
        surplus=movement.surplus,
        taken=taken,
        others=sweep.kept - taken,
        left=left,
        why=_why(financing, sweep, taken, share, left),
        day_cap=financing.version.terms.day_cap or ZERO,
        livelihood_floor=financing.version.terms.livelihood_floor or ZERO,
    )


def _why(financing: Financing, sweep: Sweep, taken: Decimal, share: Decimal, left: Decimal) -> str:
    if financing.technique == RECEIVABLE:
        return "own"
    if taken == share or not left:
        return "share" if taken == share else "last"
    if financing.due_on is not None:
        return "due"
    terms = financing.version.terms
    if terms.day_cap and taken == terms.day_cap:
        return "cap"
    if terms.livelihood_floor and sweep.net - sweep.kept <= terms.livelihood_floor:
        return "floor"
    return "others" if sweep.kept > taken else "less"
