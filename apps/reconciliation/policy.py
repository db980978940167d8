"""What people and buyers do that imported orders do not tell: a stated policy, drawn from the seed and the names of
things, never from the clock or from database keys. Pure; the replay and the wind tunnel share it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random

from apps.core.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class Policy:
    """Chances are shares of one.

    accept_share      chance a day that a seller takes an open offer
    returned_share    share of delivered orders that come back within the return window, half of them in part
    charged_back_share  share of settled orders that a card company takes back three weeks later
    settlement_days   days from delivery to the platform's settlement
    """

    accept_share: float = 0.02
    returned_share: float = 0.03
    charged_back_share: float = 0.002
    settlement_days: int = 14


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one order after it arrived: amounts in its currency, dates local; None is never."""

    given_back: Decimal
    refunded_on: date | None
    settled_on: date
    charged_back_on: date | None


def chance(seed: int, *names: object, again: Random | None = None) -> Random:
    """Luck of its own for each thing named, the same each time; in `again`, whose own luck ends, where many are drawn:
    a new one is as dear as drawing it."""
    luck = again or Random(0)  # noqa: S311  a replay wants the same luck each time
    luck.seed(":".join(map(str, (seed, *names))))
    return luck


def fate_of(
    policy: Policy, luck: Random, *, paid: Decimal, currency: str, arrived: date, may_return: bool
) -> Fate:  # fmt: skip
    """The fate of an order of `paid` that arrived on `arrived`. What goes back in full is never settled."""
    given_back, refunded_on, charged_back_on = ZERO, None, None
    settled_on = arrived + timedelta(days=policy.settlement_days)
    if luck.random() < policy.returned_share and may_return:
        given_back = round_money(paid * Decimal(luck.choice(("0.25", "0.5", "1", "1"))), currency)
    if given_back:
        refunded_on = arrived + timedelta(days=luck.randint(1, 5))
    if given_back < paid and luck.random() < policy.charged_back_share:
        charged_back_on = settled_on + timedelta(days=21)
    return Fate(given_back, refunded_on, settled_on, charged_back_on)


def wanted(luck: Random, most: Decimal, least: Decimal) -> Decimal:
    """How much of `most` a seller draws: half, three quarters or all of it, in whole units and at least `least`."""
    share = Decimal(luck.choice(("0.5", "0.75", "1", "1")))
    return max((most * share).quantize(Decimal(1), rounding=ROUND_DOWN), least)
