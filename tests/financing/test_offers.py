"""Offers of a night: issued, replaced, expired, cancelled, and left alone."""

from datetime import timedelta
from decimal import Decimal

from apps.core.models import Transition
from apps.financing.models import Offer
from apps.risk.models import Assessment
from apps.sellers.models import Consent
from apps.tenants.models import Platform
from tests.story import DAY, FIRST, Story

D = Decimal


def test_a_year_of_steady_sales_brings_an_advance_and_says_why(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller(daily="100.00")
    assert story.night(FIRST).state == "balanced"
    assessment = Assessment.objects.get(seller=seller)
    assert (assessment.grade, assessment.limit) == ("A", D("6000"))  # twice a median month of 3,000
    offer = story.offer(seller)
    # 100 a day x 12 % x 120 days / 1.04 = 1,384.61: what the sweep can repay, rounded down to two digits
    assert (offer.minimum_amount, offer.maximum_amount) == (D("100"), D("1300"))
    assert offer.expires_on == FIRST + timedelta(days=14)
    assert not Offer.objects.filter(seller=seller, product_code="early-payment").exists()


def test_the_same_night_again_and_a_quiet_next_night_change_nothing(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    offer = story.offer(seller)
    story.night(FIRST)
    story.night(FIRST + DAY)
    assert story.offer(seller) == offer
    assert Offer.objects.count() == 2  # an advance on sales and a loan in instalments, each once


def test_an_offer_runs_out_on_its_last_date_and_a_new_one_follows(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    for number in range(15):
        story.night(FIRST + number * DAY)
    first, second = Offer.objects.filter(seller=seller, product_code="sales-advance").order_by("id")
    assert (first.state, first.replaced_by) == ("expired", None)
    assert (second.state, second.made_on) == ("delivered", FIRST + 14 * DAY)


def test_new_figures_replace_an_offer_and_never_edit_it(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    before = story.offer(seller)
    for number in range(6):
        story.delivered(seller, "2000.00", FIRST + DAY, name=f"big-{number}")
    story.night(FIRST + DAY)
    before.refresh_from_db()
    after = story.offer(seller)
    assert (before.state, before.maximum_amount, before.replaced_by) == ("replaced", D("1300"), after)
    assert after.maximum_amount > D("1560")
    assert [row.verb for row in Transition.of(before)] == ["create", "replace"]


def test_who_is_past_due_loses_open_offers(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    seller.worst_days_past_due = 3
    seller.save(update_fields=["worst_days_past_due"])
    story.night(FIRST + DAY)
    assert set(Offer.objects.filter(seller=seller).values_list("state", flat=True)) == {"cancelled"}


def test_without_consent_nobody_reads_the_orders(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller(consents=False)
    story.night(FIRST)
    assert not Assessment.objects.filter(seller=seller).exists()
    assert not Offer.objects.exists()


def test_a_withdrawn_consent_ends_open_offers_the_same_night(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    Consent.objects.update(withdrawn_at=story.at(FIRST + DAY), withdrawn_by="user:1")
    story.night(FIRST + DAY)
    assert set(Offer.objects.filter(seller=seller).values_list("state", flat=True)) == {"cancelled"}


def test_delivered_orders_can_be_paid_early(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    for number in range(4):
        story.delivered(seller, "500.00", FIRST, name=f"parcel-{number}")
    story.night(FIRST)
    offer = story.offer(seller, "early-payment")
    assert offer.maximum_amount == D("1440")  # 4 x 500 x 0.9 (delivered) x 0.8 advance rate


def test_the_pool_is_a_ceiling(platform: Platform) -> None:
    story = Story(platform, funding="500")
    seller = story.seller()
    story.night(FIRST)
    assert story.offer(seller).maximum_amount == D("500")
