"""The terms of a product as a frozen value that pure rules read. No I/O."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from apps.core.money import ZERO
from apps.products.buckets import DEFAULT_ENDS
from apps.products.plan import Plan
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
THOUSANDTHS_A_YEAR = Decimal("0.36")  # one per thousand a day, as a share of a year of 360 days


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seller and a financier agree on. Rates are shares of one (0.12 is 12 %); amounts are in `currency`.

    fee_rate         flat fee, as a share of the amount drawn
    annual_rate      daily simple interest, per year under day_count
    sweep_rate       share of a day's net sales that repays (for receivables: of other sales, once past due; in
                     instalments: while one is due)
    advance_rate     receivables: share of an order's eligible value that is advanced
    livelihood_floor what a day's sweep always leaves to the seller
    day_cap          the most that one day's sweep may take; 0 is no cap
    minimum_share    sales advances: share of principal and fee to be repaid in each minimum period
    period_days      length of a minimum period; 0 is no minimum
    settlement_days  receivables: days from delivery to the platform's settlement
    grace_days       days after the due date before a missed payment counts as past due

    penalty_rate, penalty_per_thousand  what a past due amount costs after the days of grace: a share a year under
        day_count, or so many thousandths of it a day; at most one of the two
    fee_rebate       share of the fee not yet earned by time that is given back to who repays everything early
    maximum_share    sales advances: share of principal and fee that sweeps take at most in each period; 0 is no limit
    minimum_pace     sales advances: the minimum is total x period_days / (pace x expected days); 0 leaves it to
        minimum_share
    season_shaped    sales advances: the minimums follow the seller's own year, their sum unchanged
    near_breach_share, near_breach_checks  at so many checks inside a period, who has repaid less than this share of
        what would be even progress is near a breach; 0 checks none
    dispute_fee      owed when the bank or a buyer takes a payment back
    bucket_ends      the last days, inclusive, of the ranges of days past due in which its financings stand
    plan             repayment in instalments; None where sales, or the orders it rests on, repay it
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
    penalty_rate: Decimal = ZERO
    penalty_per_thousand: Decimal = ZERO
    fee_rebate: Decimal = ZERO
    maximum_share: Decimal = ZERO
    minimum_pace: Decimal = ZERO
    season_shaped: bool = False
    near_breach_share: Decimal = ZERO
    near_breach_checks: int = 0
    dispute_fee: Decimal = ZERO
    bucket_ends: tuple[int, ...] = DEFAULT_ENDS
    plan: Plan | None = None
    lending: LendingTerms | None = None

    @property
    def penalises(self) -> bool:
        """Whether what is past due costs a penalty."""
        return bool(self.penalty_rate or self.penalty_per_thousand)

    @property
    def penalty(self) -> tuple[Decimal, str]:
        """The penalty as a rate a year (a share) and the day count it runs under; a year of days is exact."""
        if self.penalty_per_thousand:
            return self.penalty_per_thousand * THOUSANDTHS_A_YEAR, "ACT/360"
        return self.penalty_rate, self.day_count

    @property
    def freezes_minimums(self) -> bool:
        """Whether a contract must say what each minimum period asks for, since the terms alone do not tell."""
        return bool(self.period_days and (self.minimum_pace or (self.season_shaped and self.minimum_share)))
