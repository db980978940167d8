"""Loans on receipts replayed on published prices: the prices are taken in by the import that platforms use, quoted as
a night quotes them, and lived through by its rules. The platform for it is made and dropped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from apps.core.dates import DAY
from apps.warehousing.cohorts import Loan, Plan, Summary, live, summed
from apps.warehousing.prices import Priced, import_prices, quotes_for
from apps.warehousing.valuation import Quote

COMMODITIES = {
    "cotton-a-index": "Cotton", "palm-oil": "Palm oil", "coffee-arabica": "Coffee", "copper": "Copper",
}  # fmt: skip
HAIRCUTS = tuple(Decimal(number) / 100 for number in (10, 20, 30, 40, 50))
Quotes = list[tuple[date, Quote]]


@dataclass(frozen=True, slots=True)
class Row:
    """One commodity at one haircut: what became of loans whose sellers never answer a call, and of those who pay."""

    commodity: str
    haircut: Decimal
    silent: Summary
    paying: Summary


def month_ends(first: date, last: date) -> Iterator[date]:
    """The last days of the months from that of `first` to that of `last`, both inclusive."""
    day = first.replace(day=1)
    while day <= last:
        day = (day + timedelta(days=32)).replace(day=1)
        yield day - DAY


def quotes_by_commodity(*, path: Path, rejects_path: Path, first: date, last: date, at: datetime) -> dict[str, Quotes]:
    """Take the Pink Sheet at `path` in on the entered platform, and quote one tonne in USD on each month's end.

    A month without any price yet is left out. Raises FileRefused for a file that is none.
    """
    import_prices(path=path, format="pink-sheet", rejects_path=rejects_path, at=at, by="replay")
    asked = [Priced(code, "t", "USD") for code in COMMODITIES]
    quotes: dict[str, Quotes] = {code: [] for code in COMMODITIES}
    for day in month_ends(first, last):
        for priced, quote in quotes_for(asked, on=day).items():
            quotes[priced.commodity].append((day, quote))
    return quotes


def plan_of(haircut: Decimal, *, pays_calls: bool = False) -> Plan:
    """A call is made halfway between what is lent and what the goods are worth: with 30 % at 85 %."""
    return Plan(haircut, limit=1 - haircut / 2, pays_calls=pays_calls)


def cohort(quotes: Quotes, plan: Plan, *, last_taken: date) -> list[Loan]:
    """A loan of every month through that of `last_taken`."""
    return [live(quotes[place:], plan) for place, (day, _quote) in enumerate(quotes) if day <= last_taken]


def rows(quotes: dict[str, Quotes], *, last_taken: date, haircuts: Sequence[Decimal] = HAIRCUTS) -> Iterator[Row]:
    """Every commodity at every haircut."""
    for code, name in COMMODITIES.items():
        for haircut in haircuts:
            silent, paying = (
                summed(cohort(quotes[code], plan_of(haircut, pays_calls=pays), last_taken=last_taken))
                for pays in (False, True)
            )
            yield Row(name, haircut, silent, paying)


def through_the_fall(quotes: dict[str, Quotes], *, taken_on: date, haircut: Decimal) -> dict[str, Loan]:
    """By commodity, the loan taken on the month's end `taken_on` by a seller who never answers a call."""
    plan = plan_of(haircut)
    return {
        name: live([pair for pair in quotes[code] if pair[0] >= taken_on], plan) for code, name in COMMODITIES.items()
    }
