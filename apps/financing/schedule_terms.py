"""What a repayment schedule is made from, and what it is made of: terms, facts and rows, without behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.due_dates import MONTHS, SAME_DAY, WEEKS, Period

EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, FLAT = "equal_instalments", "equal_principal", "flat"
BULLET, INTEREST_ONLY = "bullet", "interest_only"
METHODS = (EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, FLAT, BULLET, INTEREST_ONLY)

BY_PERIOD, BY_DAY = "period", "day"
ACTUAL = 0  # days of a year or month as the calendar has them
NEVER = "never"
SHORTEN, LEVEL, NEXT = "shorten", "level", "next"
PERIODS_A_YEAR = {MONTHS: Decimal(12), WEEKS: Decimal(52), "days": Decimal(365)}


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """How a financing is repaid. Amounts are in `currency`; `annual_rate` is a share a year (0.12 is 12 %).

    `interest_by` "period" charges the same share each period; "day" counts days over `year_days` (0 = the calendar's),
    with months of `month_days` (0 = the calendar's); `day_count` names a convention instead, counted from
    `counted_from` on. `principal_grace`, `interest_deferred` and `interest_free` are
    numbers of periods: no principal due, interest due later, no interest at all.

    The instalment is rounded to a whole number of `multiple` (None: the minor unit) by `instalment_rounding`;
    `instalment` fixes its amount instead of the number; `level_for` sets it for that amount, whatever of it is drawn;
    `level_by_first_period` sets it as if every period were as long as the first (a plain annuity); `even_last` moves it
    by a few minor units where that brings the last one nearer to it.

    `early_principal` says what principal paid beyond an instalment does to the rest: fewer instalments, lower ones, or
    smaller next ones. `round_each_part` rounds interest at each change of balance or rate instead of once a period.
    """

    currency: str
    annual_rate: Decimal
    instalments: int
    every: int = 1
    unit: str = MONTHS
    method: str = EQUAL_INSTALMENTS
    interest_by: str = BY_PERIOD
    year_days: int = 365
    month_days: int = ACTUAL
    rounding: str = ROUND_HALF_EVEN
    multiple: Decimal | None = None
    instalment_rounding: str = ROUND_HALF_EVEN
    principal_grace: int = 0
    interest_deferred: int = 0
    interest_free: int = 0
    first_due: date | None = None
    due_rule: str = SAME_DAY
    instalment: Decimal | None = None
    early_principal: str = SHORTEN
    even_last: bool = False
    level_for: Decimal | None = None
    level_by_first_period: bool = False
    round_each_part: bool = False
    day_count: str = ""
    counted_from: date | None = None


class Drawdown(NamedTuple):
    """Money paid out on a date. A drawdown on a due date belongs to the period that begins there."""

    drawn_on: date
    amount: Decimal


class Rate(NamedTuple):
    """A share a year that holds for the day `since` and every day after it."""

    since: date
    annual_rate: Decimal


class Correction(NamedTuple):
    """Principal that bears interest beyond the schedule (positive: late) or no longer (negative: early)."""

    first: date
    last: date
    amount: Decimal


class Settled(NamedTuple):
    """What was already paid of the instalment due on `due`, on `paid_on`; its interest is fixed once it is met."""

    due: date
    paid_on: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO


class Part(NamedTuple):
    """A stretch of a period over which balance and rate stand still; `factor` is the share of interest."""

    first: date
    last: date
    balance: Decimal
    factor: Decimal

    @property
    def interest(self) -> Decimal:
        return self.balance * self.factor


class Instalment(NamedTuple):
    """One row of a schedule; `balance` is the principal left after it, `parts` how its interest arose."""

    number: int
    starts: date
    due: date
    principal: Decimal
    interest: Decimal
    balance: Decimal
    parts: tuple[Part, ...] = ()

    @property
    def amount(self) -> Decimal:
        return self.principal + self.interest


class Extension(NamedTuple):
    """More instalments (`number` of them), spreading what falls due on or after `since`."""

    since: date
    number: int


class Facts(NamedTuple):
    """What a schedule is made from, beside its terms. All ascending by date."""

    drawdowns: tuple[Drawdown, ...]
    rates: tuple[Rate, ...] = ()
    corrections: tuple[Correction, ...] = ()
    settled: tuple[Settled, ...] = ()
    extra: tuple[Drawdown, ...] = ()  # principal paid beyond the instalment on its due date
    prepaid: tuple[Drawdown, ...] = ()  # principal paid inside a period: its instalment repays at least that much
    extensions: tuple[Extension, ...] = ()

    def known(self, periods: Sequence[Period], place: int) -> int:
        """How many instalments there were to be as of the one at `place`."""
        due = periods[place].due
        return len(periods) - sum(later.number for later in self.extensions if later.since > due)

    def extended_at(self, periods: Sequence[Period], place: int) -> bool:
        return place > 0 and self.known(periods, place) != self.known(periods, place - 1)
