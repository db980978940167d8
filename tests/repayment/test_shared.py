"""A financing that three pools share, day by day: who lent what, got back what, and bore which loss."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import Error, transaction
from django.db.models.functions import Length

from apps.banking.models import Instruction, PaymentBatch
from apps.banking.services import approve_and_send
from apps.financing.models import Contract, Financing, Participation, Share
from apps.financing.refusals import OfferRefused
from apps.financing.services import render_contract
from apps.financing.services.disbursements import cancel_undisbursed
from apps.ledger import proofs
from apps.products.funding import commit_funding
from apps.products.models import FinancingProduct, Funder, FundingPool
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.months.proof import pools_on
from apps.repayment import proofs as repayment_proofs
from apps.repayment.events import Act, approve, perform
from apps.repayment.models import Event
from apps.repayment.pool_statement import pool_statement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_bank_line
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
Three = tuple[Decimal, ...]


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults()]


def shared(story: Story, code: str = "sales-advance") -> None:
    """Harvest takes three tenths of each, losses alike; Cushion a tenth and the first loss. Riverbank has the rest."""
    product = FinancingProduct.objects.get(code=code)
    for name, part, share, committed in (("Harvest", "alike", "0.3", 5000), ("Cushion", "first_loss", "0.1", 500)):
        pool = FundingPool.objects.create(name=name, financier=name, currency=story.platform.currency)
        commit_funding(
            pool_id=pool.pk, amount=D(committed), reference="opening", business_date=story.first,
            at=story.at(story.first), by="user:1",
        )  # fmt: skip
        Funder.objects.create(product=product, pool=pool, part=part, share=D(share))


class Desk:
    """One financing of 1,000 and a fee of 40, shared 600 : 300 : 100, and somebody at the desk."""

    def __init__(self, platform: Platform, code: str = "sales-advance") -> None:
        self.story = Story(platform, funding="10000")
        shared(self.story, code)
        self.seller = self.story.seller()
        self.today: date = FIRST
        self.night()
        self.financing = self.story.draw(self.story.offer(self.seller, code), "1000", self.today)

    def night(self) -> None:
        assert self.story.night(self.today).state == "balanced"
        self.today += DAY
        for batch in PaymentBatch.objects.filter(state="built", number_of_payments__gt=0):
            approve_and_send(batch_id=batch.pk, at=self.story.at(self.today), by="user:9")
        book_payments(on=self.today)
        book_settlement(of=self.today - DAY, on=self.today, currency=self.story.platform.currency)

    def act(self, kind: str, amount: str = "", by: str = "user:1", **facts: object) -> Event:
        if amount:
            facts["line_id"] = make_bank_line(amount=D(amount), booked_on=self.today).pk
        return perform(
            financing_id=self.financing.pk, act=Act(kind=kind, reason="as agreed", **facts),  # type: ignore[arg-type]
            key=f"{kind}:{Event.objects.count()}", asked_on=self.today, at=self.story.at(self.today), by=by,
        )  # fmt: skip

    def each(self, name: str) -> Three:
        """A figure of the three parts: Riverbank, Harvest, Cushion."""
        return tuple(Participation.objects.order_by("pool_id").values_list(name, flat=True))

    def pools(self, name: str) -> Three:
        return tuple(FundingPool.objects.order_by("pk").values_list(name, flat=True))

    def sent(self, on: date) -> Three:
        """What was sent to each pool's account by the night of `on`."""
        rows = Instruction.objects.filter(kind="transfer", business_date=on).order_by(Length("subject"), "subject")
        return tuple(rows.values_list("amount", flat=True))


def test_day_by_day_with_a_loss(platform: Platform) -> None:
    """Sales of 500 and 277.75 at 12 %, a payment of 100, taken back and entered again; then all is lost.

                          out                       income         sent that night
    paid out         600.00  300.00  100.00      -      -     -
    swept 60.00      588.00  294.00   98.00   24.00  12.00  4.00   36.00  18.00   6.00
    swept 33.33      568.00  284.00   94.67   24.00  12.00  4.00   20.00  10.00   3.33
    paid 100.00      508.00  254.00   84.67   24.00  12.00  4.00   60.00  30.00  10.00
    taken back       568.00  284.00   94.67   24.00  12.00  4.00   comes off the next that is sent
    paid again       508.00  254.00   84.67   24.00  12.00  4.00
    written off           -       -       -   lost: 508.00  254.00  84.67
    recovered 600    the others first:              400.00  200.00      -
    recovered 200    and then the first loss:       508.00  254.00  38.00
    the 600 bounce   the first loss loses it first: 133.33   66.67      -   comes off the next that is sent
    600 come again   as it was:                     508.00  254.00  38.00
    """
    desk = Desk(platform)
    assert (desk.each("principal"), desk.pools("drawn")) == ((600, 300, 100), (600, 300, 100))
    desk.night()
    for amount, out, sent in (
        ("500.00", (588, 294, 98), (36, 18, 6)),
        ("277.75", (568, 284, D("94.67")), (20, 10, D("3.33"))),
    ):
        desk.story.settle(desk.today, desk.seller, amount)
        desk.night()
        assert (desk.each("principal"), desk.pools("drawn")) == (out, out)
        assert (desk.each("income"), desk.sent(desk.today - DAY)) == ((24, 12, 4), sent)
    payment = desk.act("payment", "100.00")
    assert desk.each("principal") == desk.pools("drawn") == (508, 254, D("84.67"))
    assert desk.pools("collected") == (60, 30, 10)
    desk.night()
    assert (desk.sent(desk.today - DAY), desk.pools("collected")) == ((60, 30, 10), (0, 0, 0))
    desk.act("reversal", reverses=payment.number)
    assert desk.each("principal") == desk.pools("drawn") == (568, 284, D("94.67"))
    assert desk.pools("collected") == (-60, -30, -10)
    assert faults() == []
    desk.act("payment", line_id=payment.details["line"])
    assert desk.each("principal") == (508, 254, D("84.67"))
    proposed = desk.act("write_off")
    approve(event_id=proposed.pk, asked_on=desk.today, at=desk.story.at(desk.today), by="user:2")
    assert desk.pools("drawn") == desk.each("principal") == (0, 0, 0)
    assert desk.each("lost") == (508, 254, D("84.67"))
    desk.night()
    cheque = desk.act("recovery", "600.00")
    assert desk.each("recovered") == desk.pools("collected") == (400, 200, 0)
    desk.act("recovery", "200.00")
    assert desk.each("recovered") == (508, 254, 38)
    desk.night()
    assert desk.sent(desk.today - DAY) == (508, 254, 38)
    desk.act("reversal", "-600.00", reverses=cheque.number)
    stays = (D("133.33"), D("66.67"), 0)
    assert desk.each("recovered") == stays
    assert desk.pools("collected") == (D("-374.67"), D("-187.33"), -38)
    assert faults() == []
    assert [pool_statement(pool=pool, first=FIRST, last=desk.today).recovered
            for pool in FundingPool.objects.order_by("pk")] == list(stays)  # fmt: skip
    desk.act("recovery", "600.00")
    assert desk.pools("collected") == (0, 0, 0)
    assert faults() == []
    for place, pool in enumerate(FundingPool.objects.order_by("pk")):
        told = pool_statement(pool=pool, first=FIRST, last=desk.today)
        lent, income, lost = (600, 300, 100)[place], (24, 12, 4)[place], desk.each("lost")[place]
        assert (told.opening, told.lent, told.closing) == (0, lent, 0)
        assert (told.repaid, told.lost, told.changed) == (lent - lost, lost, 0)
        assert (told.income, told.recovered) == (income, (508, 254, 38)[place])
        transfers = Instruction.objects.filter(kind="transfer", subject=f"pool:{pool.pk}")
        reached = sum(transfers.values_list("amount", flat=True))
        assert reached == told.repaid + told.income + told.recovered  # every cent
    # As the end of a month would see the day of the payout.
    assert [one.drawn for one in pools_on(FIRST + DAY)] == [600, 300, 100]


def test_a_financing_in_its_place_is_shared_alike(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night()
    desk.story.settle(desk.today, desk.seller, "1000.00")
    desk.night()
    assert desk.each("principal") == (552, 276, 92)
    version = desk.story.agree("sales-advance", desk.today, sweep_rate=D("0.10"))
    proposed = desk.act("restructure", version_id=version.pk, agreement="paper 7")
    approve(event_id=proposed.pk, asked_on=desk.today, at=desk.story.at(desk.today), by="user:2")
    successor = Financing.objects.get(follows=desk.financing)
    parts = successor.participations.order_by("pool_id").values_list("amount", "principal", "is_first_loss")
    assert list(parts) == [(552, 552, False), (276, 276, False), (92, 92, True)]
    assert desk.pools("drawn") == (552, 276, 92)
    assert faults() == []


def test_the_bank_refuses_to_pay_it_out_and_every_pool_has_its_promise_back(platform: Platform) -> None:
    story = Story(platform, funding="10000")
    shared(story)
    seller = story.seller()
    story.night(FIRST)
    contract = story.accept(story.offer(seller), "1000", FIRST + DAY)
    render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(FIRST + DAY), by="test")
    financing = story.sign(contract, FIRST + DAY)
    pools = FundingPool.objects.order_by("pk")
    assert list(pools.values_list("reserved", flat=True)) == [600, 300, 100]
    assert faults() == []
    cancel_undisbursed(financing_id=financing.pk, reason="AC04", on=FIRST + DAY, at=story.at(FIRST + DAY), by="user:1")
    assert list(pools.values_list("reserved", flat=True)) == [0, 0, 0]
    assert faults() == []


def test_who_takes_part_is_fixed_and_what_was_shared_stays(platform: Platform) -> None:
    desk = Desk(platform)
    part, share = Participation.objects.order_by("pk")[0], Share.objects.order_by("pk")[0]
    for rows, change in (
        (Participation.objects.filter(pk=part.pk), {"amount": 700}),
        (Participation.objects.filter(pk=part.pk), {"is_first_loss": True}),
        (Share.objects.filter(pk=share.pk), {"principal": 1}),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            rows.update(**change)
    Participation.objects.filter(pk=part.pk).update(principal=599)
    assert any("those who share it" in fault for fault in faults())
    assert any("its shares add up to" in fault for fault in faults())
    assert desk.financing.is_shared


def test_of_twenty_who_sign_at_once_a_share_for_ten_lets_ten_through(fresh_platform: Callable[..., Platform]) -> None:
    """The first-loss pool has 100 and takes 10 of each: ten are funded, of every pool or of none."""
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform)
        shared(story)
        FundingPool.objects.filter(name="Cushion").update(committed=100)
        sellers = [story.seller(f"Seller {number}") for number in range(20)]
        story.night(FIRST)
        today = FIRST + DAY
        offers = [story.offer(one) for one in sellers]
        outcomes = at_once(platform.schema_name, [partial(story.accept, one, "100", today) for one in offers])
        contracts = [one for one in outcomes if isinstance(one, Contract)]
        assert len(contracts) == 10
        assert sum(isinstance(one, OfferRefused) for one in outcomes) == 10
        assert list(FundingPool.objects.order_by("pk").values_list("reserved", flat=True)) == [600, 300, 100]
        for contract in contracts:
            render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(today), by="test")
        outcomes = at_once(platform.schema_name, [partial(story.sign, one, today) for one in contracts])
        assert all(isinstance(one, Financing) for one in outcomes)
        assert list(FundingPool.objects.order_by("pk").values_list("reserved", flat=True)) == [600, 300, 100]
        assert faults() == []
