"""The three ways out of a margin call, reckoned for a page as the night would reckon them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO
from apps.warehousing.calls import FreeGoods, enough_goods
from apps.warehousing.models import MarginCall, PledgedReceipt, WarehouseReceipt
from apps.warehousing.refusals import Unpriced
from apps.warehousing.revaluation import Held, holdings
from apps.warehousing.services.margin import standing
from apps.warehousing.valuation import Cure, LendingTerms, Margin, Valuation, margin
from apps.warehousing.worth import worth_of


@dataclass(frozen=True, slots=True)
class WaysOut:
    """Where a called pledge stands on a date and what would cure it; amounts in the pledge's currency.

    bring              the seller's own free receipts that would do, none where all of them are not enough
    bring_value        what they are worth
    bring_ratio        the ratio with them
    """

    now: Margin
    goods: tuple[Held, ...]
    bring: tuple[WarehouseReceipt, ...]
    bring_value: Decimal
    bring_ratio: Decimal | None

    def cure(self, kind: str) -> Cure | None:
        """The cure by cash, goods or price; None where there is none, or none is needed any more."""
        return next((one for one in self.now.cures if one.kind == kind), None)


def ways_out(call: MarginCall, *, outstanding: Decimal, on: date) -> WaysOut | None:
    """The ways out of `call` at the prices known on `on`; None when its goods were never valued."""
    pledge = call.pledge
    holding = holdings([pledge], on=on).get(pledge.pk)
    now = standing(pledge, holding.valuation if holding else None, outstanding)
    if now is None:
        return None
    needed = next((cure.amount for cure in now.cures if cure.kind == "goods"), None)
    free = _free(call, on) if needed is not None else {}
    chosen = enough_goods([goods for goods, _receipt in free.values()], needed) if needed is not None else ()
    value = sum((one.value for one in chosen), ZERO)
    return WaysOut(
        now=now,
        goods=tuple(holding.goods) if holding else (),
        bring=tuple(free[one.receipt][1] for one in chosen),
        bring_value=value,
        bring_ratio=_with_more(now, value, pledge.lending) if chosen else None,
    )


def _free(call: MarginCall, on: date) -> dict[int, tuple[FreeGoods, WarehouseReceipt]]:
    """The seller's receipts that could be pledged on `on` and have a price that is not too old, by key."""
    held = PledgedReceipt.objects.live().values("receipt")
    receipts = WarehouseReceipt.objects.pledgeable(on).held_by(call.pledge.seller).exclude(pk__in=held)
    free = {}
    for receipt in receipts.select_related("warehouse").order_by("pk"):
        try:
            worth = worth_of([receipt], terms=call.pledge.lending, on=on)
        except Unpriced:
            continue
        if not worth.stale:
            free[receipt.pk] = FreeGoods(receipt.pk, worth.value), receipt
    return free


def _with_more(now: Margin, value: Decimal, terms: LendingTerms) -> Decimal | None:
    return margin(now.outstanding, Valuation(terms.currency, now.value + value, ZERO, ()), terms).ratio
