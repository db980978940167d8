"""Instalments of a live financing: raised on their due dates, paid through the waterfall, aged. Pure; one currency.

Interest accrues by the day on the principal still owed, as on every financing. An instalment asks for its principal and
fee as planned and for the interest that has arisen by its date. On that date the fraction of a minor unit that was not
posted is dropped, so that a financing paid as agreed asks for exactly the interest of its plan; where only the rounding
of days differs from that of the period, the plan is right. Paid earlier it asks for less, paid later for more. Interest
that money paid ahead of the next instalments covers waits for the next one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from apps.core.dates import DAY
from apps.core.money import ZERO, quantum, round_money
from apps.financing.due_dates import step
from apps.financing.instalments import Planned, draw_up, respread
from apps.financing.schedule_terms import Rate
from apps.products.plan import NEXT, Plan
from apps.products.terms import Terms
from apps.repayment.interest import NINE_PLACES, accrue
from apps.repayment.waterfall import Due, Parts, allocate

if TYPE_CHECKING:
    from apps.repayment.day import Balance

PLANNED, OPEN, MET, BREACHED = "planned", "open", "met", "breached"


class Row(NamedTuple):
    """An instalment as it stands. While it is planned, `owed.interest` is what the plan expects; once it is raised,
    what it asks for. `paid` includes what was waived. `id` is None for one that is not stored."""

    id: int | None
    number: int
    starts_on: date
    due_on: date
    state: str
    owed: Parts
    paid: Parts

    @property
    def is_raised(self) -> bool:
        return self.state != PLANNED

    @property
    def open(self) -> Parts:
        """What is owed of it: of a planned one no interest yet."""
        left = self.owed.minus(self.paid)
        return left if self.is_raised else left._replace(interest=ZERO)

    @property
    def unpaid(self) -> Decimal:
        """What it asks for and did not get: nothing while it is planned."""
        return self.open.total if self.is_raised else ZERO


Rows = tuple[Row, ...]


def row_of(
    key: int, number: int, _kind: str, starts_on: date, due_on: date, amount: Decimal, paid: Decimal, state: str,
    fee: Decimal, interest: Decimal, paid_fee: Decimal, paid_interest: Decimal,
) -> Row:  # fmt: skip
    """The row that a stored demand is: its amounts are totals, of which fee and interest are named."""
    owed = Parts(fee=fee, interest=interest, principal=amount - fee - interest)
    settled = Parts(fee=paid_fee, interest=paid_interest, principal=paid - paid_fee - paid_interest)
    return Row(key, number, starts_on, due_on, state, owed, settled)


class Standing(NamedTuple):
    """What moves as days pass: what is owed, all interest since the payout (unrounded, and as posted), and the rows."""

    owed: Parts
    accrued: Decimal
    posted: Decimal
    accrued_to: date
    rows: Rows


def rows_of(terms: Terms, principal: Decimal, fees: Decimal, start: date) -> Rows:
    """The rows of a financing on `start`, the day of its payout."""
    return tuple(_row(one) for one in draw_up(terms, principal, fees, start))


def _row(one: Planned) -> Row:
    owed = Parts(fee=one.fee, interest=one.interest, principal=one.principal)
    return Row(None, one.number, one.starts_on, one.due_on, PLANNED, owed, Parts())


# Days pass


def run_to(now: Standing, balance: "Balance", rate: Decimal, currency: str, through: date) -> Standing:
    """`now` after the days up to `through` (inclusive): interest accrued and posted, rows raised on their due dates."""
    for place, row in enumerate(now.rows):
        if row.is_raised or row.due_on > through:
            continue
        now = _accrue(now, balance, rate, currency, row.due_on - DAY)
        before = now.posted
        now = _raise(_accrue(now, balance, rate, currency, row.due_on), place, balance, currency, before)
    return _accrue(now, balance, rate, currency, through)


def _accrue(now: Standing, balance: "Balance", rate: Decimal, currency: str, through: date) -> Standing:
    if through <= now.accrued_to:
        return now
    accrued = accrue(now.accrued, now.owed.principal, rate, now.accrued_to, through, balance)
    posted = round_money(accrued.quantize(NINE_PLACES), currency, balance.terms.rounding)
    return _posting(now._replace(accrued=accrued, accrued_to=through), posted)


def _posting(now: Standing, posted: Decimal) -> Standing:
    interest = now.owed.interest + posted - now.posted
    return now._replace(owed=now.owed._replace(interest=interest), posted=posted)


def _raise(now: Standing, place: int, balance: "Balance", currency: str, before: Decimal) -> Standing:
    """The row at `place` asks for what is due. `before` is what had been posted by the day before."""
    row = now.rows[place]
    if _plan(balance).asks_interest(row.number):
        arisen = undemanded(now.owed, now.rows) + row.paid.interest
        off = row.owed.interest - arisen
        if abs(off) <= quantum(currency) and now.posted + off >= before and arisen + off >= row.paid.interest:
            now, arisen = _posting(now, now.posted + off), arisen + off
        row = row._replace(owed=row.owed._replace(interest=arisen - _waits(now.rows, place, arisen, balance)))
    rows = (*now.rows[:place], row._replace(state=OPEN), *now.rows[place + 1 :])
    return now._replace(accrued=now.posted, rows=rows)


def _waits(rows: Rows, place: int, arisen: Decimal, balance: "Balance") -> Decimal:
    """The interest of the row at `place` that the next one asks for: as much as was paid ahead beyond this row.

    Who pays an instalment a few days early owes nothing on its date.
    """
    if _plan(balance).in_advance != NEXT:
        return ZERO
    ahead = sum((row.paid.principal for row in rows[place + 1 :] if not row.is_raised), ZERO)
    return min(ahead, arisen - rows[place].paid.interest)


def undemanded(owed: Parts, rows: Iterable[Row]) -> Decimal:
    """The interest owed that no row has asked for yet."""
    return owed.interest - sum((row.open.interest for row in rows if row.is_raised), ZERO)


# What is due, and what pays it


def dues_on(rows: Sequence[Row], owed: Parts, on: date, balance: "Balance") -> tuple[list[Due], list[int | None]]:
    """What the waterfall sees on `on`, oldest first, and the place of the row behind each (None for no row).

    A penalty stands with the oldest row. Interest that no row has asked for belongs to the next row that will; once all
    rows are past, it is past due.
    """
    places = [place for place, row in enumerate(rows) if row.open.total or not row.is_raised]
    dues = [Due(_standing(rows[place], on), rows[place].open) for place in places]
    loose = undemanded(owed, rows)
    asking = _next_asking(rows, places, balance)
    if loose and asking is not None:
        dues[asking] = dues[asking]._replace(parts=dues[asking].parts._replace(interest=loose))
        loose = ZERO
    behind: list[int | None] = [*places]
    if loose and _is_over(balance, on):
        dues.append(Due("past_due", Parts(interest=loose)))
        behind.append(None)
    if owed.penalty:
        late = any(due.standing == "past_due" and due.parts.total for due in dues)
        dues.insert(0, Due("past_due" if late else "due", Parts(penalty=owed.penalty)))
        behind.insert(0, None)
    return dues, behind


def _standing(row: Row, on: date) -> str:
    if row.due_on < on:
        return "past_due"
    return "due" if row.due_on == on else "in_advance"


def _next_asking(rows: Sequence[Row], places: Sequence[int], balance: "Balance") -> int | None:
    plan = _plan(balance)
    asking = (
        at for at, place in enumerate(places) if not rows[place].is_raised and plan.asks_interest(rows[place].number)
    )
    return next(asking, None)


def _is_over(balance: "Balance", on: date) -> bool:
    return balance.due_on is None or on >= balance.due_on


def due_now(rows: Sequence[Row], owed: Parts, on: date, balance: "Balance") -> Decimal:
    """What a sweep may take on `on`: all that is due or past due."""
    dues, _behind = dues_on(rows, owed, on, balance)
    return sum((due.parts.total for due in dues if due.standing != "in_advance"), ZERO)


def pay(
    rows: Rows, owed: Parts, amount: Decimal, on: date, balance: "Balance", currency: str
) -> tuple[Parts, Decimal, Rows]:
    """What `amount` pays on `on` by component, what is left of it, and the rows after it."""
    plan = _plan(balance)
    dues, behind = dues_on(rows, owed, on, balance)
    shares, left = allocate(amount, dues, balance.terms.waterfall, plan.mode, plan.in_advance, unit=quantum(currency))
    paid, after = Parts(), list(rows)
    for place, share in zip(behind, shares, strict=True):
        paid = paid.plus(share)
        if place is not None and share.total:
            after[place] = _with(after[place], share)
    return paid, left, tuple(after)


def _with(row: Row, share: Parts) -> Row:
    """`row` after `share` was paid on it. A planned one asks for no less interest than was paid: where principal was
    late, more may have arisen by then than its plan says."""
    paid = row.paid.plus(share)
    if row.is_raised:
        return row._replace(paid=paid)
    return row._replace(paid=paid, owed=row.owed._replace(interest=max(row.owed.interest, paid.interest)))


def forgive(rows: Rows, owed: Parts, parts: Parts, balance: "Balance") -> Rows:
    """The rows after `parts` of what is owed were waived, component by component, oldest row first."""
    places = [place for place, row in enumerate(rows) if row.open.total or not row.is_raised]
    asking = _next_asking(rows, places, balance)
    loose = undemanded(owed, rows)
    left, after = parts, list(rows)
    for at, place in enumerate(places):
        open_ = after[place].open
        if at == asking:
            open_ = open_._replace(interest=loose)
        share = Parts(*(min(pair) for pair in zip(left, open_, strict=True)))
        after[place] = _with(after[place], share)
        left = left.minus(share)
    return tuple(after)


def charge(rows: Rows, fee: Decimal, on: date) -> Rows:
    """The rows after `fee` was charged on `on`: it is due with the instalment that `on` lies in, or with the last."""
    place = next((at for at, row in enumerate(rows) if row.due_on >= on), len(rows) - 1)
    row = rows[place]
    charged = row._replace(owed=row.owed._replace(fee=row.owed.fee + fee))
    return (*rows[:place], charged, *rows[place + 1 :])


# The plan changes


def replan(
    rows: Rows, balance: "Balance", currency: str, rates: Sequence[Rate], to: date | None = None, more: int = 0
) -> Rows:
    """The rows with those that are still planned drawn up anew: at `rates` (all since the payout, ascending), the next
    due on `to` (None: as it was), and `more` rows at the end.

    What was paid ahead stays paid, and pays the new rows as the plan says of money in advance.
    """
    raised = tuple(row for row in rows if row.is_raised)
    planned = rows[len(raised) :]
    if not planned:
        return rows
    plan = _plan(balance)
    start = max((row.due_on for row in raised), default=balance.disbursed_on)
    dues = _new_dues([row.due_on for row in planned], plan, to, more)
    principal = sum((row.owed.principal for row in planned), ZERO)
    in_force = [rate for rate in rates if rate.since <= start + DAY][-1]
    held = [Rate(start, in_force.annual_rate), *(rate for rate in rates if rate.since > start + DAY)]
    fresh = respread(balance.terms, principal, start, dues, planned[0].number, held, balance.disbursed_on)
    ahead = sum((row.paid.principal for row in planned), ZERO)
    return (*raised, *_carried(planned, fresh, ahead, plan, currency))


def _new_dues(dues: list[date], plan: Plan, to: date | None, more: int) -> list[date]:
    """`dues` with the first moved to `to` and the others after it as far apart as the plan says, and `more` of them."""
    if to is None:
        return dues + [step(dues[-1], plan.every * number, plan.unit) for number in range(1, more + 1)]
    return [step(to, plan.every * number, plan.unit) for number in range(len(dues) + more)]


def _carried(planned: Rows, fresh: Sequence[Planned], ahead: Decimal, plan: Plan, currency: str) -> list[Row]:
    """The new rows with the fees of the old ones, and with what was paid ahead of principal."""
    rows = []
    for place, one in enumerate(fresh):
        new = _row(one)
        if place < len(planned):
            old = planned[place]
            new = new._replace(
                id=old.id, owed=new.owed._replace(fee=old.owed.fee), paid=old.paid._replace(principal=ZERO)
            )
        rows.append(new)
    dues = [Due("in_advance", Parts(principal=row.owed.principal)) for row in rows]
    shares, _left = allocate(ahead, dues, ["in_advance_principal"], advance=plan.in_advance, unit=quantum(currency))
    return [_with(row, share) for row, share in zip(rows, shares, strict=True)]


# How late it is, and how it ends


def age(rows: Sequence[Row], owed: Parts, on: date, balance: "Balance") -> tuple[Decimal, int]:
    """Amount past due and days past due = `on` - oldest unpaid due date, 0 within the days of grace."""
    if not owed.total:
        return ZERO, 0
    late = [row for row in rows if row.is_raised and row.due_on <= on and row.open.total]
    past_due = sum((row.open.total for row in late), ZERO)
    oldest = min((row.due_on for row in late), default=None)
    if _is_over(balance, on) and undemanded(owed, rows):
        past_due += undemanded(owed, rows)
        oldest = oldest or balance.due_on
    if oldest is None:
        return ZERO, 0
    days = (on - oldest).days
    return past_due + owed.penalty, days if days > balance.terms.grace_days else 0


def decide(rows: Rows, on: date) -> Rows:
    """The rows after the night of `on`: a raised one that is paid is met, one that is unpaid on its date breached."""
    return tuple(_decided(row, on) for row in rows)


def _decided(row: Row, on: date) -> Row:
    if row.state != OPEN:
        return row
    if not row.open.total:
        return row._replace(state=MET)
    return row._replace(state=BREACHED) if row.due_on <= on else row


def settled(told: Rows, stored: Mapping[int, Row], closed_through: date) -> Rows:
    """Rows as told, with the keys and in the states that they are to be stored in: a breach stays a breach."""
    rows = []
    for row in told:
        was = stored.get(row.number, row)
        state = BREACHED if was.state == BREACHED else _decided(row, closed_through).state
        rows.append(row._replace(id=was.id, state=state))
    return tuple(rows)


def ended(rows: Rows) -> Rows:
    """The rows of a financing that is repaid: what is still planned asks for no more interest, and is met."""
    return tuple(
        row if row.is_raised else row._replace(owed=row.owed._replace(interest=row.paid.interest), state=MET)
        for row in rows
    )


def expected(now: Standing, balance: "Balance", rate: Decimal, currency: str) -> Rows:
    """The rows as they will be if each is paid in full on its date, and what is past due at once."""
    rows = now.rows
    for place, row in enumerate(rows):
        if row.is_raised:
            continue
        now = run_to(now, balance, rate, currency, row.due_on)
        shown = now.rows[place]
        owing = due_now(now.rows, now.owed, row.due_on, balance)
        paid, _left, after = pay(now.rows, now.owed, owing, row.due_on, balance, currency)
        now = now._replace(owed=now.owed.minus(paid), rows=after)
        rows = (*rows[:place], row._replace(owed=shown.owed), *rows[place + 1 :])
    return rows


def _plan(balance: "Balance") -> Plan:
    if balance.terms.plan is None:
        raise ValueError(f"{balance.terms.product} is not repaid in instalments.")
    return balance.terms.plan
