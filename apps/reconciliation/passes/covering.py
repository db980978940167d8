"""One against several: the set of items that covers an amount to the last minor unit, where there is exactly one."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.reconciliation.passes.items import Item, Match, Rule

# A search over more items than this finds sums by chance, and one over more steps than this ends undecided.
LARGEST_POOL = 40
MOST_STEPS = 20_000
ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Cover:
    """Sets of places in a pool whose amounts add up: none, one, or two for many. `undecided`: not all were tried."""

    sets: tuple[tuple[int, ...], ...]
    undecided: bool = False


def covers_of(target: Decimal, amounts: Sequence[Decimal], most_items: int) -> Cover:
    """The sets of 2 to `most_items` places in `amounts` (positive) that add up to `target` exactly; two at most.

    Bounded: after MOST_STEPS the search stops undecided. Depth first over amounts in falling order; a branch ends when
    what is left over cannot be reached any more, or is passed.
    """
    order = sorted(range(len(amounts)), key=lambda place: (-amounts[place], place))
    falling = [amounts[place] for place in order]
    left = [sum(falling[start:], Decimal(0)) for start in range(len(falling) + 1)]
    found: list[tuple[int, ...]] = []
    stack: list[tuple[int, Decimal, tuple[int, ...]]] = [(0, target, ())]
    steps = 0
    while stack and len(found) < ENOUGH:
        steps += 1
        if steps > MOST_STEPS:
            return Cover(tuple(found), undecided=True)
        start, open_amount, taken = stack.pop()
        if not open_amount:
            if len(taken) > 1:
                found.append(tuple(sorted(order[place] for place in taken)))
            continue
        if start == len(falling) or len(taken) == most_items or left[start] < open_amount:
            continue
        stack.append((start + 1, open_amount, taken))
        if falling[start] <= open_amount:
            stack.append((start + 1, open_amount - falling[start], (*taken, start)))
    return Cover(tuple(found))


def by_covering(rule: Rule, lines: Sequence[Item], expected: Sequence[Item]) -> tuple[list[Match], list[Match]]:
    """One line for several expected movements, and several lines for one.

    Accepted is a set that is the only one for its target and that no other target wants any part of; sets that compete
    are suggested. An amount whose party is known is covered by that party's items, or by the others where that is not
    known; a pool of more than LARGEST_POOL items is left alone.
    """
    wanted = [
        Match(rule.name, rule.kind, (one.key,), keys, alike=alike) for one, keys, alike in _sets(rule, lines, expected)
    ]
    wanted += [
        Match(rule.name, rule.kind, keys, (one.key,), alike=alike) for one, keys, alike in _sets(rule, expected, lines)
    ]
    claims: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in wanted:
        for claim in _claims(one):
            claims[claim] += 1
    accepted: list[Match] = []
    suggested: list[Match] = []
    for one in wanted:
        alone = one.alike == 1 and all(claims[claim] == 1 for claim in _claims(one))
        (accepted if alone else suggested).append(one)
    return accepted, suggested


def _claims(one: Match) -> list[tuple[str, str]]:
    return [*(("line", key) for key in one.lines), *(("expected", key) for key in one.expected)]


def _sets(rule: Rule, targets: Iterable[Item], items: Iterable[Item]) -> Iterable[tuple[Item, tuple[str, ...], int]]:
    """For each target the covering set of the items' keys, and how many sets are as good (2 also when undecided)."""
    pools: defaultdict[tuple[object, ...], list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda one: (one.on, one.key)):
        pools[*item.place, item.party].append(item)
    days = {key: [item.on.toordinal() for item in pool] for key, pool in pools.items()}
    for target in targets:
        pool = _pool(rule, target, pools, days)
        if not 2 <= len(pool) <= LARGEST_POOL:
            continue
        cover = covers_of(abs(target.amount), [abs(one.amount) for one in pool], rule.most_items)
        if cover.sets:
            alike = ENOUGH if cover.undecided else len(cover.sets)
            yield target, tuple(sorted(pool[place].key for place in cover.sets[0])), alike


def _pool(
    rule: Rule,
    target: Item,
    pools: dict[tuple[object, ...], list[Item]],
    days: dict[tuple[object, ...], list[int]],
) -> list[Item]:
    """Items of the target's own party within the window and smaller than it; of no party where it has none."""
    key = (*target.place, target.party)
    pool, ordinals = pools.get(key, []), days.get(key, [])
    middle = target.on.toordinal()
    first, last = bisect_left(ordinals, middle - rule.days), bisect_right(ordinals, middle + rule.days)
    if last - first > LARGEST_POOL * 10:
        return []
    return [one for one in pool[first:last] if abs(one.amount) < abs(target.amount)]
