"""What goods in store are worth, what may be lent on them, and how a margin call is cured. Pure: no rows, no clock.

The formulas of the LTV: `value = sum(quantity x min(price now, 30-day average))`, `lendable = sum(min(quantity,
confirmed quantity) x that price x (1 - haircut) x (1 - age decay))`, `ratio = outstanding / value`. Every sum is exact
and rounded once, to the currency's minor unit and in the lender's favour: what goods are worth down, what is missing
up. So the order of receipts is no matter, and whoever checks a call by hand comes to the same cent.

Stale prices: the goods keep their last known price, never zero. A call on such a price is a call; only where there is
none is the outcome `stale_price`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation, localcontext
from typing import Literal, NamedTuple

from apps.core.money import ZERO, is_payable, quantum, round_money

ONE = Decimal(1)
ENDLESS = Decimal("Infinity")
RATIO_STEP = Decimal("0.00000001")
AVERAGE_WINDOW = timedelta(days=30)
EXACT = Context(prec=120)
"""Wide enough for the product of a quantity, a price and two shares, and for sums of millions of them, unrounded."""

Level = Literal["ok", "watch", "call"]
Outcome = Literal["ok", "watch", "call", "stale_price"]
Refusal = Literal["", "stale_price", "would_breach", "worth_less", "lends_less"]


class Quote(NamedTuple):
    """The price of one unit of some goods, in the currency and the unit of whoever asks.

    price     the newest known price
    average   mean of the prices dated within the 30 days that end with `on`, `on` included
    on        the date of that newest price
    is_stale  whether that date, or the date of an exchange rate behind it, is older than the commodity allows
    """

    price: Decimal
    average: Decimal
    on: date
    is_stale: bool

    @property
    def counted(self) -> Decimal:
        """The price that goods are valued at: the lower of the newest and the average."""
        return min(self.price, self.average)


class AgeDecay(NamedTuple):
    """What goods lose by lying: nothing for `free_days`, then the share `a_day` each day, never above `at_most`."""

    free_days: int = 0
    a_day: Decimal = ZERO
    at_most: Decimal = ONE

    def after(self, days: int) -> Decimal:
        """The share lost after `days` in store."""
        over = days - self.free_days
        if over <= 0:
            return ZERO
        lost = self.a_day * over
        return min(self.at_most, lost)


class LendingTerms(NamedTuple):
    """How much is lent on goods, in `currency`. All shares are of one: 0.6 is sixty percent.

    limit         the ratio of what is owed to what the goods are worth, above which a margin call is made
    haircuts      by grade
    other_grades  the haircut of a grade that is not named
    lot_cap       no lot lends more than this share of what all the goods are worth
    watch_at      the share of the limit from which a set of goods is watched
    """

    currency: str
    limit: Decimal
    haircuts: Mapping[str, Decimal] = {}
    other_grades: Decimal = ZERO
    age: AgeDecay = AgeDecay()
    lot_cap: Decimal = ONE
    watch_at: Decimal = Decimal("0.9")


class StoredGoods(NamedTuple):
    """The goods of one receipt, in its unit. `confirmed` is what the warehouse counted for the pledge; goods that were
    not counted yet lend nothing, so it is zero then."""

    receipt: str
    lot: str
    grade: str
    quantity: Decimal
    confirmed: Decimal
    days_stored: int
    quote: Quote


class ReceiptWorth(NamedTuple):
    """One receipt's part in a valuation, unrounded. `lendable` is before the cap of its lot."""

    receipt: str
    lot: str
    price: Decimal
    value: Decimal
    lendable: Decimal
    is_stale: bool


class Valuation(NamedTuple):
    """What a set of goods is worth and lends, rounded down to the minor unit, with each receipt's part in it."""

    currency: str
    value: Decimal
    lendable: Decimal
    receipts: tuple[ReceiptWorth, ...]

    @property
    def stale(self) -> tuple[str, ...]:
        """The receipts whose price is too old."""
        return tuple(worth.receipt for worth in self.receipts if worth.is_stale)


class Cure(NamedTuple):
    """One way back to the limit.

    kind         pay `cash`, bring `goods`, or wait for the `price`
    amount       money to pay, value of the goods to add, or value that the goods in store must gain
    cost         what the seller gives up for it: the money, the goods; a price that rises costs nothing
    ratio_after  the ratio then, at most the limit
    price_rise   the share by which every price must rise, for `price` only; the 30-day average must follow
    """

    kind: Literal["cash", "goods", "price"]
    amount: Decimal
    cost: Decimal
    ratio_after: Decimal
    price_rise: Decimal | None = None


class Margin(NamedTuple):
    """Where a debt stands against its goods.

    outcome   what to act on: a call is a call also on a stale price; else `stale_price` when one is
    level     the same by the last known prices alone, so that a stale price hides no watch
    ratio     rounded up to eight decimals; None when something is owed on goods that are worth nothing
    allowed   the most that may be owed, rounded down
    drawable  what may still be drawn: nothing on a stale price
    cures     for a call, else empty
    """

    outcome: Outcome
    level: Level
    outstanding: Decimal
    value: Decimal
    limit: Decimal
    ratio: Decimal | None
    allowed: Decimal
    drawable: Decimal
    cures: tuple[Cure, ...]


def quote_of(prices: Iterable[tuple[date, Decimal]], *, on: date, max_age_days: int) -> Quote | None:
    """The quote of `on` from `prices` (date and price each, in any order, one a date); later ones are not looked at.

    A price is stale when it is more than `max_age_days` days old. None when there has never been a price.
    """
    known = sorted((day, price) for day, price in prices if day <= on)
    if not known:
        return None
    newest, price = known[-1]
    window = [price for day, price in known if day > newest - AVERAGE_WINDOW]
    average = sum(window, ZERO) / len(window)
    return Quote(price, average, newest, is_stale=(on - newest).days > max_age_days)


def value_goods(goods: Sequence[StoredGoods], terms: LendingTerms) -> Valuation:
    """What `goods` are worth together and what `terms` lend on them, in the currency of the terms.

    Raises ValueError when a receipt stands in the set twice, a quantity or price is negative or no number, or a share
    lies outside of 0 to 1.
    """
    _check(goods, terms)
    with localcontext(EXACT):
        worths = _worths(goods, terms)
        value = sum([worth.value for worth in worths], ZERO)
        lendable = _capped(worths, terms.lot_cap * value)
        return Valuation(
            terms.currency,
            round_money(value, terms.currency, ROUND_FLOOR),
            round_money(lendable, terms.currency, ROUND_FLOOR),
            worths,
        )


def margin(outstanding: Decimal, goods: Valuation, terms: LendingTerms) -> Margin:
    """Where `outstanding` (payable, in the terms' currency) stands against `goods`, with the cures when it is a call.

    A call is made above the limit, not at it; a watch begins at `watch_at` of the limit. Raises ValueError when
    `outstanding` is negative or no payable amount, or the goods were valued in another currency.
    """
    if outstanding < 0 or not is_payable(outstanding, terms.currency):
        raise ValueError(f"{outstanding} {terms.currency} cannot be owed.")
    _check_currency(goods, terms)
    with localcontext(EXACT):
        most = goods.value * terms.limit
        level: Level = "ok"
        if outstanding > most:
            level = "call"
        elif outstanding > 0 and outstanding >= most * terms.watch_at:
            level = "watch"
        allowed = round_money(most, terms.currency, ROUND_FLOOR)
        free = max(ZERO, min(allowed, goods.lendable) - outstanding)
        return Margin(
            outcome="stale_price" if goods.stale and level != "call" else level,
            level=level,
            outstanding=outstanding,
            value=goods.value,
            limit=terms.limit,
            ratio=_ratio(outstanding, goods.value),
            allowed=allowed,
            drawable=ZERO if goods.stale else free,
            cures=_cures(outstanding, goods.value, terms) if level == "call" else (),
        )


def release_refusal(outstanding: Decimal, remaining: Valuation, terms: LendingTerms) -> Refusal:
    """Why the rest of the goods may not go, or "" when it may: iff outstanding / value of `remaining` <= limit.

    Whoever owes nothing gets everything back. While something is owed, no stale price lets goods go.
    """
    _check_currency(remaining, terms)
    if outstanding <= 0:
        return ""
    if remaining.stale:
        return "stale_price"
    with localcontext(EXACT):
        return "" if outstanding <= remaining.value * terms.limit else "would_breach"


def substitution_refusal(before: Valuation, after: Valuation) -> Refusal:
    """Why the set of goods `after` may not take the place of `before`, or "": it is worth no less and lends no less.

    Both are the whole pledge, valued on one day by the same terms; a stale price in either refuses. Raises ValueError
    when they are in two currencies.
    """
    if before.currency != after.currency:
        raise ValueError(f"{before.currency} cannot be compared with {after.currency}.")
    if before.stale or after.stale:
        return "stale_price"
    if after.value < before.value:
        return "worth_less"
    return "lends_less" if after.lendable < before.lendable else ""


def _worths(goods: Iterable[StoredGoods], terms: LendingTerms) -> tuple[ReceiptWorth, ...]:
    # Done for every receipt of every pledge in a night, so nothing is called (min) or multiplied that need not be.
    lent = {grade: ONE - haircut for grade, haircut in terms.haircuts.items()}
    lent_on_others = ONE - terms.other_grades
    age, free_days = terms.age, terms.age.free_days
    worths = []
    for receipt, lot, grade, quantity, confirmed, days_stored, (newest, average, _on, is_stale) in goods:
        price = average if average < newest else newest  # noqa: FURB136
        value = quantity * price
        lendable = (value if quantity <= confirmed else confirmed * price) * lent.get(grade, lent_on_others)
        if days_stored > free_days:
            lendable *= ONE - age.after(days_stored)
        worths.append(ReceiptWorth(receipt, lot, price, value, lendable, is_stale))
    return tuple(worths)


def _capped(worths: Iterable[ReceiptWorth], cap: Decimal) -> Decimal:
    """What all lots lend when none lends more than `cap`. The parts of a split receipt are one lot."""
    by_lot: dict[str, Decimal] = {}
    for _receipt, lot, _price, _value, lendable, _is_stale in worths:
        by_lot[lot] = by_lot[lot] + lendable if lot in by_lot else lendable
    return sum([cap if lendable > cap else lendable for lendable in by_lot.values()], ZERO)  # noqa: FURB136


def _cures(outstanding: Decimal, value: Decimal, terms: LendingTerms) -> tuple[Cure, ...]:
    """Cash: outstanding - value x limit. Goods: that / limit. Price: the value that would carry the debt."""
    cash = round_money(outstanding - value * terms.limit, terms.currency, ROUND_CEILING)
    goods = _up(cash / terms.limit, quantum(terms.currency))
    cures = [
        Cure("cash", cash, cash, _ratio(outstanding - cash, value) or ZERO),
        Cure("goods", goods, goods, _ratio(outstanding, value + goods) or ZERO),
    ]
    if value > 0:
        rise = _up(outstanding / terms.limit / value - ONE, RATIO_STEP)
        gain = round_money(value * rise, terms.currency, ROUND_CEILING)
        cures.append(Cure("price", gain, ZERO, _ratio(outstanding, value * (ONE + rise)) or ZERO, rise))
    return tuple(cures)


def _ratio(outstanding: Decimal, value: Decimal) -> Decimal | None:
    if outstanding == 0:
        return ZERO
    return _up(outstanding / value, RATIO_STEP) if value else None


def _up(number: Decimal, step: Decimal) -> Decimal:
    return number.quantize(step, rounding=ROUND_CEILING)


def _check_currency(goods: Valuation, terms: LendingTerms) -> None:
    if goods.currency != terms.currency:
        raise ValueError(f"The goods are valued in {goods.currency}, the terms are in {terms.currency}.")


def _check(goods: Sequence[StoredGoods], terms: LendingTerms) -> None:
    shares = [*terms.haircuts.values(), terms.other_grades, terms.age.a_day, terms.age.at_most, terms.lot_cap]
    shares += [terms.limit, terms.watch_at]
    if not _are_sensible(shares) or max(shares) > ONE or not terms.limit:
        raise ValueError("Limit, haircuts, decay, cap and watch are shares of one, and the limit is more than nothing.")
    if not goods:
        return
    receipts, _lots, _grades, quantities, confirmed, _days, quotes = zip(*goods, strict=True)
    if len(set(receipts)) < len(goods):
        raise ValueError("A receipt stands in the set twice.")
    prices, averages, _on, _are_stale = zip(*quotes, strict=True)
    figures = quantities + prices + averages if confirmed == quantities else quantities + confirmed + prices + averages
    if not _are_sensible(figures):
        wrong = next(one for one in goods if not _are_sensible([one.quantity, one.confirmed, *one.quote[:2]]))
        raise ValueError(f"Receipt {wrong.receipt} has a quantity or price below nothing.")


def _are_sensible(figures: Sequence[Decimal]) -> bool:
    """Whether all of `figures` are numbers, finite and not below nothing."""
    try:
        return min(figures, default=ZERO) >= ZERO and max(figures, default=ZERO) < ENDLESS
    except InvalidOperation:  # what is no number cannot be compared
        return False
