"""A seller's sales history day after day, in one pass over the orders: what `sales_history` answers for one day, for
every day of a past. Pure; a test holds the two against each other. Days are ordinals of dates local to the platform."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO
from apps.orders.history import WINDOW, WINDOWS, SalesHistory

LENGTH = WINDOW.days
YEAR = WINDOWS * LENGTH
ORDERS, RETURNED, CANCELLED, DELIVERED, LATE, ACTIVE = range(WINDOWS, WINDOWS + 6)


@dataclass(frozen=True, slots=True)
class OrderCourse:
    """What happened to an order, and on which day; None is never.

    ended_on   cancelled, or the first money given back
    cuts       what was taken off the net sale, and from which day on; amounts in the order's currency, positive
    left_first whether the goods had left before it ended
    """

    placed_on: int
    paid_on: int | None
    paid: Decimal
    arrived_on: int | None = None
    is_late: bool = False
    ended_on: int | None = None
    left_first: bool = False
    cuts: tuple[tuple[int, Decimal], ...] = ()


class RunningHistory:
    """The history of one seller, moved from day to day by `through`; days may only go up."""

    def __init__(self, orders: Iterable[OrderCourse]) -> None:
        self._changes: defaultdict[int, list[tuple[int, Decimal | int]]] = defaultdict(list)
        self._figures: list[Decimal] = [ZERO] * WINDOWS
        self._counts = [0] * 6
        self._first = 0
        paid_days: dict[int, int] = {}
        for one in orders:
            self._first = min(self._first or one.placed_on, one.placed_on)
            self._count(one)
            if one.paid_on is not None:
                known = max(one.placed_on, one.paid_on)
                paid_days[one.paid_on] = min(known, paid_days.get(one.paid_on, known))
                self._sale(one.paid_on, known, one.paid)
                for day, amount in one.cuts:
                    self._sale(one.paid_on, max(day, known), -amount)
        for day, known in paid_days.items():
            self._stay(ACTIVE, known, day + YEAR)
        self._ahead = sorted(self._changes, reverse=True)

    def through(self, day: int) -> bool:
        """Take in all that happened through `day` (inclusive); whether anything changed."""
        changed = False
        while self._ahead and self._ahead[-1] <= day:
            changed = True
            for place, change in self._changes.pop(self._ahead.pop()):
                if place < WINDOWS:
                    self._figures[place] += change
                else:
                    self._counts[place - WINDOWS] += int(change)
        return changed

    def history(self, day: int) -> SalesHistory | None:
        """As it stood at the end of `day`, through which it was taken; None before the first order."""
        if not self._first or self._first > day:
            return None
        orders, returned, cancelled, delivered, late, active = self._counts
        return SalesHistory(
            tuple(self._figures), orders, returned, cancelled, delivered, late, date.fromordinal(self._first), active
        )

    @property
    def active_months(self) -> int:
        """Windows with net sales, as they stand."""
        return len([month for month in self._figures if month > ZERO])

    def _count(self, one: OrderCourse) -> None:
        gone = one.placed_on + YEAR
        self._stay(ORDERS, one.placed_on, gone)
        if one.ended_on is not None:
            self._stay(RETURNED if one.left_first else CANCELLED, max(one.placed_on, one.ended_on), gone)
        if one.arrived_on is not None:
            self._stay(DELIVERED, max(one.placed_on, one.arrived_on), gone)
            if one.is_late:
                self._stay(LATE, max(one.placed_on, one.arrived_on), gone)

    def _stay(self, place: int, since: int, gone: int) -> None:
        if since < gone:
            self._changes[since].append((place, 1))
            self._changes[gone].append((place, -1))

    def _sale(self, paid_on: int, known: int, amount: Decimal) -> None:
        """`amount` of a sale paid on `paid_on`, from `known` on: each LENGTH days it moves a window back."""
        changes = self._changes
        age = (known - paid_on) // LENGTH
        if age >= WINDOWS:
            return
        changes[known].append((WINDOWS - 1 - age, amount))
        for back in range(age + 1, WINDOWS):
            day = paid_on + back * LENGTH
            changes[day].append((WINDOWS - back, -amount))
            changes[day].append((WINDOWS - 1 - back, amount))
        changes[paid_on + YEAR].append((0, -amount))
