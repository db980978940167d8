"""The allocator: a worked example line by line, and random small ones against every other way to fund them."""

import itertools
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.products.allocation import AVAILABLE, Ceiling, Demand, Hold, Line, Source, allocate, cost_of

D = Decimal
CHEAP, DEAR = 1, 2


def available(room: int) -> Ceiling:
    return Ceiling(AVAILABLE, "", room, 1000)


def given_by(lines: list[Line]) -> dict[int, dict[int, int]]:
    return {line.demand.key: dict(line.given) for line in lines}


def test_a_worked_example() -> None:
    """The cheap pool (5 %) has 1,000 and lends at most 300 for fruit; the dear one (8 %) has 500.

    demand             wants    cheap   dear
    1 fruit              400      100    300   filled first it would take 300 of the cheap money, which
    3 rice               300      300      -   may have no other
    2 meat               600      600      -
    together           1,300    1,000    300   costs 50 + 24 = 74 a year
    """
    fruit = Ceiling("category", "fruit", 300, 300)
    sources = [Source(CHEAP, D("0.05"), (available(1000), fruit)), Source(DEAR, D("0.08"), (available(500),))]
    demands = [
        Demand(1, 400, {"category": "fruit"}, (CHEAP, DEAR)),
        Demand(2, 600, {"category": "meat"}, (CHEAP,)),
        Demand(3, 300, {"category": "rice"}, (CHEAP,)),
    ]
    lines = allocate(demands, sources)
    assert given_by(lines) == {1: {CHEAP: 100, DEAR: 300}, 2: {CHEAP: 600}, 3: {CHEAP: 300}}
    assert [line.missing for line in lines] == [0, 0, 0]
    assert cost_of(lines, {CHEAP: D("0.05"), DEAR: D("0.08")}) == D("74.00")
    assert lines[0].passed_over == (Hold(CHEAP, available(1000), 300), Hold(CHEAP, fruit, 100))


def test_who_is_left_out_is_told_what_would_have_to_give() -> None:
    fruit = Ceiling("category", "fruit", 300, 300)
    sources = [Source(CHEAP, D("0.05"), (available(1000), fruit)), Source(DEAR, D("0.08"), (available(50),))]
    (line,) = allocate([Demand(1, 400, {"category": "fruit"}, (CHEAP, DEAR))], sources)
    assert line.given == ((CHEAP, 300), (DEAR, 50))
    assert line.missing == 50
    assert line.held == (Hold(CHEAP, fruit, 50), Hold(DEAR, available(50), 50))
    assert line.passed_over == (Hold(CHEAP, fruit, 100),)  # why any of it is dear


def test_nothing_to_fund_and_nobody_to_fund_it() -> None:
    assert allocate([], []) == []
    (line,) = allocate([Demand(1, 100, {}, ())], [Source(CHEAP, D("0.05"), (available(100),))])
    assert (line.given, line.missing, line.held) == ((), 100, ())
    (line,) = allocate([Demand(1, 100, {}, (CHEAP,))], [Source(CHEAP, D(0), (available(-5),))])  # overdrawn limit
    assert (line.given, line.missing) == ((), 100)


def test_large_amounts_stay_whole() -> None:
    third = 333_333_333_333
    sources = [Source(at, D("0.05") + at, (available(third),)) for at in (1, 2, 3)]
    (line,) = allocate([Demand(1, 3 * third + 1, {}, (1, 2, 3))], sources)
    assert (line.given, line.missing) == (((1, third), (2, third), (3, third)), 1)


amounts = st.integers(min_value=0, max_value=4)
cases = st.tuples(
    st.lists(st.tuples(amounts, st.sampled_from("ab"), st.sampled_from([(0,), (1,), (0, 1)])),
             min_size=1, max_size=3),
    st.lists(st.tuples(amounts, amounts, st.sampled_from([1, 2, 5])), min_size=2, max_size=2),
)  # fmt: skip
Case = tuple[list[tuple[int, str, tuple[int, ...]]], list[tuple[int, int, int]]]


def told(case: Case) -> tuple[list[Demand], list[Source]]:
    demands = [
        Demand(key, amount, {"category": category}, pools) for key, (amount, category, pools) in enumerate(case[0])
    ]
    sources = [
        Source(key, D(cost) / 100, (available(room), Ceiling("category", "a", limit, limit)))
        for key, (room, limit, cost) in enumerate(case[1])
    ]
    return demands, sources


def worth(sources: list[Source], way: dict[tuple[int, int], int]) -> tuple[int, Decimal]:
    """What is placed, and the cost (less is more)."""
    return sum(way.values()), -sum((sources[at].cost * amount for (_place, at), amount in way.items()), D(0))


def concerns(ceiling: Ceiling, demand: Demand) -> bool:
    return ceiling.kind == AVAILABLE or demand.traits.get(ceiling.kind) == ceiling.value


def holds(demands: list[Demand], sources: list[Source], way: dict[tuple[int, int], int]) -> bool:
    for place, demand in enumerate(demands):
        if sum(amount for (one, _at), amount in way.items() if one == place) > demand.amount:
            return False
    return all(
        sum(amount for (place, own), amount in way.items() if own == at and concerns(ceiling, demands[place]))
        <= ceiling.room
        for at, source in enumerate(sources)
        for ceiling in source.ceilings
    )


@settings(max_examples=150)
@given(cases)
def test_no_other_way_within_the_limits_is_better(case: Case) -> None:
    demands, sources = told(case)
    lines = allocate(demands, sources)
    way = {(place, pool): amount for place, line in enumerate(lines) for pool, amount in line.given}
    assert holds(demands, sources, way)
    assert all(pool in demands[place].pools for place, pool in way)
    for line in lines:
        assert line.missing + sum(amount for _pool, amount in line.given) == line.demand.amount
        assert bool(line.held) == bool(line.missing and line.demand.pools)
    pairs = [(place, at) for place, demand in enumerate(demands) for at in demand.pools]
    ways = itertools.product(*(range(demands[place].amount + 1) for place, _at in pairs))
    best = max(
        worth(sources, one)
        for one in (dict(zip(pairs, amounts, strict=True)) for amounts in ways)
        if holds(demands, sources, one)
    )
    assert worth(sources, way) >= best
    assert allocate(demands, sources) == lines  # the same again


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from("abc")), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 30)), min_size=1, max_size=4),
)
def test_it_is_never_worse_than_filling_one_after_the_other(
    wanted: list[tuple[int, str]], pools: list[tuple[int, int, int]]
) -> None:
    """Against the greedy way: each demand in turn, from the cheapest pool that has room."""
    keys = tuple(range(len(pools)))
    asked = [(amount, category, keys) for amount, category in wanted]
    demands, sources = told((asked, pools))
    lines = allocate(demands, sources)
    way = {(place, pool): amount for place, line in enumerate(lines) for pool, amount in line.given}
    greedy: dict[tuple[int, int], int] = {}
    for place in range(len(demands)):
        for at in sorted(keys, key=lambda one: sources[one].cost):
            left = demands[place].amount - sum(amount for (one, _at), amount in greedy.items() if one == place)
            rooms = [
                ceiling.room - sum(amount for (one, own), amount in greedy.items()
                                   if own == at and concerns(ceiling, demands[one]))
                for ceiling in sources[at].ceilings if concerns(ceiling, demands[place])
            ]  # fmt: skip
            greedy[place, at] = max(min([left, *rooms]), 0)
    assert holds(demands, sources, way)
    ours, theirs = worth(sources, way), worth(sources, greedy)
    units = len(demands) * len(sources)  # what cutting to whole units may cost at most, one for each pair
    assert ours[0] >= theirs[0] - units
    if ours[0] == theirs[0]:
        assert ours[1] >= theirs[1] - units
