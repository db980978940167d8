"""One line with one expected movement: by reference, or by amount and date."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain

from apps.reconciliation.passes.items import Item, Match, Rule, pair

# Two candidates are one too many to accept any. A third is not looked for.
ENOUGH = 2
# So many neighbours in amount are looked at. Whoever has more stands in a crowd where amounts prove nothing.
CROWD = 500


def by_reference(rule: Rule, lines: Iterable[Item], expected: Iterable[Item]) -> tuple[list[Match], list[Match]]:
    """What carries one reference and one amount, accepted; what carries it with other amounts, suggested.

    A reference that stands on two lines, or on two expected movements, names neither: those are suggested only.
    """
    named: defaultdict[tuple[object, ...], list[Item]] = defaultdict(list)
    for one in expected:
        if one.reference:
            named[*one.place, one.reference].append(one)
    carried: defaultdict[tuple[object, ...], list[Item]] = defaultdict(list)
    for line in lines:
        if (*line.place, line.reference) in named:
            carried[*line.place, line.reference].append(line)
    accepted: list[Match] = []
    suggested: list[Match] = []
    for key, those in carried.items():
        for line in those:
            alike = max(len(those), len(named[key]))
            found = pair(rule, line, named[key][0], alike)
            (suggested if found.difference or alike > 1 else accepted).append(found)
    return accepted, suggested


def by_amount(rule: Rule, lines: Sequence[Item], expected: Sequence[Item]) -> tuple[list[Match], list[Match]]:
    """Each line and expected movement that are each other's only candidate; the others' candidates are suggested."""
    asked, booked = _Neighbours(expected), _Neighbours(lines)
    accepted: list[Match] = []
    suggested: list[Match] = []
    for line in lines:
        candidate, candidates = asked.near(line, lambda one, line=line: rule.fits(line, one), rule)  # type: ignore[misc]
        if candidate is None:
            continue
        _line, rivals = booked.near(candidate, lambda one, asked=candidate: rule.fits(one, asked), rule)  # type: ignore[misc]
        alike = max(candidates, rivals)
        (accepted if alike == 1 else suggested).append(pair(rule, line, candidate, alike))
    return accepted, suggested


Entry = tuple[Decimal, int, str, Item]


class _Neighbours:
    """Items in the order of their amounts, everywhere and by party, so that the close ones are found without a walk."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._entries: defaultdict[tuple[object, ...], list[Entry]] = defaultdict(list)
        for item in items:
            entry = (abs(item.amount), item.on.toordinal(), item.key, item)
            self._entries[item.place].append(entry)
            self._entries[*item.place, item.party].append(entry)
        for entries in self._entries.values():
            entries.sort(key=lambda entry: entry[:3])

    def near(self, probe: Item, fits: Callable[[Item], bool], rule: Rule) -> tuple[Item | None, int]:
        """The first item that fits, and how many do: ENOUGH also stands for more, and for a crowd too large to tell.

        Who knows its party looks among that party's and among those of no known party.
        """
        places = [(*probe.place, probe.party), (*probe.place, "")] if probe.party else [probe.place]
        found: list[Item] = []
        for looked_at, item in enumerate(chain.from_iterable(self._around(place, probe, rule) for place in places)):
            if fits(item):
                found.append(item)
            if len(found) == ENOUGH or looked_at == CROWD:
                return (found[0] if found else None), ENOUGH
        return (found[0] if found else None), len(found)

    def _around(self, place: tuple[object, ...], probe: Item, rule: Rule) -> Iterator[Item]:
        """Items whose amount may be within the rule's share; where amounts must be exact, those of its days only."""
        entries = self._entries.get(place, [])
        amount, day = abs(probe.amount), probe.on.toordinal()
        if rule.share:
            low, high = (amount / (1 + rule.share), 0), (amount / (1 - rule.share), date.max.toordinal())
        else:
            low, high = (amount, day - rule.days), (amount, day + rule.days)
        position = bisect_left(entries, low, key=_amount_and_day)
        while position < len(entries) and _amount_and_day(entries[position]) <= high:
            yield entries[position][3]
            position += 1


def _amount_and_day(entry: Entry) -> tuple[Decimal, int]:
    return entry[:2]
