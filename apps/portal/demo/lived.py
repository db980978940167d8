"""The days since a demo platform's books opened: a replay in which the sellers whom visitors play keep a script."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random

from apps.financing.models import Offer
from apps.financing.refusals import ContractRefused, OfferRefused
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.financing.services.drawing import room_of
from apps.reconciliation.replay import BY, Policy, Replay
from apps.sellers.models import Seller
from apps.tenants.models import Platform

ROUND = Decimal(100)


@dataclass(frozen=True, slots=True)
class Act:
    """On the day so many days before the last one, draw `share` of what `product` offers; unsigned, the contract waits
    for its signature."""

    days_before_last: int
    product: str
    share: Decimal
    signs: bool = True


SCRIPT = (
    Act(112, "sales-advance", Decimal("0.4")),
    Act(38, "sales-advance", Decimal("0.6")),
    Act(8, "early-payment", Decimal("0.6")),
    Act(0, "early-payment", Decimal("0.7"), signs=False),
)


class LivedDays(Replay):
    """A replay of `platform` from `first` to `last` in which `shown` sellers (by external id) act by `script` alone.

    Their contracts become PDFs, the papers of all others are the terms themselves: a hundred PDFs take too long for a
    first start.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        first: date,
        last: date,
        seed: int,
        policy: Policy,
        shown: tuple[str, ...],
        script: tuple[Act, ...] = SCRIPT,
    ) -> None:
        super().__init__(platform=platform, first=first, last=last, seed=seed, pdfs=0, policy=policy)
        self.shown = shown
        self.script = {last - timedelta(days=act.days_before_last): act for act in script}

    def _sellers_act(self, day: date, at: datetime) -> None:
        super()._sellers_act(day, at)
        if day in self.script:
            for seller in Seller.objects.filter(external_id__in=self.shown).order_by("external_id"):
                self._perform(self.script[day], seller, day, at)

    def _draw(self, offer: Offer, luck: Random, day: date, at: datetime) -> None:
        if offer.seller.external_id not in self.shown:
            super()._draw(offer, luck, day, at)

    def _perform(self, act: Act, seller: Seller, day: date, at: datetime) -> None:
        room = next(
            (one for one in room_of(seller=seller, on=day).drawable if one.offer.product_code == act.product), None
        )
        if room is None:
            return
        asked = (room.most * act.share / ROUND).to_integral_value(rounding=ROUND_DOWN) * ROUND
        by = f"seller:{seller.pk}"
        try:
            contract = accept_offer(
                offer_id=room.offer.pk,
                seller_id=seller.pk,
                amount=max(asked, room.offer.minimum_amount),
                business_date=day,
                zone=self.platform.zone,
                language=seller.language,
                at=at,
                by=by,
            )
            render_contract(contract_id=contract.pk, at=at, by=BY)
            if act.signs:
                sign_contract(contract_id=contract.pk, seller_id=seller.pk, business_date=day, at=at, by=by)
        except (OfferRefused, ContractRefused):
            return  # the fund or the orders were used up by someone quicker, as happens to people too
