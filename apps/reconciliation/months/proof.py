"""Sub-ledgers against the ledger at the end of a business date: what the rows say and what the accounts say."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.financing.models import Share
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Posting
from apps.products.models import FundingPool
from apps.reconciliation.control import CONTROLS, Control
from apps.reconciliation.subledger import OF_FINANCINGS, OF_SELLERS, financings_on, sellers_on
from apps.repayment.models import Movement

DRAWN, COMMITTED = "pools_drawn", "pools_committed"


@dataclass(frozen=True, slots=True)
class Proved:
    """One sub-ledger: the sum of its rows and the balance of its account, both in `currency`, on the side on which the
    account grows."""

    name: str
    account: str
    currency: str
    rows: Decimal
    ledger: Decimal

    @property
    def difference(self) -> Decimal:
        return self.rows - self.ledger


@dataclass(frozen=True, slots=True)
class PoolThen:
    """A funding pool as it stood at the end of a date, in its currency."""

    name: str
    currency: str
    committed: Decimal
    drawn: Decimal


def proofs(through: date, currency: str) -> list[Proved]:
    """Every sub-ledger at the end of `through`: the quantities of the control totals, and the pools."""
    found = [_proved(control, _rows(control, through, currency), through, currency) for control in CONTROLS]
    pools = [one for one in pools_on(through) if one.currency == currency]
    committed = Control(COMMITTED, chart.FUNDING_CAPITAL, -1)
    drawn = Control(DRAWN, chart.PRINCIPAL, 1)
    found.append(_proved(drawn, sum((one.drawn for one in pools), ZERO), through, currency))
    found.append(_proved(committed, sum((one.committed for one in pools), ZERO), through, currency))
    return found


def _proved(control: Control, rows: Decimal, through: date, currency: str) -> Proved:
    net = DailyTotal.objects.balance(control.account, currency, through)
    ledger = net if control.sign > 0 else ZERO - net
    return Proved(control.name, control.account, currency, rows, ledger)


def _rows(control: Control, through: date, currency: str) -> Decimal:
    if control.name in OF_FINANCINGS:
        rows = financings_on(control.name, through).filter(currency=currency)
    elif control.name == OF_SELLERS:
        rows = sellers_on(through).filter(currency=currency)
    else:
        return _cash(control, through, currency)
    return rows.aggregate(total=Sum("closing"))["total"] or ZERO


def _cash(control: Control, through: date, currency: str) -> Decimal:
    """The bank's lines that are explained, less what the ledger moved by explaining them on later dates."""
    lines = BankLine.objects.exclude(matched_to="").filter(
        purpose=control.name.removeprefix("cash_"), currency=currency
    )
    later = DailyTotal.objects.filter(
        account__code=control.account, account__currency=currency, business_date__gt=through
    )
    now = lines.aggregate(total=Sum("amount"))["total"] or ZERO
    return now - (later.aggregate(net=Sum(F("debits") - F("credits")))["net"] or ZERO)


def _given_later(through: date) -> dict[str, Decimal]:
    """By subject of the entry, what financiers have committed after `through`, less what they took out."""
    later = Posting.objects.filter(entry__business_date__gt=through)
    given: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for side, sign in (("credit", 1), ("debit", -1)):
        capital = later.filter(**{f"{side}__code": chart.FUNDING_CAPITAL})
        for subject, total in capital.values_list("entry__subject").annotate(total=Sum("amount")):
            given[subject] += sign * total
    return given


def pools_on(through: date) -> Iterator[PoolThen]:
    """The pools at the end of `through`: what they say now, less what later dates moved."""
    moved: dict[int, Decimal] = dict(
        Movement.objects.filter(business_date__gt=through, financing__is_shared=False)
        .values_list("financing__pool_id")
        .annotate(summed=Sum("principal"))
    )
    shared = Share.objects.filter(business_date__gt=through).values_list("participation__pool_id")
    for pool_id, summed in shared.annotate(summed=Sum("principal")):
        moved[pool_id] = moved.get(pool_id, ZERO) + summed
    given = _given_later(through)
    for pool in FundingPool.objects.order_by("pk"):
        yield PoolThen(
            pool.name,
            pool.currency,
            pool.committed - given.get(f"pool:{pool.pk}", ZERO),
            pool.drawn - moved.get(pool.pk, ZERO),
        )
