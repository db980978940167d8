"""All passes, one after the other: what one accepts the next does not see."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from apps.reconciliation.passes.covering import by_covering
from apps.reconciliation.passes.items import Item, Match, Rule
from apps.reconciliation.passes.pairs import by_amount, by_reference
from apps.reconciliation.passes.similar import by_words


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the passes made of lines and expected movements. What is suggested is still among the left ones."""

    accepted: tuple[Match, ...]
    suggested: tuple[Match, ...]
    lines_left: tuple[Item, ...]
    expected_left: tuple[Item, ...]


def match(
    *, lines: Iterable[Item], expected: Iterable[Item], rules: Sequence[Rule], spoken_for: Collection[str] = ()
) -> Outcome:
    """Run `rules` in their order over what banks booked and what we expected.

    A line whose reference is one of ours, expected now or (`spoken_for`) before, is only ever matched by that
    reference: its amount alone must not hand it to another movement. Raises ValueError for an amount of zero or a key
    that stands twice on one side.
    """
    lines_left, expected_left = _by_key(lines), _by_key(expected)
    ours = {one.reference for one in expected_left.values() if one.reference} | set(spoken_for) - {""}
    accepted: list[Match] = []
    suggested: list[Match] = []
    for rule in rules:
        sure, unsure = _pass(rule, lines_left, expected_left, ours)
        suggested.extend(unsure)
        if not rule.accepts:
            suggested.extend(sure)
            continue
        accepted.extend(sure)
        for one in sure:
            for key in one.lines:
                del lines_left[key]
            for key in one.expected:
                del expected_left[key]
    still_open = [
        one
        for one in suggested
        if all(key in lines_left for key in one.lines) and all(key in expected_left for key in one.expected)
    ]
    return Outcome(tuple(accepted), tuple(still_open), tuple(lines_left.values()), tuple(expected_left.values()))


def _by_key(items: Iterable[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in sorted(items, key=lambda one: (one.on, one.key)):
        if not item.amount:
            raise ValueError(f"{item.key} has no amount.")
        if item.key in found:
            raise ValueError(f"{item.key} stands here twice.")
        found[item.key] = item
    return found


def _pass(
    rule: Rule, lines_left: dict[str, Item], expected_left: dict[str, Item], ours: set[str]
) -> tuple[list[Match], list[Match]]:
    lines = [one for one in lines_left.values() if rule.covers(one)]
    expected = [one for one in expected_left.values() if rule.covers(one)]
    if rule.kind == "reference":
        return by_reference(rule, lines, expected)
    claimed = {one.reference for one in lines if one.reference in ours}
    free_lines = [one for one in lines if one.reference not in ours]
    free_expected = [one for one in expected if one.reference not in claimed]
    if rule.kind == "similar":
        return [], by_words(rule, free_lines, free_expected)
    if rule.kind == "covering":
        return by_covering(rule, free_lines, free_expected)
    return by_amount(rule, free_lines, free_expected)
