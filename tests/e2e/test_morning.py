"""A clerk's morning after a week with a fault of every type: all found, none invented, cleared with counted clicks.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.banking.services import approve_and_send
from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal
from apps.reconciliation.matching import settlement_reference
from apps.reconciliation.models import Break, NightlyRun
from apps.repayment import proofs as repayment_proofs
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.processes import WebServer
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e
HOST = "morning.localhost"
D = Decimal
NIGHTS = 9
# What each night is to say, by type: ours less theirs. The two that are missing have had more than three bank days.
SEEDED = {
    "a lost line": ("missing_external", D("-500.00")),
    "a late settlement": ("missing_external", D("510.00")),
    "a double line": ("duplicate", D("520.00")),
    "a wrong amount": ("amount", D("0.50")),
    "a fee": ("fee", D("0.80")),
    "a surplus": ("missing_internal", D("-12.34")),
    "another currency": ("currency", D("-76.30")),
    "the wrong account": ("wrong_account", D("-570.00")),
}
# Clicks that each takes from the queue on, choices in a list included; typing a reason is not counted.
CLICKS = {
    "a wrong amount": 2,
    "a fee": 3,
    "a double line": 5,
    "a surplus": 5,
    "another currency": 5,
    "the wrong account": 5,
    "a lost line": 3,
    "a late settlement": 3,
}


class Week:
    """Nine sales days of one seller, 500.00 and ten more each day, and a bank that makes its mistakes."""

    def __init__(self, platform: Platform, first: date) -> None:
        self.story = Story(platform, first=first)
        self.seller = self.story.seller(consents=False)
        self.days = [first + number * DAY for number in range(NIGHTS)]

    def live(self) -> None:
        for number, day in enumerate(self.days):
            self.story.settle(day, self.seller, f"{500 + 10 * number}.00")
            if number:
                self.pay(number - 1, day)
                self.settle(number - 1, day)
            self.unexpected(number, day)
            self.story.night(day)

    def pay(self, number: int, on: date) -> None:
        """The payout of a day, booked on the next: that of the first day is lost, that of the third comes twice."""
        batch = PaymentBatch.objects.get(business_date=self.days[number])
        approve_and_send(batch_id=batch.pk, at=self.story.at(on), by="user:2")
        for time in range({0: 0, 2: 2}.get(number, 1)):
            self.book_payout(number, on, time)

    def book_payout(self, number: int, on: date, time: int = 0) -> None:
        one = Instruction.objects.get(kind="payout", business_date=self.days[number])
        self.book(on, -one.amount, one.reference, f"{one.reference}:{time}")

    def settle(self, number: int, on: date) -> None:
        """The settlement of a day: that of the second is late, others come wrong in one way each."""
        amount, reference = D(500 + 10 * number), settlement_reference(self.days[number])
        match number:
            case 1:
                return
            case 3:
                self.book(on, amount - D("0.50"), reference, reference)
            case 6:
                self.book(on, D("76.30"), reference, reference, currency="USD")
            case 7:
                self.book(on, amount, reference, reference, purpose="funding")
            case _:
                self.book(on, amount, reference, reference)

    def unexpected(self, number: int, on: date) -> None:
        if number == 4:
            self.book(on, D("-0.80"), "", "charge", text="Charge for March")
        if number == 5:
            self.book(on, D("12.34"), "WHO-KNOWS", "surplus")

    def book(
        self, on: date, amount: Decimal, reference: str, key: str, *, purpose: str = "collection",
        currency: str = "CNY", text: str = "",
    ) -> None:  # fmt: skip
        BankLine.objects.create(
            purpose=purpose, booked_on=on, amount=amount, currency=currency, reference=reference, key=key, text=text
        )


class Clerk:
    """Someone at the desk whose clicks are counted, break by break."""

    def __init__(self, browser: Browser, address: str, name: str) -> None:
        self.page, self.errors = open_page(browser, javascript=True, width=1280)
        self.address = address
        self.clicks = dict.fromkeys(SEEDED, 0)
        sign_in(self.page, address, f"{name}@morning.example")

    def queue(self) -> Page:
        self.page.goto(f"{self.address}/desk/breaks/")
        return self.page

    def click(self, seeded: str, where: Locator) -> None:
        self.clicks[seeded] += 1
        where.click()

    def open(self, seeded: str, names: dict[str, str]) -> Page:
        self.click(seeded, self.queue().get_by_role("link", name=names[seeded], exact=True))
        return self.page

    def accept_the_clear_ones(self, seeded: str, names: dict[str, str]) -> None:
        page = self.queue()
        self.click(seeded, page.get_by_label(f"Choose {names[seeded]}"))
        self.click(seeded, page.get_by_role("button", name="Accept what is chosen"))
        expect(page.get_by_text("1 break is explained.")).to_be_visible()

    def book(self, seeded: str, names: dict[str, str], to: str) -> None:
        page = self.open(seeded, names)
        self.clicks[seeded] += 1
        page.get_by_label("What it is").select_option(label=to)
        page.locator("input[name=reason]#id_reason").fill(f"Seen on the statement: {seeded}.")
        self.click(seeded, page.get_by_role("button", name="Book it"))

    def approve(self, seeded: str, names: dict[str, str]) -> None:
        page = self.open(seeded, names)
        self.click(seeded, page.get_by_role("button", name="Approve it"))
        expect(page.get_by_role("button", name="Approve it")).to_have_count(0)

    def ask(self, seeded: str, names: dict[str, str]) -> None:
        page = self.open(seeded, names)
        self.click(seeded, page.get_by_role("button", name="I look into it"))
        page.get_by_label("Whom you asked what").fill("The bank, where it is.")
        self.click(seeded, page.get_by_role("button", name="Wait for the answer"))


@pytest.fixture
def week(fresh_platform: Callable[..., Platform]) -> Week:
    """Nine nights, the last one yesterday's, and two people at the desk."""
    today = datetime.now(UTC).date()
    first = today - NIGHTS * DAY
    platform = fresh_platform(opened_on=first, time_zone="UTC", domain=HOST, country="US")
    with entered(platform.schema_name):
        for name in ("mei", "bo"):
            User.objects.create_user(email=f"{name}@morning.example", password=PASSWORD, role=Role.STAFF, name=name)
        week = Week(platform, first)
        week.live()
    return week


def test_a_week_of_faults_is_found_and_cleared_with_counted_clicks(
    week: Week, web_server: WebServer, browser: Browser
) -> None:
    schema_name, today = week.story.platform.schema_name, week.days[-1] + DAY
    names = aside(lambda: found(schema_name))
    mei, bo = (Clerk(browser, web_server.address(HOST), name) for name in ("mei", "bo"))
    mei.page.goto(f"{mei.address}/desk/")
    for name in names.values():
        expect(mei.page.get_by_role("link", name=name, exact=True)).to_be_visible()

    mei.accept_the_clear_ones("a wrong amount", names)
    mei.book("a fee", names, "It is a charge of the bank")
    for seeded in ("a double line", "a surplus", "another currency", "the wrong account"):
        mei.book(seeded, names, "Park it until it is clear whose it is")
        bo.approve(seeded, names)
    for seeded in ("a lost line", "a late settlement"):
        mei.ask(seeded, names)

    aside(lambda: the_bank_answers(week, schema_name, today))
    mei.page.goto(f"{mei.address}/desk/")
    mei.page.get_by_role("button", name="Close the day").click()
    expect(mei.page.get_by_text("closed by mei")).to_be_visible()
    assert {seeded: mei.clicks[seeded] + bo.clicks[seeded] for seeded in SEEDED} == CLICKS
    assert sum(CLICKS.values()) == 31
    aside(lambda: everything_is_explained(schema_name, today))
    assert mei.errors == bo.errors == []


def found(schema_name: str) -> dict[str, str]:
    """The name of the break that each seeded fault became; the nights opened these and no others."""
    with entered(schema_name):
        breaks = list(Break.objects.order_by("pk"))
        assert sorted((one.kind, one.amount) for one in breaks) == sorted(SEEDED.values())
        assert {one.state for one in breaks} <= {"open", "suggested"}
        return {
            seeded: f"B-{one.pk}"
            for seeded, fault in SEEDED.items()
            for one in breaks
            if (one.kind, one.amount) == fault
        }


def the_bank_answers(week: Week, schema_name: str, today: date) -> None:
    """What was lost and what was late arrive, and all that is due; the night of today takes it in."""
    with entered(schema_name):
        week.book_payout(0, today)
        reference = settlement_reference(week.days[1])
        week.book(today, D(510), reference, reference)
        week.pay(NIGHTS - 1, today)
        week.settle(NIGHTS - 1, today)
        assert week.story.night(today).state == "balanced"


def everything_is_explained(schema_name: str, today: date) -> None:
    with entered(schema_name):
        states = {one.kind: one.state for one in Break.objects.all()}
        assert states == {
            "missing_external": "timing", "duplicate": "adjusted", "amount": "matched", "fee": "adjusted",
            "missing_internal": "adjusted", "currency": "adjusted", "wrong_account": "adjusted",
        }  # fmt: skip
        assert Break.objects.count() == len(SEEDED)
        assert not BankLine.objects.unmatched().exists()
        assert NightlyRun.objects.get(business_date=today).closed_by.startswith("user:")
        assert Record.objects.filter(kind="break_closed").count() == len(SEEDED) - 2
        assert Record.objects.filter(kind="day_signed_off").count() == 1
        charged = DailyTotal.objects.balance(chart.BANK_CHARGES, "CNY", today)
        parked = DailyTotal.objects.balance(chart.SUSPENSE, "CNY", today)
        assert (charged, parked) == (D("0.80"), D("520.00") - D("12.34") - D("570.00"))
        assert DailyTotal.objects.balance(chart.SUSPENSE, "USD", today) == D("-76.30")
        assert [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()] == []
