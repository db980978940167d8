"""The rules of matching and of breaks: what every platform starts with, and how a rule is written down."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from apps.core.dates import add_business_days
from apps.core.money import quantum
from apps.reconciliation.models import BREAK_TYPES, RuleBook
from apps.reconciliation.passes import Rule

# No starter rule accepts a difference: one minor unit too few or too many is a break for a person.
STARTER = (
    Rule("reference", "exact reference"),
    Rule("amount", "exact amount and date"),
    Rule("amount", "exact amount, some days apart", days=5),
    Rule("covering", "several that add up", days=7),
    Rule("amount", "nearly the amount", accepts=False, share=Decimal("0.01"), days=5),
    Rule("similar", "similar words", accepts=False, share=Decimal("0.05"), days=7),
)
DUE_DAYS = MappingProxyType(
    {
        "missing_external": 2, "missing_internal": 2, "amount": 3, "date": 5, "duplicate": 1, "currency": 2,
        "wrong_account": 1, "fee": 5, "misallocated": 2, "status": 3, "stale_price": 1,
    }
)  # fmt: skip
LARGE_UNITS, WRITE_OFF_UNITS = 1_000_000, 100


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force. Amounts are in the platform's currency; `number` 0 is what every platform starts with.

    due_days         business days that a break of a kind may take; one day where the amount is `large_amount` or more
    write_off_limit  what one person may adjust or write off without another
    """

    number: int
    passes: tuple[Rule, ...]
    due_days: Mapping[str, int]
    large_amount: Decimal
    write_off_limit: Decimal

    def due_on(self, kind: str, amount: Decimal, opened_on: date, country: str) -> date:
        """The day by whose end a break should be explained, in the bank's calendar of `country`."""
        return add_business_days(opened_on, 1 if abs(amount) >= self.large_amount else self.due_days[kind], country)


def starter_rules(currency: str) -> Rules:
    """What every platform starts with: 100 minor units may be written off by one person, 1,000,000 are large."""
    unit = quantum(currency)
    return Rules(0, STARTER, DUE_DAYS, LARGE_UNITS * unit, WRITE_OFF_UNITS * unit)


def rules_in_force(currency: str) -> Rules:
    """The active rule book, or the starter rules where there is none yet."""
    book = RuleBook.objects.filter(state="active").first()
    return starter_rules(currency) if book is None else rules_of(book)


def rules_of(book: RuleBook) -> Rules:
    """The rules that a book holds. Raises ValueError, with a sentence, for a book that makes no sense."""
    due_days = {**DUE_DAYS, **book.due_days}
    if set(due_days) - set(BREAK_TYPES) or not all(isinstance(days, int) and days > 0 for days in due_days.values()):
        raise ValueError("Every kind of break needs a whole number of business days, at least one.")
    return Rules(book.number, tuple(map(_read, book.rules)), due_days, book.large_amount, book.write_off_limit)


def written(rule: Rule) -> dict[str, Any]:
    """A rule as a rule book keeps it."""
    return {**asdict(rule), "share": str(rule.share), "accounts": sorted(rule.accounts)}


def _read(facts: Mapping[str, Any]) -> Rule:
    known = {**facts, "share": Decimal(facts["share"]), "accounts": frozenset(facts["accounts"])}
    return Rule(**known)
