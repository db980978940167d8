"""What is matched, by which rules, and what comes out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from apps.core.money import ZERO

Kind = Literal["reference", "amount", "covering", "similar"]
# No pass finds that a payment came back; it is suggested beside what they find.
Found = Kind | Literal["returned"]
MOST_ITEMS = 12
LONGEST_WINDOW = 31
LARGEST_SHARE = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Item:
    """A line that a bank booked, or a movement that we expect on its account.

    `amount` is in `currency`, positive for money in and negative for money out, never zero. `party` names whom or what
    it belongs to (a counterparty, a batch) and is empty when that is not known. `text` only ever suggests.
    """

    key: str
    account: str
    currency: str
    amount: Decimal
    on: date
    reference: str = ""
    party: str = ""
    text: str = ""

    @property
    def place(self) -> tuple[str, str, bool]:
        """What two items must have in common to be the same money: account, currency, direction."""
        return self.account, self.currency, self.amount > 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One pass. `share` of the expected amount may be missing or too much, `days` may lie between the two dates.

    reference   same reference, same amount
    amount      amounts within `share` and dates within `days`; zero for both is exact amount and date
    covering    one against up to `most_items` whose amounts add up exactly, all within `days`
    similar     words in common, within `share` and `days`; never accepted by itself

    A rule that does not `accept` only suggests. `accounts` names where it counts; empty is everywhere. Raises
    ValueError, with a sentence, for a rule that makes no sense.
    """

    kind: Kind
    name: str
    accepts: bool = True
    share: Decimal = ZERO
    days: int = 0
    most_items: int = MOST_ITEMS
    accounts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not ZERO <= self.share <= LARGEST_SHARE:
            raise ValueError(f"{self.name}: the share must lie between 0 and {LARGEST_SHARE}.")
        if not 0 <= self.days <= LONGEST_WINDOW:
            raise ValueError(f"{self.name}: the window must lie between 0 and {LONGEST_WINDOW} days.")
        if not 2 <= self.most_items <= MOST_ITEMS:
            raise ValueError(f"{self.name}: a covering set has 2 to {MOST_ITEMS} items.")
        if self.kind == "similar" and self.accepts:
            raise ValueError(f"{self.name}: similar words only ever suggest.")
        if self.kind in {"reference", "covering"} and self.share:
            raise ValueError(f"{self.name}: amounts of this kind of rule are exact.")

    def covers(self, item: Item) -> bool:
        """Whether the rule counts on the item's account."""
        return not self.accounts or item.account in self.accounts

    def fits(self, line: Item, expected: Item) -> bool:
        """Whether two items of one place are close enough in amount and date."""
        off = abs(line.amount - expected.amount)
        return off <= self.share * abs(expected.amount) and abs((line.on - expected.on).days) <= self.days


@dataclass(frozen=True, slots=True)
class Match:
    """Lines and expected movements that belong together, by key and in order, and the rule that says so.

    `difference` is the lines' sum less the expected sum: positive is a surplus. `alike` counts the candidates that
    were as good; a match with more than one is only suggested.
    """

    rule: str
    kind: Found
    lines: tuple[str, ...]
    expected: tuple[str, ...]
    difference: Decimal = ZERO
    alike: int = 1


def pair(rule: Rule, line: Item, expected: Item, alike: int = 1) -> Match:
    """The match of one line with one expected movement."""
    return Match(rule.name, rule.kind, (line.key,), (expected.key,), line.amount - expected.amount, alike)
