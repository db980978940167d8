"""A financing's events told in the order of their value dates, on a fresh schedule: the engine behind `course`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO, quantum, round_money
from apps.financing.due_dates import Period, extended, moved, periods_between
from apps.financing.schedule import payable_on, periods_of, schedule
from apps.financing.schedule_terms import NEVER, Correction, Drawdown, Extension, Facts, Rate, Settled
from apps.repayment.course_events import (
    AS_SCHEDULED,
    AT_DRAWDOWN,
    AT_ONCE,
    CURRENT_PERIOD,
    INTEREST_TO_DATE,
    PAYMENTS,
    PRINCIPAL_AT_ONCE,
    CourseTerms,
    Event,
    Kind,
)
from apps.repayment.delinquency import Pause
from apps.repayment.lines import Asked, Line, ask, dues_on, line_for, lines_of, spread_over_charges
from apps.repayment.waterfall import Parts, allocate


class Entry(NamedTuple):
    """A transaction: its amount, what of it went to which component, and the principal owed after it."""

    id: str
    kind: Kind
    on: date
    amount: Decimal
    parts: Parts
    balance: Decimal
    reversed: bool = False


class Surplus(NamedTuple):
    """What is left of a payment."""

    id: str
    kind: Kind
    on: date
    amount: Decimal


class Retelling:
    """One telling of the events; made, run once, then read.

    `waived` gives the amount of each waiver by its event's id.
    """

    def __init__(self, terms: CourseTerms, events: Sequence[Event], waived: Mapping[str, Decimal]) -> None:
        undone = {event.of for event in events if event.kind == Kind.REVERSE}
        unknown = undone - {event.id for event in events}
        if unknown:
            raise ValueError(f"There is no event {', '.join(sorted(unknown))} to reverse.")
        self.terms = terms
        self.events = [event for event in events if event.id not in undone and event.kind != Kind.REVERSE]
        self.waived: dict[str, Decimal] = {}
        self.waivers = waived
        for event in self.of_kind(Kind.WAIVE):
            self.waived[event.of] = self.waived.get(event.of, ZERO) + waived[event.id]
        self.draws = self.of_kind(Kind.DRAW)
        self.drawn_rows = tuple(sorted(Drawdown(draw.on, draw.amount) for draw in self.draws)) or (self._expected(),)
        self.pauses = [Pause(event.on, event.to or event.on) for event in self.of_kind(Kind.PAUSE)]
        self.facts = self._facts()
        self.periods = self._periods()
        self.lines: list[Line] = []
        self.asked: list[Asked] = []
        self.told: dict[str, Entry] = {}
        self.left: list[Surplus] = []
        self.written_off_on: date | None = None
        self.seen_late: dict[int, date] = {}
        self.ended_on: date | None = None  # the day an early payment of everything ended the schedule
        self.maturity = self.periods[-1].due

    def of_kind(self, *kinds: Kind) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def run(self) -> "Retelling":
        """Tells everything; where payments change the interest, a first telling finds the schedule they lead to."""
        if self.terms.early_payment != AS_SCHEDULED or self.terms.late_interest != NEVER:
            first = Retelling(self.terms, self.events, self.waivers)
            first._tell_all()
            self.facts, self.ended_on = first.facts, first.ended_on
            self.terms = replace(self.terms, early_payment=AS_SCHEDULED, late_interest=NEVER)
        self._tell_all()
        return self

    def _tell_all(self) -> None:
        self.lines = lines_of(schedule(self.terms.plan, self.facts, self.periods))
        if self.ended_on:
            self.lines[-1].due = self.ended_on
        if self.terms.charges_join == AT_ONCE:
            for charge in self._dated_charges():
                self._ask(charge)
        for event in sorted(self.events, key=lambda event: event.on):
            self._tell(event)

    # Reading

    @property
    def entries(self) -> list[Entry]:
        return list(self.told.values())

    @property
    def surplus(self) -> Decimal:
        return sum((one.amount for one in self.left), ZERO)

    @property
    def settled(self) -> bool:
        """Whether it was drawn and nothing is owed."""
        return bool(self.draws) and not any(line.open.total for line in self.lines)

    def principal_out(self) -> Decimal:
        """Principal drawn and charged back, less what was paid of it, as far as the telling has come."""
        drawn = sum((entry.amount for entry in self.entries if entry.kind == Kind.DRAW), ZERO)
        added = sum((line.added for line in self.lines), ZERO)
        return drawn + added - sum((line.paid.principal for line in self.lines), ZERO)

    def charge_open(self, id_: str) -> Decimal:
        """What of a charge is still to be paid. Raises ValueError when there is no such charge."""
        mine = [one for one in self.asked if one.event.id == id_]
        if not mine:
            raise ValueError(f"There is no charge {id_} to waive.")
        return sum((one.open for one in mine), ZERO)

    def charge_component(self, id_: str) -> str:
        return next(one.component for one in self.asked if one.event.id == id_)

    def fee_at(self, draw: Drawdown) -> Decimal:
        """The fees taken from the payout of a day."""
        return sum(
            (
                entry.amount
                for entry in self.entries
                if entry.kind == Kind.FEE_AT_DRAWDOWN and entry.on == draw.drawn_on
            ),
            ZERO,
        )

    def drawdown_charges(self) -> list[tuple[Event, Decimal]]:
        """Charges taken at drawdown, with what was taken."""
        charges = [charge for charge in self.of_kind(Kind.CHARGE) if charge.timing == AT_DRAWDOWN]
        return [
            (charge, sum((entry.amount for entry in self.entries if entry.id.startswith(f"{charge.id}@")), ZERO))
            for charge in charges
        ]

    # The schedule

    def _expected(self) -> Drawdown:
        approvals = self.of_kind(Kind.APPROVE)
        amount = approvals[-1].amount if approvals else self.terms.principal
        return Drawdown((approvals[-1].to if approvals else None) or self.terms.start, amount)

    def _facts(self) -> Facts:
        rates = [Rate(event.on, event.share) for event in self.of_kind(Kind.CHANGE_RATE) if event.share is not None]
        longer = [Extension(event.on, event.count) for event in self.of_kind(Kind.EXTEND)]
        return Facts(self.drawn_rows, tuple(sorted(rates)), extensions=tuple(sorted(longer)))

    def _periods(self) -> tuple[Period, ...]:
        plan, start = self.terms.plan, self.drawn_rows[0].drawn_on
        dues = [period.due for period in periods_of(plan, start)]
        for event in self.of_kind(Kind.RESCHEDULE, Kind.EXTEND):
            if event.kind == Kind.EXTEND:
                dues = extended(dues, event.count, plan.every, plan.unit)
            elif event.to:
                dues = moved(dues, event.on, event.to, plan.every, plan.unit)
        return periods_between(start, dues)

    def _replan(self, **facts: object) -> None:
        """The schedule anew after `facts` came to it; the second telling puts what was paid on it."""
        self.facts = self.facts._replace(**facts)  # type: ignore[arg-type]
        rows = schedule(self.terms.plan, self.facts, self.periods)
        for line, row in zip(self.lines, rows, strict=False):
            line.principal, line.interest, line.balance = row.principal, row.interest, row.balance
        beyond = [line for line in self.lines if line.beyond]
        self.lines = [line for line in self.lines if not line.beyond]
        self.lines = self.lines[: len(rows)] + lines_of(rows[len(self.lines) :]) + beyond

    # The telling

    def _dated_charges(self) -> list[Event]:
        return [charge for charge in self.of_kind(Kind.CHARGE) if charge.timing != AT_DRAWDOWN]

    def _tell(self, event: Event) -> None:
        if event.kind in PAYMENTS:
            self._pay(event)
            return
        tell = {
            Kind.DRAW: self._draw,
            Kind.CHARGE: self._charge,
            Kind.CHARGEBACK: self._charge_back,
            Kind.TAKE_BACK: self._take_back,
            Kind.REFUND_SURPLUS: self._refund_surplus,
            Kind.WAIVE: self._waive,
            Kind.SETTLE: self._settle,
            Kind.WRITE_OFF: self._write_off,
            Kind.CLOSE_DAY: self._close_day,
        }.get(event.kind)
        if tell:
            tell(event)

    def _note(self, event: Event, parts: Parts, balance: Decimal | None = None) -> None:
        out = self.principal_out() if balance is None else balance
        self.told[event.id] = Entry(event.id, event.kind, event.on, event.amount, parts, out)

    def _draw(self, event: Event) -> None:
        self._note(event, Parts(), ZERO)
        out = self.principal_out()
        self.told[event.id] = self.told[event.id]._replace(balance=out)
        for charge in self.of_kind(Kind.CHARGE):
            if charge.timing == AT_DRAWDOWN and charge.recorded <= event.recorded:
                amount = charge.amount
                if charge.share is not None:
                    amount = round_money(event.amount * charge.share, self.terms.plan.currency)
                name = f"{charge.id}@{event.id}"
                self.told[name] = Entry(name, Kind.FEE_AT_DRAWDOWN, event.on, amount, Parts(fee=amount), out)

    def _charge(self, event: Event) -> None:
        if self.terms.charges_join != AT_ONCE and event.timing != AT_DRAWDOWN:
            self._ask(event)
            self._use_surplus()

    def _ask(self, charge: Event) -> None:
        drawn = sum((draw.amount for draw in self.drawn_rows), ZERO)
        waived = self.waived.get(charge.id, ZERO)
        self.asked += ask(charge, self.lines, drawn, self.terms.plan.currency, waived)

    def _pay(self, event: Event) -> None:
        if self.terms.late_interest != NEVER:
            self._late_interest(event.on)
        parts, left = self._allocate(event.amount, event.on, event.kind)
        if left:
            self.left.append(Surplus(event.id, event.kind, event.on, left))
        self._note(event, parts)

    def _allocate(self, amount: Decimal, on: date, kind: Kind) -> tuple[Parts, Decimal]:
        if self.terms.early_payment == AS_SCHEDULED:
            return self._pour(amount, on, kind, self.lines)
        parts, left = self._pour(amount, on, kind, [line for line in self.lines if line.due <= on])
        ahead = self._ahead if self.terms.early_payment == INTEREST_TO_DATE else self._as_principal
        more, left = ahead(left, on, kind) if left else (Parts(), left)
        rest, left = self._pour(left, on, kind, self.lines)
        return parts.plus(more).plus(rest), left

    def _pour(self, amount: Decimal, on: date, kind: Kind, lines: Sequence[Line]) -> tuple[Parts, Decimal]:
        dues, behind = dues_on(lines, self.asked, on, self.terms.split_due_charges)
        paid, left = allocate(
            amount,
            dues,
            self.terms.waterfall,
            self.terms.mode,
            self.terms.advance_of(kind),
            quantum(self.terms.plan.currency),
        )
        whole = Parts()
        for line, parts in zip(behind, paid, strict=True):
            line.pay(parts, on)
            spread_over_charges(self.asked, line, parts)
            whole = whole.plus(parts)
        return whole, left

    def _as_principal(self, amount: Decimal, on: date, kind: Kind) -> tuple[Parts, Decimal]:
        """Money ahead of its day as principal: from today, or from the end of the period once that is paid."""
        line = next((line for line in self.lines if line.starts < on <= line.due and not line.beyond), None)
        if line is None:
            return Parts(), amount
        if line.due > on and self._closes(line, amount, on):
            return self._pour(amount, on, kind, [line])
        if line.due > on and self.terms.early_payment == PRINCIPAL_AT_ONCE:
            self._replan(prepaid=(*self.facts.prepaid, Drawdown(on, min(amount, self._principal_from(line)))))
            return self._pour(amount, on, kind, [line])
        parts, left = self._pour(amount, on, kind, [line])
        extra = min(left, self._principal_from(line))
        if extra:
            self._replan(extra=(*self.facts.extra, Drawdown(line.due, extra)))
        more, left = self._pour(left, on, kind, [line])
        return parts.plus(more), left

    def _principal_from(self, line: Line) -> Decimal:
        """Principal not yet paid of `line` and of those after it."""
        return sum((one.open.principal for one in self.lines if one.number >= line.number), ZERO)

    def _closes(self, line: Line, amount: Decimal, on: date) -> bool:
        """Whether `amount` pays all there is with interest to `on`; then the schedule ends that day."""
        before = self.facts
        self._replan(prepaid=(*before.prepaid, Drawdown(on, self._principal_from(line))))
        if line.open.total <= amount and self.lines[-1] is line:
            line.due = self.ended_on = on
            return True
        self._replan(prepaid=before.prepaid)
        return False

    def _ahead(self, amount: Decimal, on: date, kind: Kind) -> tuple[Parts, Decimal]:
        """Instalments paid before their day: each owes interest only to `on`, its principal bears none after."""
        whole = Parts()
        for line in [line for line in self.lines if line.due > on and not line.beyond]:
            if not amount:
                break
            principal, interest = payable_on(self.terms.plan, self.facts, self.periods, line.due, on)
            line.principal, line.interest = principal, interest
            parts, amount = self._pour(amount, on, kind, [line])
            settled = Settled(line.due, on, parts.principal, parts.interest)
            self._replan(settled=(*self.facts.settled, settled))
            whole = whole.plus(parts)
        return whole, amount

    def _late_interest(self, on: date) -> None:
        """Lets what is past due bear interest to `on`: in the period that holds `on`, or in every period since."""
        holding = next((period for period in self.periods if period.starts < on <= period.due), None)
        if self.terms.late_interest == CURRENT_PERIOD and holding is None:
            return
        for place in range(len(self.periods)):
            if place >= len(self.lines) or self.lines[place].due >= on:
                break
            line = self.lines[place]
            late = line.open.principal + (line.open.interest if self.terms.late_interest_on_interest else ZERO)
            first = max(line.due, self.seen_late.get(line.number, line.due))
            if self.terms.late_interest == CURRENT_PERIOD and holding:
                first = max(first, holding.starts)
            self.seen_late[line.number] = on
            if late and first < on:
                self._replan(corrections=(*self.facts.corrections, Correction(first, on, late)))

    def _close_day(self, event: Event) -> None:
        if event.recalculate and self.terms.late_interest != NEVER:
            self._late_interest(event.on)

    def _use_surplus(self) -> None:
        """What earlier payments had left over pays what has come since, as of their own dates."""
        held, self.left = self.left, []
        for one in held:
            parts, left = self._pour(one.amount, one.on, one.kind, self.lines)
            entry = self.told[one.id]
            self.told[one.id] = entry._replace(parts=entry.parts.plus(parts))
            if left:
                self.left.append(one._replace(amount=left))

    def _drop_surplus(self, amount: Decimal) -> Decimal:
        """Takes up to `amount` out of what payments left over, oldest first; how much it took."""
        taken, kept = ZERO, []
        for one in self.left:
            part = min(one.amount, amount - taken)
            taken += part
            if one.amount > part:
                kept.append(one._replace(amount=one.amount - part))
        self.left = kept
        return taken

    def _charge_back(self, event: Event) -> None:
        """A payment taken back by its payer: owed again as principal, unless a surplus covers all of it."""
        covered = self._drop_surplus(event.amount)
        if covered == event.amount:
            self._note(event, Parts())
            return
        line = line_for(self.lines, event.on)
        line.added += event.amount
        line.met_on = None
        if covered:
            line.pay(Parts(principal=min(covered, line.open.principal)), event.on)
        self._note(event, Parts(principal=event.amount - covered))

    def _take_back(self, event: Event) -> None:
        """Money given back out of what was paid: the latest instalment first, principal before all else."""
        left, whole = event.amount, Parts()
        for line in reversed(self.lines):
            for component in ("principal", "interest", "fee", "penalty"):
                part = min(left, getattr(line.paid, component))
                if part:
                    line.paid = line.paid.minus(Parts(**{component: part}))
                    line.met_on = None
                    whole = whole.plus(Parts(**{component: part}))
                    left -= part
        self._note(event, whole)

    def _refund_surplus(self, event: Event) -> None:
        self._drop_surplus(event.amount)
        self._note(event, Parts())

    def _waive(self, event: Event) -> None:
        """Its amount came off the charge from the start; here it is only noted."""
        self._note(event, Parts())
        self.told[event.id] = self.told[event.id]._replace(amount=self.waivers[event.id])

    def _settle(self, event: Event) -> None:
        """A payment both sides agree to call the whole: the rest is forgiven."""
        self._pay(event)
        for line in self.lines:
            line.waived = line.waived.plus(line.open)

    def _write_off(self, event: Event) -> None:
        """All that is owed leaves the books; it stays owed, and what still comes in is a recovery."""
        owed = Parts()
        for line in self.lines:
            owed = owed.plus(line.open)
        self.written_off_on = event.on
        self.told[event.id] = Entry(event.id, event.kind, event.on, owed.total, owed, ZERO)
