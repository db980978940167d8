"""The tables of a month's export. Rows are streamed, names of people are left out: rows carry numbers and keys."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import round_money
from apps.financing.models import Financing
from apps.ledger.journal import CSV_COLUMNS, posting_rows
from apps.ledger.models import DailyTotal
from apps.reconciliation.months.proof import pools_on, proofs
from apps.reconciliation.subledger import OF_FINANCINGS, financings_on, sellers_on
from apps.repayment.models import Movement

Row = tuple[str | Decimal, ...]
STREAMED = 2_000
PARTS = ("principal", "fee", "interest", "penalty", "surplus")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name, its columns, and its rows, read anew each time they are asked for."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]


def sheets_of(first: date, last: date, currency: str) -> list[Sheet]:
    """The tables of the month from `first` to `last`, both inclusive, on a platform whose currency is `currency`."""
    return [
        Sheet("trial_balance", ("account", "kind", "currency", "debits", "credits", "balance"),
              lambda: _trial_balance(last)),
        Sheet("proof", ("sub_ledger", "account", "currency", "rows", "ledger", "difference"),
              lambda: _proof(last, currency)),
        Sheet("financings", ("number", "seller", "currency", *OF_FINANCINGS), lambda: _financings(last)),
        Sheet("sellers", ("seller", "currency", "owed"), lambda: _sellers(last)),
        Sheet("pools", ("pool", "currency", "committed", "drawn"), lambda: _pools(last)),
        Sheet("statements", ("number", "business_date", "counts_from", "kind", "reason", *PARTS, "owed_after", "entry"),
              lambda: _statements(first, last)),
        Sheet("journal", CSV_COLUMNS, lambda: posting_rows(first=first, last=last)),
    ]  # fmt: skip


def _trial_balance(last: date) -> Iterator[Row]:
    for row in DailyTotal.objects.trial_balance(last):
        currency = row["account__currency"]
        debits, credits = round_money(row["debit_sum"], currency), round_money(row["credit_sum"], currency)
        yield row["account__code"], row["account__kind"], currency, debits, credits, debits - credits


def _proof(last: date, currency: str) -> Iterator[Row]:
    for one in proofs(last, currency):
        figures = (round_money(figure, currency) for figure in (one.rows, one.ledger, one.difference))
        yield one.name, one.account, currency, *figures


def _financings(last: date) -> Iterator[Row]:
    """Every financing that owed anything, or was owed, at the end of `last`."""
    owed = {name: dict(financings_on(name, last).values_list("pk", "closing")) for name in OF_FINANCINGS}
    standing = {key for name in OF_FINANCINGS for key, amount in owed[name].items() if amount}
    names = Financing.objects.filter(pk__in=standing).order_by("pk")
    for key, number, seller, currency in names.values_list("pk", "number", "seller__external_id", "currency"):
        parts = (round_money(owed[name].get(key, Decimal(0)), currency) for name in OF_FINANCINGS)
        yield number, seller, currency, *parts


def _sellers(last: date) -> Iterator[Row]:
    owed = sellers_on(last).exclude(closing=0).order_by("pk").values_list("external_id", "currency", "closing")
    for seller, currency, closing in owed.iterator(chunk_size=STREAMED):
        yield seller, currency, round_money(closing, currency)


def _pools(last: date) -> Iterator[Row]:
    for one in pools_on(last):
        yield one.name, one.currency, round_money(one.committed, one.currency), round_money(one.drawn, one.currency)


def _statements(first: date, last: date) -> Iterator[Row]:
    """Every movement of every financing in the month, with what was owed after it."""
    rows = Movement.objects.filter(business_date__range=(first, last)).select_related("financing")
    for one in rows.order_by("financing_id", "pk").iterator(chunk_size=STREAMED):
        currency = one.financing.currency
        parts = (round_money(getattr(one, part), currency) for part in PARTS)
        yield (
            one.financing.number, one.business_date.isoformat(), one.counts_from.isoformat(), one.kind, one.reason,
            *parts, round_money(one.outstanding, currency), one.entry_key,
        )  # fmt: skip
