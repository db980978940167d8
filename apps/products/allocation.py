"""Which pool funds which demand: all that can be funded, at least cost, within every limit. Pure.

Amounts are whole numbers of the currency's minor unit. A linear program (solved by HiGHS) says how much of each demand
goes to each pool; it is asked twice, keeping what was won before: as much as possible, then the least cost a year. Its
answer is in floating point and only guides: it is cut down to whole units that are inside every limit by exact
arithmetic, and what the cutting left over is placed again, cheapest pool first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import highspy
import numpy as np

from apps.products.limits import EACH, Traits

# One thread and one seed, so that the same question has the same answer.
SOLVER_OPTIONS: tuple[tuple[str, bool | int | str], ...] = (
    ("output_flag", False), ("threads", 1), ("random_seed", 0), ("solver", "simplex"),
)  # fmt: skip
AVAILABLE = "available"  # the kind of a ceiling that is all the pool has left


class Demand(NamedTuple):
    """An amount that wants funding, named by `key`, and the pools that may fund it."""

    key: int
    amount: int
    traits: Traits
    pools: tuple[int, ...]


class Ceiling(NamedTuple):
    """What is left under one limit of a pool, or of all that it has: `room` of `most`, for the `kind` named `value`."""

    kind: str
    value: str
    room: int
    most: int


class Source(NamedTuple):
    """A pool: its key, what its money costs a year as a share, and every ceiling above what it may yet lend."""

    key: int
    cost: Decimal
    ceilings: tuple[Ceiling, ...]


class Hold(NamedTuple):
    """A ceiling that keeps money from a pool: by how much it would have to be higher for all that is missing."""

    pool: int
    ceiling: Ceiling
    by: int


class Line(NamedTuple):
    """What became of one demand: how much of it each pool gives, cheapest first; what is missing, what holds that up
    pool by pool, and which cheaper pools than those used were held up."""

    demand: Demand
    given: tuple[tuple[int, int], ...]
    missing: int
    held: tuple[Hold, ...]
    passed_over: tuple[Hold, ...]


Pair = tuple[int, int]  # the places of a demand and of a source


def allocate(demands: Sequence[Demand], sources: Sequence[Source]) -> list[Line]:
    """A line for each demand, in their order. The same input gives the same answer.

    Of all ways to fund as much as can be funded the cheapest, to within one minor unit for
    each pair of demand and pool. No ceiling is exceeded by any unit. A pool without room gives nothing.
    """
    pairs = [
        (place, at)
        for place, demand in enumerate(demands)
        for at, source in enumerate(sources)
        if source.key in demand.pools and demand.amount > 0
    ]
    placed = _placed(pairs, demands, sources) if pairs else {}
    rooms = _Rooms(demands, sources)
    for pair, amount in placed.items():
        rooms.take(pair, amount)
    return [_line(place, demand, sources, rooms) for place, demand in enumerate(demands)]


class _Rooms:
    """What is left of every demand and under every ceiling, counted exactly."""

    def __init__(self, demands: Sequence[Demand], sources: Sequence[Source]) -> None:
        self.demands, self.sources = demands, sources
        self.left = [demand.amount for demand in demands]
        self.rooms = [[max(one.room, 0) for one in source.ceilings] for source in sources]
        self.given: defaultdict[Pair, int] = defaultdict(int)
        self.named: list[defaultdict[tuple[str, str], list[int]]] = [defaultdict(list) for _one in sources]
        for named, source in zip(self.named, sources, strict=True):
            for at, one in enumerate(source.ceilings):
                named[one.kind, one.value].append(at)

    def concerned(self, pair: Pair) -> list[int]:
        """The places of the ceilings of the pair's source that the pair's demand counts towards, ascending."""
        named = self.named[pair[1]]
        names = [(AVAILABLE, EACH), *((kind, name) for kind, name in self.demands[pair[0]].traits.items() if name)]
        return sorted(at for name in names for at in named.get(name, ()))

    def most(self, pair: Pair) -> int:
        """The most that this source could give this demand now."""
        return min([self.left[pair[0]], *(self.rooms[pair[1]][at] for at in self.concerned(pair))])

    def take(self, pair: Pair, amount: int) -> None:
        self.left[pair[0]] -= amount
        for at in self.concerned(pair):
            self.rooms[pair[1]][at] -= amount
        self.given[pair] += amount


def _placed(pairs: list[Pair], demands: Sequence[Demand], sources: Sequence[Source]) -> dict[Pair, int]:
    """The program's answer as whole units, none beyond a ceiling; what is left over goes to the cheapest pools."""
    rooms = _Rooms(demands, sources)
    for pair, amount in zip(pairs, _solved(pairs, demands, sources), strict=True):
        rooms.take(pair, min(max(int(amount + 0.5), 0), rooms.most(pair)))
    cheapest_first = sorted(pairs, key=lambda one: (sources[one[1]].cost, one))
    for pair in cheapest_first:
        rooms.take(pair, rooms.most(pair))
    return dict(rooms.given)


def _solved(pairs: list[Pair], demands: Sequence[Demand], sources: Sequence[Source]) -> list[float]:
    """How much each pair gets, by the linear program: one variable a pair, one row a demand and a ceiling."""
    rows = _rows(pairs, demands, sources)
    cost = np.array([float(sources[at].cost) for _place, at in pairs])
    found = np.zeros(len(pairs))
    for goal in (-np.ones(len(pairs)), cost):
        if not goal.any():
            continue
        found = _minimum(goal, rows)
        # What was reached stays reached, but for the solver's own tolerance.
        reached = float(goal @ found)
        rows = [*rows, (reached + 1e-7 * max(abs(reached), 1.0), np.arange(len(pairs)), goal)]
    return [float(one) for one in found]


Row = tuple[float, "np.ndarray", "np.ndarray"]  # the sum of values x variables is at most the bound


def _rows(pairs: list[Pair], demands: Sequence[Demand], sources: Sequence[Source]) -> list[Row]:
    """No demand gets more than it asks for, and no ceiling more than its room."""
    by_bound: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
    bounds: dict[tuple[int, int, int], int] = {}
    rooms = _Rooms(demands, sources)
    for variable, pair in enumerate(pairs):
        place, at = pair
        by_bound[0, place, 0].append(variable)
        bounds[0, place, 0] = demands[place].amount
        for ceiling in rooms.concerned(pair):
            by_bound[1, at, ceiling].append(variable)
            bounds[1, at, ceiling] = rooms.rooms[at][ceiling]
    return [(float(bounds[key]), np.array(of), np.ones(len(of))) for key, of in by_bound.items()]


def _minimum(goal: np.ndarray, rows: list[Row]) -> np.ndarray:
    """The variables, none below zero, at which `goal` is least within `rows`. There always are such: all zero."""
    solver = highspy.Highs()
    for option, value in SOLVER_OPTIONS:
        solver.setOptionValue(option, value)
    count = len(goal)
    solver.addVars(count, np.zeros(count), np.full(count, highspy.kHighsInf))
    solver.changeColsCost(count, np.arange(count, dtype=np.int32), goal)
    for bound, variables, values in rows:
        solver.addRow(-highspy.kHighsInf, bound, len(variables), variables.astype(np.int32), values)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"The solver stopped: {solver.modelStatusToString(solver.getModelStatus())}.")
    return np.array(solver.getSolution().col_value)


def _line(place: int, demand: Demand, sources: Sequence[Source], rooms: _Rooms) -> Line:
    given = {at: rooms.given[place, at] for at in range(len(sources)) if rooms.given.get((place, at))}
    allowed = [at for at, source in enumerate(sources) if source.key in demand.pools]
    missing = rooms.left[place]
    held = [hold for at in allowed for hold in _holds((place, at), missing, rooms)] if missing else []
    dearest = max((sources[at].cost for at in given), default=Decimal(0))
    cheaper = [at for at in allowed if sources[at].cost < dearest]
    beyond = {at: sum(amount for other, amount in given.items() if sources[other].cost > sources[at].cost)
              for at in cheaper}  # fmt: skip
    passed_over = [hold for at in cheaper for hold in _holds((place, at), missing + beyond[at], rooms)]
    in_order = sorted(given, key=lambda at: (sources[at].cost, at))
    return Line(
        demand, tuple((sources[at].key, given[at]) for at in in_order), missing, tuple(held), tuple(passed_over)
    )


def _holds(pair: Pair, wanted: int, rooms: _Rooms) -> list[Hold]:
    """The ceilings of the pair's source with less room than `wanted`."""
    source, left = rooms.sources[pair[1]], rooms.rooms[pair[1]]
    return [
        Hold(source.key, source.ceilings[at], wanted - left[at]) for at in rooms.concerned(pair) if left[at] < wanted
    ]


def cost_of(lines: Sequence[Line], costs: Mapping[int, Decimal]) -> Decimal:
    """What all that is placed costs a year, in minor units, unrounded."""
    return sum((costs[pool] * amount for line in lines for pool, amount in line.given), Decimal(0))
