"""Orders = settlement = bank: each way in which the three disagree is one break of its own kind, and none else."""

from decimal import Decimal

import pytest

from apps.banking.models import BankLine, Instruction
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.orders.models import Order
from apps.orders.refusals import SettlementRefused
from apps.reconciliation import working
from apps.reconciliation.models import Break, ControlTotal
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.orders.test_settlement_files import line, taken_in, total
from tests.reconciliation.test_matching import sold_and_closed
from tests.story import DAY, FIRST, Story

D = Decimal
SETTLEMENT = "SETTLEMENT-20250301"
BODY = line("1", "capture", "Li Mei", "500.00") + line("2", "fee", "", "4.80", order="") + total("495.20")


def booked(amount: str, reference: str, *, purpose: str = "collection", currency: str = "CNY", key: str = "") -> None:
    BankLine.objects.create(
        purpose=purpose, booked_on=FIRST + DAY, amount=D(amount), currency=currency, reference=reference,
        key=key or f"{purpose}:{reference}:{amount}",
    )  # fmt: skip


def the_break() -> tuple[str, Decimal, str]:
    one = Break.objects.get()
    return one.kind, one.amount, one.currency


def totals_close(day_number: int) -> bool:
    run_of = ControlTotal.objects.filter(run__business_date=FIRST + day_number * DAY)
    return set(run_of.values_list("difference", flat=True)) == {D(0)}


@pytest.mark.parametrize(
    ("amount", "reference", "purpose", "currency", "kind"),
    [
        ("500.00", SETTLEMENT, "funding", "CNY", "wrong_account"),
        ("70.00", SETTLEMENT, "collection", "USD", "currency"),
        ("12.34", "WHO-KNOWS", "collection", "USD", "currency"),
        ("12.34", "WHO-KNOWS", "collection", "CNY", "missing_internal"),
    ],
)
def test_a_line_on_the_wrong_account_or_in_another_currency_is_a_break_of_its_own_kind(
    platform: Platform, amount: str, reference: str, purpose: str, currency: str, kind: str
) -> None:
    story = Story(platform)
    sold_and_closed(story)
    booked(amount, reference, purpose=purpose, currency=currency)
    for number in (1, 2):
        assert story.night(FIRST + number * DAY).state == "with_breaks"
        assert totals_close(number)
    assert the_break() == (kind, -D(amount), currency)
    assert not BankLine.objects.filter(matched_to__startswith="settlement").exists(), (
        "nothing was taken for the settlement"
    )


@pytest.mark.parametrize(
    ("purpose", "currency", "kind"), [("funding", "CNY", "wrong_account"), ("collection", "USD", "currency")]
)
def test_so_is_a_payout_from_the_wrong_account_or_in_another_currency(
    platform: Platform, purpose: str, currency: str, kind: str
) -> None:
    story = Story(platform)
    sold_and_closed(story)
    asked = Instruction.objects.get()
    booked("-500.00", asked.reference, purpose=purpose, currency=currency)
    story.night(FIRST + DAY)
    assert the_break() == (kind, D("500.00"), currency)
    asked.refresh_from_db()
    assert asked.confirmed_on is None


def test_foreign_money_is_booked_in_its_own_currency_and_the_totals_still_close(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    booked("0.40", "WHO-KNOWS", currency="USD")
    story.night(FIRST + DAY)
    one, today = Break.objects.get(), FIRST + 2 * DAY
    one = working.propose(
        break_id=one.pk, version=one.version, account=chart.DIFFERENCES, reason="interest in dollars", asked_on=today,
        at=story.at(today), by="user:1",
    )  # fmt: skip
    if one.state == "pending_approval":
        one = working.approve(break_id=one.pk, version=one.version, asked_on=today, at=story.at(today), by="user:2")
    assert one.state == "written_off"
    assert DailyTotal.objects.balance(chart.COLLECTION_CASH, "USD", today) == D("0.40")
    assert DailyTotal.objects.balance(chart.COLLECTION_CASH, "CNY", today) == 0
    story.night(today)
    assert totals_close(2)


@pytest.fixture
def shop(platform: Platform) -> Story:
    """One order of 500.00 that has arrived."""
    story = Story(platform)
    story.delivered(story.seller("Li Mei", consents=False), "500.00", FIRST - 3 * DAY, name="O-1")
    return story


@pytest.mark.parametrize(
    ("amount", "kind", "difference"),
    [("490.40", "fee", "4.80"), ("500.00", "amount", "-4.80"), ("495.00", "amount", "0.20")],
)
def test_a_fee_that_is_taken_twice_is_told_from_another_amount(
    shop: Story, amount: str, kind: str, difference: str
) -> None:
    taken_in(shop, BODY)
    booked(amount, "PO-77")
    shop.night(FIRST)
    shop.night(FIRST + DAY)
    assert the_break() == (kind, D(difference), "CNY")


def test_a_fee_taken_twice_is_booked_as_an_expense_and_the_settlement_is_over(shop: Story) -> None:
    taken_in(shop, BODY)
    booked("490.40", "PO-77")
    shop.night(FIRST)
    shop.night(FIRST + DAY)
    one, today = Break.objects.get(), FIRST + 2 * DAY
    one = working.propose(
        break_id=one.pk, version=one.version, account=chart.BANK_CHARGES, reason="kept twice", asked_on=today,
        at=shop.at(today), by="user:1",
    )  # fmt: skip
    if one.state == "pending_approval":
        one = working.approve(break_id=one.pk, version=one.version, asked_on=today, at=shop.at(today), by="user:2")
    assert one.state == "adjusted"
    assert DailyTotal.objects.balance(chart.BANK_CHARGES, "CNY", today) == D("4.80")
    assert DailyTotal.objects.balance(chart.SETTLEMENT_RECEIVABLE, "CNY", today) == 0
    assert DailyTotal.objects.balance(chart.COLLECTION_CASH, "CNY", today) == D("490.40")


def test_an_order_that_no_settlement_names_is_missing_once_and_heals_when_it_is_settled(platform: Platform) -> None:
    """Delivered 45 days before the second night; on the first it is not late yet."""
    story = Story(platform)
    seller = story.seller("Li Mei", consents=False)
    order = story.delivered(seller, "500.00", FIRST - 44 * DAY, name="O-1")
    story.delivered(seller, "70.00", FIRST - 43 * DAY, name="O-2")
    other = story.seller("Wang Fang", consents=False)
    story.delivered(other, "60.00", FIRST - 44 * DAY, name="O-3")
    story.delivered(seller, "10.00", FIRST - 3 * DAY, name="O-0")
    story.settle(FIRST, seller, "10.00", order=Order.objects.get(external_id="O-0"))
    story.settle(FIRST, other, "60.00")  # a sum: whether O-3 is in it cannot be said
    assert story.night(FIRST).state == "balanced"
    assert story.night(FIRST + DAY).state == "with_breaks"
    assert the_break() == ("missing_external", D("500.00"), "CNY")
    assert Break.objects.get().subject == f"order:{Order.objects.get(external_id='O-1').pk}"
    late = FIRST + 2 * DAY
    order = Order.objects.get(external_id="O-1")
    story.settle(late, seller, "500.00", order=order)
    story.night(late)
    assert Break.objects.get(subject=f"order:{order.pk}").state == "timing"
    assert Break.objects.unexplained().get().amount == D("70.00"), "O-2 is due on this night"


def test_an_order_settled_in_part_is_short_a_week_later_and_not_before(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller("Li Mei", consents=False)
    story.delivered(seller, "500.00", FIRST - 3 * DAY, name="O-1")
    order = Order.objects.get(external_id="O-1")
    story.settle(FIRST, seller, "480.00", order=order)
    for number in range(8):
        booked_on = FIRST + number * DAY
        if number == 1:
            booked("480.00", SETTLEMENT)
        run = story.night(booked_on)
        orders = Break.objects.filter(subject=f"order:{order.pk}")
        assert orders.exists() is (number == 7), run.state
    one = Break.objects.get(subject=f"order:{order.pk}")
    assert (one.kind, one.amount) == ("amount", D("20.00"))


def test_an_order_paid_for_in_two_receipts_within_the_week_is_no_break(platform: Platform) -> None:
    story = Story(platform)
    seller: Seller = story.seller("Li Mei", consents=False)
    story.delivered(seller, "500.00", FIRST - 3 * DAY, name="O-1")
    order = Order.objects.get(external_id="O-1")
    story.settle(FIRST, seller, "480.00", order=order)
    story.night(FIRST)
    story.settle(FIRST + DAY, seller, "20.00", order=order)
    for number in range(1, 9):
        story.night(FIRST + number * DAY)
    assert not Break.objects.filter(subject__startswith="order:").exists()


def test_more_than_the_buyer_paid_and_an_unknown_order_never_land(shop: Story) -> None:
    """What a settlement file has too much is refused at the door, whole (tests/orders/test_settlement_files.py)."""
    for wrong in (BODY.replace("500.00", "500.01").replace("495.20", "495.21"), BODY.replace("O-1", "O-9")):
        with pytest.raises(SettlementRefused):
            taken_in(shop, wrong)
    assert shop.night(FIRST).state == "balanced"
    assert not Break.objects.exists()
