"""A provider's settlement file: whole to the cent, once, and its payout is what the bank's line has to be."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.banking.models import BankLine
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Entry
from apps.ledger.proofs import faults as ledger_faults
from apps.orders.models import FeedFile, Order, Proceeds, Settlement
from apps.orders.refusals import SettlementRefused
from apps.orders.services import SettlementTaken, import_settlement
from apps.reconciliation.models import Break
from apps.repayment.proofs import faults as repayment_faults
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.story import DAY, FIRST, Story

D = Decimal
HEAD = "payout,settled_on,currency,line,kind,seller,order,amount\n"


@pytest.fixture
def story(platform: Platform) -> Story:
    """Two sellers, each with a delivered order that is called O-1 by the platform, of 500.00 and of 300.00."""
    story = Story(platform)
    for name, paid in (("Li Mei", "500.00"), ("Wang Fang", "300.00")):
        story.delivered(story.seller(name, consents=False), paid, FIRST - 3 * DAY, name="O-1")
    return story


def line(name: str, kind: str, seller: str, amount: str, order: str = "O-1", payout: str = "PO-77") -> str:
    return f"{payout},2025-03-01,CNY,{name},{kind},{seller},{order},{amount}\n"


def total(amount: str, payout: str = "PO-77") -> str:
    return f"{payout},2025-03-01,CNY,,payout,,,{amount}\n"


# One order over two sellers, one of them paid for in two receipts; a refund, a chargeback, two fees.
BODY = (
    line("1", "capture", "Li Mei", "200.00") + line("2", "capture", "Li Mei", "300.00")
    + line("3", "capture", "Wang Fang", "300.00") + line("4", "refund", "Li Mei", "20.00")
    + line("5", "chargeback", "Wang Fang", "300.00") + line("6", "fee", "", "4.80", order="")
    + line("7", "fee", "Wang Fang", "15.00") + total("460.20")
)  # fmt: skip


def taken_in(story: Story, body: str = BODY, name: str = "provider.csv", on: date = FIRST) -> SettlementTaken:
    return import_settlement(source=io.BytesIO((HEAD + body).encode()), name=name, at=story.at(on), by="user:1")


def refusal(story: Story, content: bytes) -> SettlementRefused:
    with pytest.raises(SettlementRefused) as refused:
        import_settlement(source=io.BytesIO(content), name="provider.csv", at=story.at(FIRST), by="user:1")
    assert not any(model.objects.exists() for model in (Settlement, Proceeds, FeedFile))
    assert not Entry.objects.filter(kind="provider_fees").exists()
    return refused.value


def bank_books(story: Story, amount: str, on: date, reference: str = "PO-77") -> BankLine:
    return BankLine.objects.create(
        purpose="collection",
        booked_on=on,
        amount=D(amount),
        currency="CNY",
        reference=reference,
        key=f"{reference}:{on}",
    )


def balance(code: str) -> Decimal:
    return DailyTotal.objects.balance(code, "CNY", FIRST + 30 * DAY)


def test_lines_land_with_their_sellers_and_the_payout_comes_to_its_total(story: Story) -> None:
    taken = taken_in(story)
    (one,) = taken.settlements
    assert (one.captured, one.refunded, one.charged_back, one.fees, one.total) == (
        D(800), D(20), D(300), D("19.80"), D("460.20"),
    )  # fmt: skip
    assert one.booked_on == FIRST
    li, wang = Seller.objects.get(name="Li Mei"), Seller.objects.get(name="Wang Fang")
    assert sorted(Proceeds.objects.filter(seller=li).values_list("kind", "amount")) == [
        ("capture", D(200)), ("capture", D(300)), ("refund", D(20)),
    ]  # fmt: skip
    assert Order.objects.get(seller=wang, external_id="O-1").state == "charged_back"
    assert set(Proceeds.objects.values_list("settlement", flat=True)) == {one.pk}


def test_orders_settlement_bank_and_ledger_are_equal(story: Story) -> None:
    taken_in(story)
    line = bank_books(story, "460.20", FIRST + DAY)
    assert story.night(FIRST).state == "balanced"
    assert story.night(FIRST + DAY).state == "balanced"
    line.refresh_from_db()
    assert line.matched_to == f"settlement:payout:{Settlement.objects.get().pk}"
    assert balance(chart.PROVIDER_FEES) == D("19.80")
    assert balance(chart.SETTLEMENT_RECEIVABLE) == 0
    assert balance(chart.COLLECTION_CASH) == D("460.20")
    assert [*ledger_faults(), *repayment_faults()] == []


def test_the_sellers_get_their_sales_whole_the_fee_is_the_platforms(story: Story) -> None:
    taken_in(story)
    story.night(FIRST)
    li, wang = Seller.objects.get(name="Li Mei"), Seller.objects.get(name="Wang Fang")
    assert li.sweeps.get().paid_out == D(480)
    assert wang.sweeps.get().net == 0


def test_what_the_platform_settles_itself_on_the_same_day_is_expected_beside_it(story: Story) -> None:
    taken_in(story)
    story.settle(FIRST, Seller.objects.get(name="Wang Fang"), "70.00")
    bank_books(story, "460.20", FIRST + DAY)
    bank_books(story, "70.00", FIRST + DAY, "SETTLEMENT-20250301")
    story.night(FIRST)
    assert story.night(FIRST + DAY).state == "balanced"
    assert balance(chart.SETTLEMENT_RECEIVABLE) == 0
    assert not BankLine.objects.unmatched().exists()


def test_a_payout_of_another_amount_is_a_break(story: Story) -> None:
    taken_in(story)
    bank_books(story, "460.00", FIRST + DAY)
    story.night(FIRST)
    assert story.night(FIRST + DAY).state == "with_breaks"
    assert (Break.objects.get().kind, Break.objects.get().amount) == ("amount", D("0.20"))


def test_a_payout_that_never_comes_is_missing(story: Story) -> None:
    taken_in(story)
    for number in range(6):
        story.night(FIRST + number * DAY)
    assert "The settlement PO-77 says 460.2" in Break.objects.get(amount=D("460.20")).text


def test_a_provider_that_collects_is_booked_the_other_way(story: Story) -> None:
    taken_in(story, line("1", "fee", "", "30.00", order="") + total("-30.00"))
    bank_books(story, "-30.00", FIRST + DAY)
    story.night(FIRST)
    assert story.night(FIRST + DAY).state == "balanced"
    assert (balance(chart.COLLECTION_CASH), balance(chart.SETTLEMENT_RECEIVABLE)) == (D(-30), D(0))


def test_the_same_bytes_are_nothing_new_and_another_file_for_the_payout_is_refused(story: Story) -> None:
    first = taken_in(story)
    again = taken_in(story, name="renamed.csv")
    assert (again.is_new, again.settlements) == (False, first.settlements)
    with pytest.raises(SettlementRefused, match=r"PO-77 came before in provider\.csv with a total of 460\.2000; .* 5"):
        taken_in(story, line("9", "capture", "Li Mei", "5.00", order="") + total("5.00"), name="other.csv")
    assert (Settlement.objects.count(), Proceeds.objects.count(), FeedFile.objects.count()) == (1, 5, 1)


def test_several_payouts_in_a_file_land_together_or_not_at_all(story: Story) -> None:
    second = line("1", "capture", "Li Mei", "9.00", order="", payout="PO-78") + total("9.00", payout="PO-78")
    refused = refusal(story, (HEAD + BODY + second.replace("9.00", "8.00", 1)).encode())
    assert [one.reason for one in refused.rejected] == ["The lines of payout PO-78 come to 8.00, its total is 9.00."]
    assert [one.payout for one in taken_in(story, BODY + second).settlements] == ["PO-77", "PO-78"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("9", "capture", "Nobody", "1.00", order=""), "The seller is unknown."),
        (line("9", "capture", "Li Mei", "1.00", order="O-99"), "The order is unknown."),
        (line("9", "capture", "Li Mei", "0.01"), "500.01 would be settled for an order of which the buyer paid"),
        (line("9", "refund", "Li Mei", "481.00"), "would be given back"),
        (line("9", "capture", "Li Mei", "1.005", order=""), "'1.005' is no amount in CNY."),
        (line("9", "capture", "Li Mei", "1e3", order=""), "'1e3' is no amount in CNY."),
        (line("9", "capture", "Li Mei", "ten", order=""), "'ten' is no amount."),
        (line("9", "capture", "Li Mei", "-1.00", order=""), "is not positive"),
        (line("9", "bonus", "Li Mei", "1.00", order=""), "'bonus' is none of"),
        (line("1", "capture", "Li Mei", "1.00", order=""), "is empty or came before"),
        (line("9", "capture", "Li Mei", "1.00").replace("CNY", "EUR"), "EUR is not CNY"),
        (line("9", "capture", "Li Mei", "1.00").replace("2025-03-01", "2025-03-02"), "was of 2025-03-01 before"),
        (line("9", "capture", "Li Mei", "1.00").replace("2025-03-01", "1 March"), "is no date"),
        ("PO-77,2025-03-01\n", "has not the 8 cells"),
        (total("460.20"), "has a total already"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_nothing_lands(story: Story, bad: str, reason: str) -> None:
    amount = bad.rpartition(",")[2].strip()
    is_sale = amount.replace(".", "").isdigit() and amount[-3:-2] == "." and "payout,,," not in bad
    change = D(amount) * (-1 if ",refund," in bad else 1) if is_sale else D(0)
    body = BODY.replace("460.20", str(D("460.20") + change))
    refused = refusal(story, (HEAD + body + bad).encode())
    assert [one.key for one in refused.rejected] == ["10"]
    assert reason in refused.rejected[0].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has to name payout"),
        (b"a,b,c\n", "has to name payout"),
        (HEAD.encode(), "no payout in the file"),
        (b"PK\x03\x04", "zip archive"),
        (HEAD.encode("utf-16"), "UTF-16"),
        (HEAD.encode() + "é".encode("latin-1"), "not UTF-8"),
        ((HEAD + BODY.replace(total("460.20"), "")).encode(), "1 lines are wrong"),
        ((HEAD + BODY.replace("2025-03-01", "1900-01-01")).encode(), "1900-01-01 cannot come on"),
        ((HEAD + BODY.replace("2025-03-01", "2100-01-01")).encode(), "2100-01-01 cannot come on"),
    ],
)
def test_what_is_no_settlement_file_is_refused_in_a_sentence(story: Story, content: bytes, reason: str) -> None:
    assert reason in str(refusal(story, content))


def test_the_command_takes_it_in_and_names_bad_lines(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "provider.csv"
    today = date.today().isoformat()  # noqa: DTZ011  the command reads the clock
    body = "".join([line("1", "capture", "Li Mei", "5.00", order=""), total("5.00")]).replace("2025-03-01", today)
    path.write_text(HEAD + body.replace("Li Mei", "Nobody"), encoding="utf-8")
    with pytest.raises(CommandError, match="1 lines of payout PO-77 cannot be booked"):
        call_command("import_settlement", str(path), platform="meadow")
    assert "line 2: The seller is unknown." in capsys.readouterr().err
    path.write_text(HEAD + body, encoding="utf-8")
    for told in ("PO-77: 5.00", "Nothing to do"):
        call_command("import_settlement", str(path), platform="meadow")
        assert told in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_settlement", str(tmp_path / "nowhere.csv"), platform="meadow")
