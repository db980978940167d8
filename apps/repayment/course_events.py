"""What can happen to a financing repaid in instalments, and the terms it is serviced under: data, no behaviour."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.schedule_terms import NEVER, ScheduleTerms
from apps.products.buckets import BUCKETS, Bucket
from apps.repayment.waterfall import HORIZONTAL, NEXT_INSTALMENT


class Kind(StrEnum):
    """What happened. `REVERSE`, `WAIVE` and `ADJUST_CHARGE` name another event in `of`."""

    APPROVE = "approve"
    DRAW = "draw"
    REPAYMENT = "repayment"
    MERCHANT_REFUND = "merchant_refund"
    PAYOUT_REFUND = "payout_refund"
    GOODWILL = "goodwill"
    CHARGE = "charge"
    WAIVE = "waive"
    ADJUST_CHARGE = "adjust_charge"
    CHARGEBACK = "chargeback"
    TAKE_BACK = "take_back"
    REFUND_SURPLUS = "refund_surplus"
    WRITE_OFF = "write_off"
    SETTLE = "settle"
    RESCHEDULE = "reschedule"
    EXTEND = "extend"
    CHANGE_RATE = "change_rate"
    PAUSE = "pause"
    REVERSE = "reverse"
    CLOSE_DAY = "close_day"
    # Kinds that only follow from others: they appear among the entries, never among the events.
    FEE_AT_DRAWDOWN = "fee_at_drawdown"
    ACCRUAL = "accrual"


PAYMENTS = frozenset({Kind.REPAYMENT, Kind.MERCHANT_REFUND, Kind.PAYOUT_REFUND, Kind.GOODWILL, Kind.ADJUST_CHARGE})
MONEY = PAYMENTS | {Kind.SETTLE, Kind.CHARGEBACK, Kind.TAKE_BACK, Kind.REFUND_SURPLUS}

# When a charge is asked for
ON_DATE, AT_DRAWDOWN, EACH_INSTALMENT, WHEN_OVERDUE = "on_date", "at_drawdown", "each_instalment", "when_overdue"
# What a charge's share is a share of
OF_PRINCIPAL, OF_PRINCIPAL_AND_INTEREST = "principal", "principal_and_interest"
# When a charge joins the replay of payments: from the first day, or in the order of its own date
AT_ONCE, ON_ITS_DATE = "at_once", "on_its_date"
# Which late principal bears interest again: none, that of the period a payment falls in, or that of every period
CURRENT_PERIOD, EVERY_PERIOD = "current_period", "every_period"
# What money paid before its day does: nothing to the interest; an instalment paid ahead owes interest to that day only;
# it is principal from its day; it is principal from the end of its period
AS_SCHEDULED, INTEREST_TO_DATE = "as_scheduled", "interest_to_date"
PRINCIPAL_AT_ONCE, PRINCIPAL_WHEN_DUE = "principal_at_once", "principal_when_due"
# What dates the income from a charge
DUE_DATE, RECORDED_DATE = "due_date", "recorded_date"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `on` its value date, `recorded` the business date it was entered. Amounts as paid.

    `of` is the id of the event it acts on. A charge has `amount`, or `share` of `basis`. RESCHEDULE moves the
    instalment due on or after `on` to `to`; EXTEND adds `count` instalments from `on`; CHANGE_RATE sets `share` a year
    from `on`; PAUSE holds delinquency from `on` to `to`, both inclusive; SETTLE pays `amount` and forgives the rest;
    CLOSE_DAY ends the business date `on`, with `recalculate` when late principal is to bear interest up to it.
    """

    id: str
    kind: Kind
    on: date
    recorded: date
    amount: Decimal = ZERO
    of: str = ""
    to: date | None = None
    count: int = 0
    share: Decimal | None = None
    basis: str = OF_PRINCIPAL
    timing: str = ON_DATE
    penalty: bool = False
    label: str = ""
    recalculate: bool = False


class OverduePenalty(NamedTuple):
    """A share of each unpaid instalment, asked once when it is past due."""

    share: Decimal
    basis: str = OF_PRINCIPAL
    label: str = ""


@dataclass(frozen=True, slots=True)
class CourseTerms:
    """How a financing is serviced: its schedule, its waterfall (data), and the options a product may choose.

    `advance` names, by kind of payment, where money in advance goes; kinds not named follow `advance_default`.
    `split_due_charges` counts a charge whose date has come as due even in an instalment that is not.
    `due_day_counts` makes the due date itself day 1 of being late.
    """

    plan: ScheduleTerms
    principal: Decimal
    start: date
    waterfall: tuple[str, ...]
    mode: str = HORIZONTAL
    advance: tuple[tuple[Kind, str], ...] = ()
    advance_default: str = NEXT_INSTALMENT
    split_due_charges: bool = False
    charges_join: str = AT_ONCE
    late_interest: str = NEVER
    late_interest_on_interest: bool = False
    early_payment: str = AS_SCHEDULED
    overdue_penalty: OverduePenalty | None = None
    charge_income_on: str = DUE_DATE
    one_accrual_a_day: bool = False
    buckets: tuple[Bucket, ...] = BUCKETS
    grace_days: int = 0
    due_day_counts: bool = False

    def advance_of(self, kind: Kind) -> str:
        """Where money in advance of this kind of payment goes."""
        return dict(self.advance).get(kind, self.advance_default)
