"""The sweep: how much of a sales day repays, and which financing it repays."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from apps.core.money import ZERO, round_money, split


class Claim(NamedTuple):
    """What one financing may take from a seller's sales day.

    outstanding  everything it is owed
    own          proceeds of the day that belong to it first (of the orders it financed), refunds already deducted
    rate         share of the other net sales that it takes; 0 takes none
    floor        what its sweep always leaves to the seller
    day_cap      the most it takes from other sales in a day; 0 is no cap
    priority     the lower number takes first
    rounding     of the share, as its own terms say
    """

    outstanding: Decimal
    own: Decimal
    rate: Decimal
    floor: Decimal
    day_cap: Decimal
    priority: int
    rounding: str = ROUND_HALF_EVEN


def sweep(net: Decimal, claims: Sequence[Claim], seller_cap: Decimal, currency: str) -> list[Decimal]:
    """What each claim takes of a day's `net` sales (captured - refunded - charged back + any negative brought forward).

    Nothing when net <= 0. First each claim takes its own proceeds, up to what it is owed. Of the other net sales it
    takes min(round(other x rate), outstanding, day cap), by priority and pro rata within one, while the rates together
    stay within `seller_cap` (a share) and all sweeps together leave the largest floor. Amounts are payable in
    `currency`, never negative, never above `outstanding`, and together never above `net`.
    """
    if net <= 0 or not claims:
        return [ZERO] * len(claims)
    taken = _take_own(net, claims)
    other = net - sum((max(claim.own, ZERO) for claim in claims), ZERO)
    if other > 0:
        _take_shares(other, claims, taken, seller_cap, currency)
    return taken


def _take_own(net: Decimal, claims: Sequence[Claim]) -> list[Decimal]:
    left = net
    taken = []
    for claim in claims:
        amount = max(min(claim.own, claim.outstanding, left), ZERO)
        taken.append(amount)
        left -= amount
    return taken


def _take_shares(
    other: Decimal, claims: Sequence[Claim], taken: list[Decimal], seller_cap: Decimal, currency: str
) -> None:
    wanting = [place for place, claim in enumerate(claims) if claim.rate > 0 and claim.outstanding > taken[place]]
    if not wanting:
        return
    room = max(other - max([claims[place].floor for place in wanting]), ZERO)
    cap_left = seller_cap
    for priority in sorted({claims[place].priority for place in wanting}):
        places = [place for place in wanting if claims[place].priority == priority]
        asked = sum([claims[place].rate for place in places])
        scale = min(Decimal(1), cap_left / asked)
        cap_left -= asked * scale
        amounts = [
            _wanted(claim, round_money(other * claim.rate * scale, currency, claim.rounding), taken[place])
            for place, claim in [(place, claims[place]) for place in places]
        ]
        if sum(amounts) > room:
            amounts = split(room, amounts, currency)
        for place, amount in zip(places, amounts, strict=True):
            taken[place] += amount
            room -= amount


def _wanted(claim: Claim, share: Decimal, taken: Decimal) -> Decimal:
    return min(share, claim.outstanding - taken, claim.day_cap or share)
