"""Limits of a pool: how much it may have out with what its financings have in common. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

PRODUCT, GRADE, CATEGORY, REGION, SELLER = "product", "grade", "category", "region", "seller"
KINDS = (PRODUCT, GRADE, CATEGORY, REGION, SELLER)
EACH = ""  # the value of a limit that holds for every product, grade, category, region or seller alike

Traits = Mapping[str, str]
"""What a financing is, by kind of limit: its product's code, its grade, its seller's category, region and own key."""


class Limit(NamedTuple):
    """At most `most`, in the pool's currency, may be out with the `kind` whose name is `value`; see EACH."""

    kind: str
    value: str
    most: Decimal

    def concerns(self, traits: Traits) -> bool:
        """Whether a financing with `traits` counts towards it. What has no name counts towards no limit of EACH."""
        own = traits.get(self.kind, "")
        return bool(own) and self.value in {EACH, own}


class Overstep(NamedTuple):
    """A limit that more money would go beyond: what is `out` there now, and `by` how much it would be exceeded."""

    limit: Limit
    value: str
    out: Decimal
    by: Decimal


def oversteps(
    limits: Iterable[Limit], traits: Traits, out: Mapping[tuple[str, str], Decimal], amount: Decimal
) -> list[Overstep]:
    """The limits that `amount` more, for a financing with `traits`, would go beyond, in the order of `limits`.

    `out` holds what is lent and promised by kind and name; one that is missing has nothing out. One currency.
    """
    found = []
    for limit in limits:
        if not limit.concerns(traits):
            continue
        value = traits[limit.kind]
        now = out.get((limit.kind, value), Decimal(0))
        if now + amount > limit.most:
            found.append(Overstep(limit, value, now, now + amount - limit.most))
    return found
