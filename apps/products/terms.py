"""The terms of a product as a frozen value that pure rules read. No I/O."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from apps.warehousing.valuation import LendingTerms

SALES = "sales"
RECEIVABLE = "receivable"
ORDER = "order"
RECEIPT = "receipt"
PAYABLE = "payable"
TECHNIQUES = (SALES, RECEIVABLE, ORDER, RECEIPT, PAYABLE)

COMPONENTS = ("penalty", "fee", "interest", "principal")
STANDINGS = ("past_due", "due", "in_advance")
# Past due first, and within it what the seller would otherwise be charged for longest.
DEFAULT_WATERFALL = tuple(f"{standing}_{component}" for standing in STANDINGS for component in COMPONENTS)
DAY_COUNTS = ("ACT/360", "ACT/365F", "ACT/ACT ISDA", "30/360 US", "30E/360")
BUCKETS = ((1, "1-30"), (31, "31-60"), (61, "61-90"), (91, "90+"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seller and a financier agree on. Rates are shares of one (0.12 is 12 %); amounts are in `currency`.

    fee_rate         flat fee, as a share of the amount drawn
    annual_rate      daily simple interest, per year under day_count
    sweep_rate       share of a day's net sales that repays (for receivables: of other sales, once past due)
    advance_rate     receivables: share of an order's eligible value that is advanced
    livelihood_floor what a day's sweep always leaves to the seller
    day_cap          the most that one day's sweep may take; 0 is no cap
    minimum_share    sales advances: share of principal and fee to be repaid in each minimum period
    period_days      length of a minimum period; 0 is no minimum
    settlement_days  receivables: days from delivery to the platform's settlement
    grace_days       days after the due date before a missed payment counts as past due
    expected_days    for the limit; on goods: days until all of it is due
    lending          on goods: how much is lent on them
    """

    product: str
    version: int
    technique: str
    currency: str
    fee_rate: Decimal
    annual_rate: Decimal
    day_count: str
    sweep_rate: Decimal
    advance_rate: Decimal
    livelihood_floor: Decimal
    day_cap: Decimal
    minimum_share: Decimal
    period_days: int
    settlement_days: int
    grace_days: int
    minimum_amount: Decimal
    maximum_amount: Decimal
    expected_days: int
    offer_valid_days: int
    priority: int
    waterfall: tuple[str, ...] = DEFAULT_WATERFALL
    rounding: str = ROUND_HALF_EVEN
    lending: LendingTerms | None = None


def bucket(days_past_due: int) -> str:
    """The delinquency bucket of a number of days past due; the empty text for none."""
    name = ""
    for first_day, label in BUCKETS:
        if days_past_due >= first_day:
            name = label
    return name
