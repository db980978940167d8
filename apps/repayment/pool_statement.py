"""What became of a pool's money between two dates: lent, come back, lost, earned, put in and taken out."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from apps.core.money import ZERO
from apps.financing.models import Share
from apps.ledger import chart
from apps.ledger.models import Posting
from apps.products.models import FundingPool
from apps.repayment.entries import CASH
from apps.repayment.models import Event, Movement
from apps.repayment.recoveries import recovered

LENT, REPAID, LOST, CHANGED = "lent", "repaid", "lost", "changed"


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """A pool from `first` through `last`, both inclusive, in its currency.

    What is out: `opening + lent - repaid - lost + changed = closing`, where `changed` is what agreements made of it
    (interest that became principal, a financing in the place of another). Income counts as it is paid; `income_taken`
    is what the financier took out of it, less what came back because a payment failed. Of financings
    that several pools fund it is this pool's part.
    """

    opening: Decimal
    lent: Decimal
    repaid: Decimal
    lost: Decimal
    changed: Decimal
    closing: Decimal
    income: Decimal
    recovered: Decimal
    put_in: Decimal
    taken_out: Decimal
    income_taken: Decimal


def pool_statement(*, pool: FundingPool, first: date, last: date) -> PoolStatement:
    """What became of the money of `pool`, from the movements of its financings and its parts in others."""
    principal, income = _alone(pool, Q(business_date__range=(first, last)))
    for kind, (moved, earned) in _shared(pool, Q(business_date__range=(first, last))).items():
        principal[kind] += moved
        income[kind] += earned
    later = sum(_alone(pool, Q(business_date__gt=last))[0].values(), ZERO)
    later += sum((moved for moved, _earned in _shared(pool, Q(business_date__gt=last)).values()), ZERO)
    closing = pool.drawn - later
    of_alone = Event.objects.filter(
        financing__pool=pool, financing__is_shared=False, business_date__range=(first, last)
    )
    return PoolStatement(
        opening=closing - sum(principal.values(), ZERO),
        lent=principal[LENT],
        repaid=-principal[REPAID],
        lost=-principal[LOST],
        changed=principal[CHANGED],
        closing=closing,
        income=income[REPAID],
        recovered=recovered(of_alone) + income["recovered"],
        put_in=_capital(pool, "credit", first, last),
        taken_out=_capital(pool, "debit", first, last),
        income_taken=_equity(pool, "debit", first, last, chart.DISTRIBUTED)
        - _equity(pool, "credit", first, last, chart.DISTRIBUTED),
    )


Sums = defaultdict[str, Decimal]


def _alone(pool: FundingPool, dates: Q) -> tuple[Sums, Sums]:
    """By kind, what principal of the financings that are the pool's alone changed, and what was paid beside it. What
    undoes a movement counts with it."""
    principal: Sums = defaultdict(lambda: ZERO)
    income: Sums = defaultdict(lambda: ZERO)
    moved = (
        Movement.objects.filter(dates, financing__pool=pool, financing__is_shared=False)
        .annotate(origin=Coalesce("reverses__kind", "kind"))
        .values_list("origin")
        .annotate(changed=Sum("principal"), paid=-Sum(F("fee") + F("interest") + F("penalty")))
    )
    for origin, changed, paid in moved:
        kind = _kind(origin)
        principal[kind] += changed
        if origin in CASH:
            income[kind] += paid
    return principal, income


def _kind(origin: str) -> str:
    if origin == Movement.Kind.DISBURSEMENT:
        return LENT
    if origin in (*CASH, Movement.Kind.RETURNED):
        return REPAID
    return LOST if origin == Movement.Kind.WRITE_OFF else CHANGED


def _shared(pool: FundingPool, dates: Q) -> dict[str, tuple[Decimal, Decimal]]:
    kinds = {"lent": LENT, "collected": REPAID, "lost": LOST, "carried": CHANGED, "recovered": "recovered"}
    rows = Share.objects.filter(dates, participation__pool=pool).values_list("kind")
    return {kinds[kind]: (moved, paid) for kind, moved, paid in rows.annotate(Sum("principal"), Sum("income"))}


def _capital(pool: FundingPool, side: str, first: date, last: date) -> Decimal:
    """What the pool's financier put in (the credits of the capital account) or took out (its debits)."""
    return _equity(pool, side, first, last, chart.FUNDING_CAPITAL)


def _equity(pool: FundingPool, side: str, first: date, last: date, account: str) -> Decimal:
    rows = Posting.objects.filter(
        entry__subject=f"pool:{pool.pk}", entry__business_date__range=(first, last),
        **{f"{side}__code": account},
    )  # fmt: skip
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO
