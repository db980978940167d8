"""After the first start a demo platform's days go on: orders come, the bank pays, nights close."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.financing.models import Financing, Offer
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.orders.models import FeedFile, Order, Proceeds
from apps.portal.demo.days import catch_up, go_on
from apps.reconciliation.models import Break, NightlyRun
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.demo.conftest import NOW, SMALL, Made

TODAY = date(2025, 6, 12)


def counts() -> tuple[int, int, int, int]:
    return Order.objects.count(), Proceeds.objects.count(), BankLine.objects.count(), FeedFile.objects.count()


def test_an_hour_brings_its_news_once(small_demo: Made) -> None:
    with entered(SMALL.schema_name) as platform:
        before = counts()
        go_on(market=SMALL, platform=platform, at=NOW)
        after = counts()
        assert all(new > old for new, old in zip(after, before, strict=True))
        go_on(market=SMALL, platform=platform, at=NOW + timedelta(minutes=20))
        assert counts() == after
        assert Proceeds.objects.filter(booked_on=TODAY).exists()
        assert not Order.objects.filter(placed_at__gt=NOW).exists()


def test_a_seller_who_signs_is_paid_at_the_next_look(small_demo: Made) -> None:
    with entered(SMALL.schema_name) as platform:
        seller = Seller.objects.get(user__email="wang.xiulan@harvest.example")
        offer = Offer.objects.acceptable(TODAY).get(seller=seller, product_code="sales-advance")
        contract = accept_offer(
            offer_id=offer.pk,
            seller_id=seller.pk,
            amount=Decimal(500),
            business_date=TODAY,
            zone=platform.zone,
            language="zh-hans",
            at=NOW,
            by=seller.user.actor,
        )
        render_contract(contract_id=contract.pk, as_pdf=False, at=NOW, by="worker")
        financing = sign_contract(
            contract_id=contract.pk, seller_id=seller.pk, business_date=TODAY, at=NOW, by=seller.user.actor
        )
        assert financing.state == "pending"

        go_on(market=SMALL, platform=platform, at=NOW + timedelta(minutes=1))
        financing = Financing.objects.get(pk=financing.pk)
        assert (financing.state, financing.disbursed_on) == ("active", TODAY)

        go_on(market=SMALL, platform=platform, at=NOW + timedelta(minutes=2))
        assert BankLine.objects.filter(reference=f"D{financing.pk:010d}").count() == 1


def test_yesterdays_payouts_wait_for_a_person_on_the_desk(small_demo: Made) -> None:
    with entered(SMALL.schema_name) as platform:
        go_on(market=SMALL, platform=platform, at=NOW)
        built = PaymentBatch.objects.filter(state="built").values_list("business_date", flat=True)
        assert list(built) == [TODAY - timedelta(days=1)]


def test_nothing_happens_while_the_night_of_yesterday_is_still_to_run(small_demo: Made) -> None:
    with entered(SMALL.schema_name) as platform:
        before = counts()
        just_past_midnight = datetime(2025, 6, 13, 0, 5, tzinfo=platform.zone)
        go_on(market=SMALL, platform=platform, at=just_past_midnight)
        assert counts() == before


def test_missed_days_are_lived_through_in_order_and_leave_no_break(small_demo: Made) -> None:
    """Nobody ran the platform for a week: the next start makes up for it, and says how many days."""
    with entered(SMALL.schema_name) as platform:
        later = datetime(2025, 6, 19, 9, tzinfo=platform.zone)
        assert catch_up(market=SMALL, platform=platform, at=later) == 7
        nights = NightlyRun.objects.filter(business_date__gte=TODAY).order_by("business_date")
        assert [(night.business_date.day, night.state) for night in nights] == [
            (day, "balanced") for day in range(12, 19)
        ]
        assert not Break.objects.exists()
        assert not Instruction.objects.unconfirmed().filter(business_date__lt=date(2025, 6, 16)).exists()
        assert catch_up(market=SMALL, platform=platform, at=later) == 0
    assert Platform.objects.get(schema_name=SMALL.schema_name).suspended_at is None
