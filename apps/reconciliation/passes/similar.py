"""Words in common: never a proof, at most a hint for a person."""

import re
from collections import defaultdict
from collections.abc import Iterable

from apps.reconciliation.passes.items import Item, Match, Rule, pair

WORD = re.compile(r"\w{3,}")
# A word that so many movements carry tells none from another.
TOO_COMMON = 50
ENOUGH_IN_COMMON = 1 / 3


def words_of(item: Item) -> frozenset[str]:
    """The words of three letters or more in an item's reference, party and text, in small letters."""
    return frozenset(WORD.findall(f"{item.reference} {item.party} {item.text}".casefold()))


def by_words(rule: Rule, lines: Iterable[Item], expected: Iterable[Item]) -> list[Match]:
    """For each line the expected movement within the rule's share and days that shares most of its words."""
    said: defaultdict[str, list[Item]] = defaultdict(list)
    words = {}
    for one in expected:
        words[one.key] = words_of(one)
        for word in words[one.key]:
            said[word].append(one)
    found = []
    for line in lines:
        mine = words_of(line)
        near = {
            one.key: one
            for word in mine
            if len(said.get(word, ())) <= TOO_COMMON
            for one in said.get(word, ())
            if one.place == line.place and rule.fits(line, one)
        }
        ranked = sorted(
            (-len(mine & words[key]) / len(mine | words[key]), key)
            for key in near
            if len(mine & words[key]) >= ENOUGH_IN_COMMON * len(mine | words[key])
        )
        if ranked:
            best = [key for score, key in ranked if score == ranked[0][0]]
            found.append(pair(rule, line, near[best[0]], len(best)))
    return found
