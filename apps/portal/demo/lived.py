"""The days since a demo platform's books opened: a replay in which a few sellers keep to a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from random import Random

from apps.core.dates import DAY
from apps.financing.models import Offer
from apps.financing.refusals import ContractRefused, OfferRefused
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.financing.services.drawing import room_of
from apps.portal.demo.market import Market
from apps.portal.demo.sellers import QUIET
from apps.reconciliation.policy import Policy
from apps.reconciliation.portfolio import make_missing_days
from apps.reconciliation.replay import BY, Replay
from apps.sellers.models import Seller
from apps.tenants.models import Platform

ROUND = Decimal(100)


@dataclass(frozen=True, slots=True)
class Act:
    """On the day so many days before the last one, the seller in `place` draws `share` of what `product` offers;
    unsigned, the contract waits for its signature."""

    place: int
    days_before_last: int
    product: str
    share: Decimal
    signs: bool = True


SCRIPT = (
    *(
        act
        for place in (0, 1)
        for act in (
            Act(place, 92, "sales-advance", Decimal("0.4")),
            Act(place, 38, "sales-advance", Decimal("0.6")),
            Act(place, 19, "early-payment", Decimal("0.4")),
            Act(place, 4, "early-payment", Decimal("0.4")),
            Act(place, 0, "early-payment", Decimal("0.5"), signs=False),
        )
    ),
    Act(QUIET, 80, "sales-advance", Decimal(1)),
)


class LivedDays(Replay):
    """A replay of a demo platform from the opening of its books to `last`, in which the sellers of `script` act by it
    alone.

    Their contracts become PDFs, the papers of all others are the terms themselves: a hundred PDFs take too long for a
    first start.
    """

    def __init__(self, *, market: Market, platform: Platform, last: date, script: Sequence[Act]) -> None:
        super().__init__(
            platform=platform,
            first=platform.opened_on,
            last=last,
            seed=market.seed,
            pdfs=0,
            policy=Policy(accept_share=market.accept_share, returned_share=market.returned_share),
        )
        self.script = [(market.seller_number(act.place), act) for act in script]
        self.scripted = {number for number, _act in self.script}

    def _live(self, day: date) -> None:
        super()._live(day)
        make_missing_days(
            currency=self.platform.currency,
            at=datetime.combine(day + DAY, self.platform.cut_off, tzinfo=self.platform.zone),
        )

    def _sellers_act(self, day: date, at: datetime) -> None:
        super()._sellers_act(day, at)
        for number, act in self.script:
            if day == self.last - act.days_before_last * DAY:
                self._perform(act, number, day, at)

    def _draw(self, offer: Offer, luck: Random, day: date, at: datetime) -> None:
        if offer.seller.external_id not in self.scripted:
            super()._draw(offer, luck, day, at)

    def _perform(self, act: Act, number: str, day: date, at: datetime) -> None:
        seller = Seller.objects.get(external_id=number)
        rooms = {one.offer.product_code: one for one in room_of(seller=seller, on=day).drawable}
        if act.product not in rooms:
            return
        room = rooms[act.product]
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
