"""What a pool has earned and its financier may take out: collected, not paid out before, and there in cash.

Income belongs to a pool as its financings say: all of it where the pool funds one alone, else what the terms of its
participation gave it when the money came in (`financing.sharing`). It is shared out then, once; nothing is shared here.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.core.money import ZERO, round_money
from apps.financing.models import Participation
from apps.ledger.services import take_the_books
from apps.products.models import FundingPool, Withdrawal
from apps.products.withdrawals import Payee, ask_withdrawal, free_cash
from apps.repayment.models import Movement
from apps.repayment.pool_statement import pool_statement


def income_left(pool: FundingPool) -> Decimal:
    """The income that may be taken out of `pool` now, in its currency: fees, interest and penalties collected and what
    was recovered, less rebates that repaid principal without money, less what was paid out before.

    Never more than the pool's own cash beyond what it has promised: what it has lost of its capital comes first. Never
    more than the bank has booked of all pools' money that is promised to nobody.
    """
    told = pool_statement(pool=pool, first=date.min, last=date.max)
    left = told.income + told.recovered - _rebates(pool) - told.income_taken
    own = left + pool.headroom - told.lost
    return max(min(left, own, free_cash(pool.currency)), ZERO)


def ask_income(
    *, pool_id: int, amount: Decimal, reference: str, reason: str, payee: Payee, business_date: date, at: datetime,
    by: str,
) -> Withdrawal:  # fmt: skip
    """Ask for `amount` of the pool's collected income to be paid to its financier: a batch of one payment, which
    another person has to approve, as for every withdrawal. It is paid out from now on, booked on `business_date`.

    Raises WithdrawalRefused as `ask_withdrawal` does, and for more than `income_left`; of two who ask at once for the
    last of it, one is refused.
    """
    with transaction.atomic():
        take_the_books()
        pool = FundingPool.objects.select_for_update().get(pk=pool_id)
        return ask_withdrawal(
            pool_id=pool_id, amount=amount, reference=reference, reason=reason, payee=payee, income=income_left(pool),
            business_date=business_date, at=at, by=by,
        )  # fmt: skip


def _rebates(pool: FundingPool) -> Decimal:
    """The principal that rebates repaid without money; of shared financings the pool's part, rounded up."""
    alone = _repaid_by_rebate(Movement.objects.filter(financing__pool=pool, financing__is_shared=False))
    parts = list(Participation.objects.filter(pool=pool).select_related("financing"))
    of_shared = dict(
        _repaid_by_rebate(Movement.objects.filter(financing__in=[one.financing_id for one in parts])) if parts else ()
    )
    shared = (
        round_money(
            of_shared.get(one.financing_id, ZERO) * one.amount / one.financing.amount, pool.currency, ROUND_CEILING
        )
        for one in parts
    )
    return sum((amount for _financing, amount in alone), ZERO) + sum(shared, ZERO)


def _repaid_by_rebate(movements: "QuerySet[Movement]") -> Iterable[tuple[int, Decimal]]:
    """By financing, with what undoes a rebate taken off."""
    rebates = movements.annotate(origin=Coalesce("reverses__kind", "kind")).filter(origin=Movement.Kind.REBATE)
    return [(key, -repaid) for key, repaid in rebates.values_list("financing").annotate(repaid=Sum("principal"))]
