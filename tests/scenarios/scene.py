"""A story told in tables: the reader writes what each day should say, the scene reads what the books say."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Sum

from apps.banking.models import PaymentBatch
from apps.banking.services import approve_and_send
from apps.core.money import ZERO
from apps.evidence import proofs as evidence
from apps.financing.models import Contract, Financing, Offer
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal
from apps.products.models import FundingPool, ProductVersion
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.fingerprint import books
from apps.reconciliation.models import Break, ControlTotal, NightlyRun
from apps.reconciliation.night import run_night
from apps.repayment import proofs as repayment_proofs
from apps.repayment.events import Act, perform
from apps.repayment.models import Demand, Event, Movement, Sweep
from apps.repayment.refilling import accept_refill
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_bank_line
from tests.story import DAY, FIRST, Story

D = Decimal
ACCOUNTS = {
    "fee income": (chart.FEE_INCOME, -1),
    "interest income": (chart.INTEREST_INCOME, -1),
    "write-offs": (chart.WRITE_OFFS, 1),
    "recoveries": (chart.RECOVERIES, -1),
    "owed to seller": (chart.SELLER_PAYABLE, -1),
}
OF_A_FINANCING = ("state", "principal", "interest", "fee", "penalty", "overpaid", "past_due", "days_past_due")
OF_A_SALES_DAY = ("captured", "net", "kept", "paid_out", "carried_forward")


class Neighbour:
    """Another platform with a financing of its own, which nothing of the story may reach."""

    def __init__(self, platform: Platform) -> None:
        self.schema_name = platform.schema_name
        with entered(self.schema_name):
            story = Story(platform)
            seller = story.seller("Ana Souza")
            story.night(FIRST)
            story.draw(story.offer(seller), "1000", FIRST + DAY)
            self.books = books()

    def must_be_as_it_was(self) -> None:
        with entered(self.schema_name):
            assert books() == self.books
            assert faults() == []


class Scene:
    """One seller's days on a platform. Each night is remembered, column by column, for the tables."""

    def __init__(self, platform: Platform, first: date = FIRST, daily: str = "100.00", order: str = "2000.00") -> None:
        self.platform = platform
        self.story = Story(platform, first=first)
        self.seller = self.story.seller(daily=daily)
        self.order = self.story.delivered(self.seller, order, first)
        self.today = first
        self.financings: dict[str, int] = {}
        self.seen: dict[date, dict[str, str]] = {}
        self.night()

    def draw(self, code: str, amount: str, name: str = "") -> Financing:
        """Draw `amount` from the open offer of the product; the bank pays it today."""
        financing = self.story.draw(self.story.offer(self.seller, code), amount, self.today)
        self.financings[name] = financing.pk
        return financing

    def agree(self, code: str, **terms: Any) -> ProductVersion:
        """New terms of the product, with which tonight's offers are made."""
        version = self.story.agree(code, self.today, **terms)
        for offer in Offer.objects.open().filter(product_code=code):
            offer.move("cancel", at=self.story.at(self.today), by="test", reason="new terms")
        self.night()
        return version

    def take(self, offer: Offer, old: Financing, amount: str) -> Contract:
        """Accept the offer for `amount`, which pays off `old` first."""
        return accept_refill(
            offer_id=offer.pk, seller_id=self.seller.pk, financing_id=old.pk, amount=D(amount),
            business_date=self.today, zone=self.platform.zone, language="en", at=self.story.at(self.today), by="user:1",
        )  # fmt: skip

    def financing(self, name: str = "") -> Financing:
        return Financing.objects.select_related("version__product__pool", "seller").get(pk=self.financings[name])

    def sells(self, amount: str, kind: str = "capture") -> None:
        self.story.settle(self.today, self.seller, amount, kind=kind)

    def night(self, verdict: str = "balanced") -> None:
        """Close today and remember it; on the next date the bank pays what the night asked for."""
        closed, self.today = self.today, self.today + DAY
        clock = partial(self.story.at, self.today, 2)
        run = run_night(platform=self.platform, business_date=closed, clock=clock, by="night")
        assert run.state == verdict
        self.seen[closed] = self._columns(closed)
        for batch in PaymentBatch.objects.filter(state="built", number_of_payments__gt=0):
            approve_and_send(batch_id=batch.pk, at=self.story.at(self.today), by="user:9")
        book_payments(on=self.today)
        book_settlement(of=closed, on=self.today, currency=self.platform.currency)

    def nights_until(self, day: date) -> None:
        """Close every day before `day`, which is then today."""
        while self.today < day:
            self.night()

    def act(self, kind: str, paid: str = "", on: date | None = None, by: str = "user:1", **facts: Any) -> Event:
        """What somebody does today; `paid` is the bank's line that goes with it, booked `on` (today)."""
        if paid:
            facts["line_id"] = make_bank_line(
                amount=D(paid), currency=self.platform.currency, booked_on=on or self.today
            ).pk
        name = facts.pop("name", "")
        return perform(
            financing_id=self.financings[name], act=Act(kind, facts.pop("reason", "as agreed"), **facts),
            key=f"{kind}:{Event.objects.count()}", asked_on=self.today, at=self.story.at(self.today), by=by,
        )  # fmt: skip

    def says(self, table: str) -> None:
        """The nights that `table` names say what it says, in the columns that it names."""
        compare(table, lambda day, column: self.seen[_date(day, self.story.first)][column])

    def holds(self, neighbour: Neighbour | None) -> None:
        """Proofs are clean, control totals close, no break was opened, and the neighbour is as it was."""
        self.night()
        assert faults() == []
        assert ControlTotal.objects.exists()
        assert not ControlTotal.objects.exclude(difference=0).exists()
        assert not Break.objects.exists()
        assert set(NightlyRun.objects.values_list("state", flat=True)) == {"balanced"}
        if neighbour is not None:
            neighbour.must_be_as_it_was()

    def _columns(self, day: date) -> dict[str, str]:
        columns = {"pool drawn": _plain(FundingPool.objects.get().drawn)}
        for name, (code, sign) in ACCOUNTS.items():
            columns[name] = _plain(sign * DailyTotal.objects.balance(code, self.platform.currency, day))
        sales = Sweep.objects.filter(seller=self.seller, business_date=day).first()
        for name in OF_A_SALES_DAY:
            columns[name.replace("_", " ")] = _plain(getattr(sales, name) if sales else ZERO)
        for name, key in self.financings.items():
            for column, value in _columns_of(Financing.objects.get(pk=key), day).items():
                columns[f"{column} {name}".strip()] = value
        return columns


def _columns_of(financing: Financing, day: date) -> dict[str, str]:
    columns = {name.replace("_", " "): _plain(getattr(financing, name)) for name in OF_A_FINANCING}
    moved = Movement.objects.filter(financing=financing, business_date=day)
    for kind, sign in (("accrual", 1), ("sweep", -1)):
        parts = moved.filter(kind=kind).aggregate(*(Sum(name) for name in ("principal", "fee", "interest", "penalty")))
        columns[kind] = _plain(sign * sum((one or ZERO for one in parts.values()), ZERO))
    demand = Demand.objects.filter(financing=financing).order_by("number").last()
    columns["minimum due"] = f"{demand.due_on:%m-%d}" if demand else "-"
    return columns


def compare(table: str, read: Callable[[str, str], str]) -> None:
    """`table`, rows of cells between bars under a header whose first column is the day, says what `read` answers for
    each day and column."""
    header, *rows = _cells(table)
    told = [[row[0], *(read(row[0], column) for column in header[1:])] for row in rows]
    assert told == rows, f"The books say\n{_text([header, *told])}\nand the story says\n{_text([header, *rows])}"


def _cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _text(rows: Iterable[list[str]]) -> str:
    return "\n".join(" | ".join(f"{cell:>14}" for cell in row) for row in rows)


def _date(day: str, first: date) -> date:
    """The date of `MM-DD` in the year after (or of) the story's first day."""
    month, number = (int(part) for part in day.split("-"))
    found = date(first.year, month, number)
    return found if found >= first else date(first.year + 1, month, number)


def _plain(value: Decimal | int | str) -> str:
    return f"{(value + ZERO).normalize():f}" if isinstance(value, Decimal) else str(value)


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()]


def balance_of_seller(seller: Seller) -> Decimal:
    return Seller.objects.get(pk=seller.pk).balance
