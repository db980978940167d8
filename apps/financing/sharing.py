"""How pools share one financing: who puts in what, gets back what, and bears what loss. Pure; exact to the minor unit.

Whatever is shared out adds up to the whole. What comes back is shared by what each still has out, so that nobody gets
more than that and the last payment settles everyone; income by what each put in, over the whole life, so that no
rounding adds up. First-loss parts bear losses before all others, and are made good after them.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from apps.core.money import ZERO, quantum, round_money, split


class Part(NamedTuple):
    """What one pool puts into a financing, in its currency."""

    pool: int
    amount: Decimal
    is_first_loss: bool = False


Weights = Sequence[tuple[int, Decimal]]
"""Pools by key, each with its weight in what they pay together."""


class FixedShare(NamedTuple):
    """A pool that takes `share` (above 0, below 1) of each financing."""

    pool: int
    share: Decimal
    is_first_loss: bool = False


class Holding(NamedTuple):
    """One pool's part as it stands: put in, out now, written off, income and recoveries so far; one currency."""

    amount: Decimal
    principal: Decimal
    lost: Decimal = ZERO
    income: Decimal = ZERO
    recovered: Decimal = ZERO
    is_first_loss: bool = False

    @property
    def repaid(self) -> Decimal:
        return self.amount - self.principal - self.lost


def fixed_of(amount: Decimal, fixed: Sequence[FixedShare], currency: str) -> list[Part]:
    """What the fixed shares take of `amount`, each rounded down to the minor unit; parts of nothing are left out."""
    taken = [Part(one.pool, round_money(amount * one.share, currency, ROUND_DOWN), one.is_first_loss) for one in fixed]
    return [one for one in taken if one.amount]


def most_within(
    rooms: Mapping[int, Decimal], fixed: Sequence[FixedShare], way: Weights, planned: Decimal | None, currency: str
) -> Decimal:
    """The most, to the minor unit, of which the parts (`fixed_of`, and `rest_of` spread as `way` says) fit into
    `rooms` by pool, and whose rest beside the fixed shares is at most `planned`, if any.

    Rounding may put units into the rest, and into one pool rather than another. Where they do not fit, the answer lies
    below the largest amount by as much as makes room for one unit of each; it never lies above it.
    """
    rest_share = 1 - sum((one.share for one in fixed), ZERO)
    weight = sum((one for _pool, one in way), ZERO)

    def most(spare: Decimal) -> Decimal:
        """The most that leaves `spare` in each room but for the fixed shares, which are rounded down."""
        bounds = [rooms[one.pool] / one.share for one in fixed if one.pool in rooms]
        bounds += [(rooms[pool] - spare) * weight / own / rest_share for pool, own in way]
        bounds += [] if planned is None else [(planned - spare) / rest_share]
        return max(round_money(min(bounds), currency, ROUND_DOWN), ZERO)

    exact = most(ZERO)
    parts = fixed_of(exact, fixed, currency)
    rest = exact - sum((one.amount for one in parts), ZERO)
    parts += rest_of(rest, way, currency) if way else []
    fits = all(one.amount <= rooms.get(one.pool, one.amount) for one in parts)
    if fits and (planned is None or rest <= planned):
        return exact
    return most((len(fixed) + 1) * quantum(currency))


def rest_of(left: Decimal, weights: Weights, currency: str) -> list[Part]:
    """What is `left` (payable) by pool, in proportion to the weights (largest remainder); parts of nothing are left
    out. Raises ValueError when no weight is positive."""
    amounts = split(left, [weight for _pool, weight in weights], currency)
    return [Part(pool, amount) for (pool, _weight), amount in zip(weights, amounts, strict=True) if amount]


def repaid(holdings: Sequence[Holding], amount: Decimal, currency: str) -> list[Decimal]:
    """`amount` of principal coming back, for each, at most what each has out; negative: taken back again, at most what
    each had got. Raises ValueError for more than that in sum."""
    if amount < 0:
        return [-one for one in _within(-amount, [one.repaid for one in holdings], currency)]
    return _within(amount, [one.principal for one in holdings], currency)


def earned(holdings: Sequence[Holding], amount: Decimal, currency: str) -> list[Decimal]:
    """`amount` of fee, interest and penalty collected, for each; negative: taken back again.

    Over all of life each is due its share of what was put in; each payment goes to those who are short of it.
    """
    whole = sum((one.amount for one in holdings), ZERO)
    total = sum((one.income for one in holdings), ZERO) + amount
    due = [one.amount * total / whole - one.income for one in holdings]
    if amount < 0:
        return [-one for one in _shared(-amount, [max(-one, ZERO) for one in due], currency)]
    return _shared(amount, [max(one, ZERO) for one in due], currency)


def lost(holdings: Sequence[Holding], amount: Decimal, currency: str) -> list[Decimal]:
    """`amount` of principal written off, for each: first-loss parts until they are used up, then the others alike.
    Raises ValueError for more than is out."""
    return _in_turn(amount, holdings, [one.principal for one in holdings], currency, is_first_loss_first=True)


def recovered(holdings: Sequence[Holding], amount: Decimal, currency: str) -> list[Decimal]:
    """`amount` collected after a loss, for each: the others are made good first, then the first-loss parts; what goes
    beyond all that was lost is shared by what each put in. Negative: taken back again, in the opposite order, so that
    what stays is shared as if no more had ever come. Raises ValueError for more than was collected."""
    if amount < 0:
        return [-one for one in _unrecovered(holdings, -amount, currency)]
    open_losses = [max(one.lost - one.recovered, ZERO) for one in holdings]
    within = min(amount, sum(open_losses, ZERO))
    found = _in_turn(within, holdings, open_losses, currency, is_first_loss_first=False)
    beyond = _shared(amount - within, [one.amount for one in holdings], currency)
    return [one + more for one, more in zip(found, beyond, strict=True)]


def _unrecovered(holdings: Sequence[Holding], amount: Decimal, currency: str) -> list[Decimal]:
    """`amount` taken back of what was recovered: first what went beyond all that was lost, then what made good the
    first-loss parts, then the others."""
    beyond = [max(one.recovered - one.lost, ZERO) for one in holdings]
    first = min(amount, sum(beyond, ZERO))
    made_good = [min(one.recovered, one.lost) for one in holdings]
    pairs = zip(
        _within(first, beyond, currency),
        _in_turn(amount - first, holdings, made_good, currency, is_first_loss_first=True),
        strict=True,
    )
    return [one + more for one, more in pairs]


def _in_turn(
    amount: Decimal, holdings: Sequence[Holding], most: Sequence[Decimal], currency: str, *, is_first_loss_first: bool
) -> list[Decimal]:
    """`amount` shared within `most`: all of those whose turn it is, then the others."""
    first = [
        ceiling if one.is_first_loss == is_first_loss_first else ZERO
        for one, ceiling in zip(holdings, most, strict=True)
    ]
    then = [ceiling - taken for ceiling, taken in zip(most, first, strict=True)]
    now = min(amount, sum(first, ZERO))
    pairs = zip(_within(now, first, currency), _within(amount - now, then, currency), strict=True)
    return [one + more for one, more in pairs]


def _within(amount: Decimal, most: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`amount` shared in proportion to `most`, which nobody's share goes beyond."""
    if amount > sum(most, ZERO):
        raise ValueError(f"{amount} {currency} cannot be shared among parts of {sum(most, ZERO)}.")
    return _shared(amount, most, currency)


def _shared(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    return split(amount, weights, currency) if amount else [ZERO for _one in weights]
