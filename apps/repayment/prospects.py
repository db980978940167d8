"""What a wish of hard times would change, for the seller to see before it is asked for. Reads; writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.ledger.calendar import open_date
from apps.products.terms import SALES, Terms
from apps.repayment.changes import Change, balance_of, instalments_after, payoff_of
from apps.repayment.events import preview
from apps.repayment.hardship import EXTENSION, Wish
from apps.repayment.instalments import Rows, Standing, expected
from apps.repayment.models import Event
from apps.repayment.outlook import Eased, expected_done
from apps.repayment.periods import Minimums, asked_by, last_number, periods_of
from apps.repayment.relief import act_of


@dataclass(frozen=True, slots=True)
class Prospect:
    """How a financing will go on, in its currency.

    share     what is kept of each day's sales, as a share; None where instalments repay it
    due       the next instalment, or what the next period still asks for; None where there is none
    due_on    by the end of which day
    last_on   the day by whose end all of it must be repaid; None where no such day exists
    done_on   the day by which it will be if sales go on as usual; None when they bring nothing
    cost      fee and interest still to be paid, if all goes as planned
    """

    share: Decimal | None
    due: Decimal | None
    due_on: date | None
    last_on: date | None
    done_on: date | None
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """A wish with what it would change: `now` goes on without it, `then` with it."""

    wish: Wish
    now: Prospect
    then: Prospect
    change: Change

    @property
    def dearer(self) -> Decimal:
        """What it costs more; negative: less."""
        return self.then.cost - self.now.cost


def choice_of(
    financing: Financing, wish: Wish, *, daily_sales: Decimal, asked_on: date, at: datetime, by: str
) -> Choice:
    """What `wish` would change if it were granted now; `daily_sales` are what sells on a usual day, in the financing's
    currency. Raises Refused with the sentence why it cannot be."""
    on = open_date(asked_on)
    change = preview(
        financing_id=financing.pk, act=act_of(financing, wish, "preview", on), asked_on=asked_on, at=at, by=by
    )
    if wish.kind == EXTENSION:
        to = date.fromisoformat(change.event.details["to"])
        return Choice(wish, _of_due_date(financing, financing.due_on or to), _of_due_date(financing, to), change)
    if financing.version.terms.plan:
        return Choice(wish, _of_rows(_rows_now(financing)), _of_rows(_rows_then(change)), change)
    now = _of_sales(financing, None, daily_sales, on)
    return Choice(wish, now, _of_sales(financing, change.event, daily_sales, on), change)


def _of_due_date(financing: Financing, due_on: date) -> Prospect:
    """All of it due on `due_on`, if nothing is repaid before."""
    owed = payoff_of(financing, due_on, due_on=due_on)
    return Prospect(None, owed.total, due_on, due_on, due_on, owed.total - owed.principal)


def _of_sales(financing: Financing, event: Event | None, daily_sales: Decimal, on: date) -> Prospect:
    """An advance that sales repay, with `event`, not done yet, among what holds. Its fee is flat."""
    details = event.details if event is not None else {}
    minimums, moved, eased = financing.minimums, financing.paused_days, None
    if event is not None and event.kind == "reschedule":
        minimums = details["to"]
    elif event is not None:
        moved += details["days"]
        eased = Eased(date.fromisoformat(details["until"]), Decimal(details.get("share", 0)))
    done = expected_done(
        outstanding=financing.outstanding, daily_sales=daily_sales, sweep_rate=financing.sweep_rate,
        due_on=None, on=on, currency=financing.currency, eased=eased,
    )  # fmt: skip
    due, due_on, last_on = _asked(financing, Minimums.of_json(minimums) if minimums else None, moved, on)
    share = eased.rate if eased is not None else financing.sweep_rate
    return Prospect(share, due, due_on, last_on, done, financing.fee + financing.interest)


def _asked(
    financing: Financing, minimums: Minimums | None, moved: int, on: date
) -> tuple[Decimal | None, date | None, date | None]:
    """What the first period to come still asks for after what was repaid ahead, and its last day; the last day of the
    last period. What runs already stays as it is and is not looked at."""
    terms: Terms = financing.version.terms
    lent = financing.amount + financing.flat_fee
    periods = periods_of(terms, minimums, financing.disbursed_on or on, moved)
    if terms.technique != SALES or periods is None or (minimums is None and not terms.minimum_share):
        return None, None, None
    repaid = lent - financing.principal - financing.fee
    raised = max(financing.demands_raised, minimums.after if minimums else 0)
    last = last_number(terms, minimums, lent, raised, financing.currency)
    last_on = periods.bounds(last)[1]
    for number in range(raised + 1, last + 1):
        before, by_then = (asked_by(terms, minimums, lent, one, financing.currency) for one in (number - 1, number))
        due = by_then - max(before, repaid)
        if due > 0:
            return due, periods.bounds(number)[1], last_on
    return None, None, last_on


def _rows_now(financing: Financing) -> Rows:
    balance = balance_of(financing)
    now = Standing(balance.owed, balance.accrued, balance.accrued_posted, balance.accrued_through, balance.rows)
    return expected(now, balance, balance.rate, financing.currency)


def _rows_then(change: Change) -> Rows:
    life = change.life
    then = Standing(
        life.owed, life.accrued, life.accrued_posted, change.event.business_date, instalments_after(change)
    )  # fmt: skip
    return expected(then, balance_of(change.financing), life.rate, change.financing.currency)


def _of_rows(rows: Rows) -> Prospect:
    coming = next((row for row in rows if not row.is_raised), None)
    cost = sum((row.owed.interest + row.owed.fee - row.paid.interest - row.paid.fee for row in rows), ZERO)
    last_on = rows[-1].due_on
    if coming is None:
        return Prospect(None, None, None, last_on, last_on, cost)
    return Prospect(None, coming.owed.total, coming.due_on, last_on, last_on, cost)
