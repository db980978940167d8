"""Every number opens: from a night's control totals and step sums down to the file and line, to the cent."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve
from lxml import html

from apps.banking.models import BankLine, BankStatement, PaymentBatch
from apps.banking.services import approve_and_send, open_account, take_in_statement
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.orders.models import Order, Proceeds
from apps.orders.services import import_settlement
from apps.portal.formats import format_money
from apps.portal.tables import Table
from apps.reconciliation.models import ControlTotal, NightlyRun
from apps.reconciliation.steps import steps_now
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.warehousing.models import WarehouseReceipt
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.orders.feed_files import DELIVERED, feed, take_in
from tests.portal.test_money_files import NUMBER
from tests.story import DAY, Story
from tests.warehousing.pledging import bales, cotton_costs, pledged

D = Decimal
FIRST, SECOND, THIRD, FOURTH = (date(2025, 3, number) for number in (13, 14, 15, 16))
SETTLEMENT = """payout,settled_on,currency,line,kind,seller,order,amount
PO-77,2025-03-15,CNY,1,capture,Li Mei,A-1,800.00
PO-77,2025-03-15,CNY,2,fee,,,12.00
PO-77,2025-03-15,CNY,,payout,,,788.00
"""


@pytest.fixture
def story(platform: Platform, tmp_path: Path) -> Story:
    """Three nights in which everything moves that has a control total. On the 14th two sellers draw and goods go into
    pledge; on the 15th a settlement file pays for an order of a feed; on the 16th a statement books that payout of the
    provider, and ours."""
    story = Story(platform, first=FIRST)
    seller, other = story.seller(), story.seller("Wang Fang")
    story.delivered(other, "2000.00", FIRST)
    open_account(purpose="collection", holder="Meadow", number=NUMBER, currency="CNY", at=story.at(FIRST), by="user:1")
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", SECOND)
    story.draw(story.offer(other, "early-payment"), "500", SECOND)
    cotton_costs("10")
    pledged(bales(2))
    story.night(SECOND)
    order = {**DELIVERED, "order_id": "A-1", "seller_id": "Li Mei", "goods": "792.00", "paid": "800.00"}
    take_in(feed(tmp_path, order))
    import_settlement(source=io.BytesIO(SETTLEMENT.encode()), name="provider.csv", at=story.at(THIRD), by="user:1")
    story.night(THIRD)
    batch = PaymentBatch.objects.get(business_date=THIRD)
    approve_and_send(batch_id=batch.pk, at=story.at(FOURTH), by="user:2")
    payout = batch.instructions.get(kind="payout")
    statement = (
        f":20:S\n:25:{NUMBER}\n:28C:7/1\n:60F:C250316CNY0,00\n"
        ":61:2503160316C788,00NTRFPO-77//B1\n:86:provider\n"
        f":61:2503160316D{said(payout.amount)}NTRF{payout.reference}//B2\n:86:payout\n"
        f":62F:C250316CNY{said(D(788) - payout.amount)}\n-\n"
    )
    take_in_statement(source=io.BytesIO(statement.encode()), name="bank.sta", at=story.at(FOURTH), by="user:1")
    assert BankStatement.objects.get().state == "booked"
    story.night(FOURTH)
    return story


def said(amount: Decimal) -> str:
    """An amount as a SWIFT message writes it."""
    return f"{amount:.2f}".replace(".", ",")


@pytest.fixture
def desk(story: Story, client_of: Callable[..., PlatformClient]) -> PlatformClient:
    return client_of(story.platform, make_user(role="auditor"))


def follow(desk: PlatformClient, page: Any, words: str) -> Any:
    """The page behind the first link of `page` that says `words`."""
    tree = html.fromstring(page.content)
    links = [one for one in tree.iter("a") if words in " ".join(one.text_content().split())]
    assert links, f"no link says {words!r}"
    opened = desk.get(links[0].get("href", ""))
    assert opened.status_code == 200
    return opened


def sum_of(desk: PlatformClient, page: Any, column: int) -> Decimal:
    """The amounts, or quantities, in one column of a page's table, over all of its pages."""
    total = ZERO
    while True:
        table: Table = page.context["table"]
        for row in table.rows:
            cell: Any = row[column]
            total += cell.amount if hasattr(cell, "amount") else D(cell.value.split()[0].replace(",", ""))
        if not (older := page.context["page"].older_url):
            return total
        page = desk.get(page.request["PATH_INFO"] + older)


@pytest.mark.parametrize("day", [SECOND, THIRD, FOURTH])
def test_every_control_total_opens_to_rows_and_postings_that_come_to_it(desk: PlatformClient, day: date) -> None:
    night = desk.get(f"/desk/nights/{day}/")
    totals = list(ControlTotal.objects.filter(run__business_date=day))
    assert {one.name for one in totals} == {
        "principal", "fee", "interest", "penalty", "overpaid", "owed_to_sellers", "cash_collection", "cash_funding",
        "pledged_kg",
    }  # fmt: skip
    assert not any(one.difference for one in totals)
    for one in totals:
        path = f"/desk/nights/{day}/totals/{one.name}/"
        assert path in night.content.decode()
        page = desk.get(path)
        if "table" in page.context:
            for column, figure in ((1, one.opening), (2, one.movements), (3, one.closing)):
                assert sum_of(desk, page, column) == figure, (one.name, column)
        if one.opening:
            assert desk.get(page.context["opening_url"]).context["total"].closing == one.opening
        if not one.unit:
            assert format_money(one.closing, "CNY") in page.content.decode()
            postings = desk.get(page.context["moved_url"])
            assert sum_of(desk, postings, 4) == one.movements == postings.context["sums"].moved, one.name
            assert sum((row[2].amount for row in postings.context["kinds"].rows), ZERO) == one.movements
            assert desk.get(page.context["closing_url"]).context["sums"].closing == one.closing
    moved = {one.name for one in totals if one.movements}
    assert (
        moved
        == {
            SECOND: {"principal", "fee", "cash_funding", "pledged_kg"},
            THIRD: {"principal", "fee", "interest"},
            FOURTH: {"interest", "cash_collection"},
        }[day]
    )


def test_the_sums_of_the_steps_open_to_what_they_are_made_of(desk: PlatformClient) -> None:
    steps = {one.name: one for one in steps_now(NightlyRun.objects.get(business_date=THIRD))}
    night = desk.get(f"/desk/nights/{THIRD}/")
    for name in ("accrue", "sweep"):
        total = steps[name].total
        assert total
        page = follow(desk, night, format_money(total, "CNY"))
        assert abs(page.context["of_kind"].amount) == total
        assert abs(sum_of(desk, page, 4)) == total
    matched = next(one for one in steps_now(NightlyRun.objects.get(business_date=FOURTH)) if one.name == "match")
    page = follow(desk, desk.get(f"/desk/nights/{FOURTH}/"), format_money(matched.total or ZERO, "CNY"))
    assert page.context["sum"] == matched.total
    assert sum((abs(row[4].amount) for row in page.context["table"].rows), ZERO) == matched.total
    paid_out = desk.get(night.context["paid_out_url"])
    assert paid_out.context["of_kind"].amount == night.context["report"].paid_out > 0
    batch = PaymentBatch.objects.get(business_date=THIRD)
    assert batch.message_id in follow(desk, night, format_money(batch.total, "CNY")).content.decode()


def test_from_principal_to_the_line_of_the_settlement_file_and_of_the_order_feed(desk: PlatformClient) -> None:
    page = follow(desk, desk.get(f"/desk/nights/{THIRD}/"), "Principal")
    page = follow(desk, page, format_money(abs(page.context["moved"].amount), "CNY"))
    page = follow(desk, page, "Kept from sales")  # the kind
    page = follow(desk, page, "Kept from sales")  # the entry
    words = page.content.decode()
    assert ("Sweep and allocate" in words, "PO-77:1" in words) == (True, True)
    assert "orders.csv, line 2" in words
    assert "orders.csv" in follow(desk, page, "A-1").content.decode()
    assert Order.objects.get(external_id="A-1").feed_line == 2
    settlement = follow(desk, page, "provider.csv, line 2").content.decode()
    assert ("PO-77:1" in settlement, "line 2" in settlement) == (True, True)
    assert Proceeds.objects.get(key="PO-77:1").file_line == 2


def test_from_cash_to_the_place_in_the_banks_file(desk: PlatformClient) -> None:
    page = follow(desk, desk.get(f"/desk/nights/{FOURTH}/"), "Cash, collection account")
    page = follow(desk, page, format_money(abs(page.context["moved"].amount), "CNY"))
    for words, reference in (("Settlement booked", "PO-77"), ("Payouts booked", "P20250315")):
        entry = follow(desk, follow(desk, page, words), words)
        line = BankLine.objects.get(reference__startswith=reference)
        assert line.carried_by == entry.context["entry"]
        statement = follow(desk, entry, "bank.sta")
        assert statement.context["statement"] == BankStatement.objects.get()
        assert line.entry is not None
        assert line.entry.place in statement.content.decode()


def test_a_financings_movement_opens_its_entry_and_the_entry_its_movements(desk: PlatformClient) -> None:
    seller = Seller.objects.get(name="Li Mei")
    for financing in seller.financings.all():
        page = desk.get(f"/desk/financings/{financing.pk}/")
        for movement in financing.movements.all():
            entry = Entry.objects.get(key=movement.entry_key)
            assert f"/desk/books/entries/{entry.pk}/" in page.content.decode()
            assert financing.number in desk.get(f"/desk/books/entries/{entry.pk}/").content.decode()


def test_from_what_was_earned_to_the_financings_whose_interest_it_is(desk: PlatformClient) -> None:
    night = desk.get(f"/desk/nights/{FOURTH}/")
    page = follow(desk, night, format_money(night.context["report"].earned, "CNY"))
    by_account = sum((row[1].amount for row in page.context["table"].rows), ZERO)
    assert page.context["sum"].amount == night.context["report"].earned == by_account > 0
    page = follow(desk, follow(desk, page, "Income:Interest"), "Interest")  # the kind
    entry = follow(desk, page, "Interest")
    tables = {table.caption: table for table in entry.context["tables"]}
    carried = tables["Movements of financings"]
    assert sum((row[4].amount for row in carried.rows), ZERO) == night.context["report"].earned
    early = Seller.objects.get(name="Wang Fang").financings.get()
    assert {row[0].value for row in carried.rows} == {early.number}
    assert f"/desk/financings/{early.pk}/" in entry.content.decode()


def test_from_the_value_of_the_goods_to_their_receipts(desk: PlatformClient) -> None:
    valued = next(
        one for one in steps_now(NightlyRun.objects.get(business_date=FOURTH)) if one.name == "value_receipts"
    )
    for day in (SECOND, FOURTH):
        page = follow(desk, desk.get(f"/desk/nights/{day}/"), format_money(valued.total or ZERO, "CNY"))
        assert sum((row[3].amount for row in page.context["table"].rows), ZERO) == valued.total
    receipts = WarehouseReceipt.objects.all()
    assert len(page.context["table"].rows) == len(receipts) == 2
    for receipt in receipts:
        assert f"/admin/warehousing/warehousereceipt/{receipt.pk}/change/" in page.content.decode()
    assert not desk.get(f"/desk/nights/{FIRST}/valued/").context["table"].rows


def test_what_is_past_due_opens_to_the_financings_and_so_does_a_class_of_provisioning(
    story: Story, desk: PlatformClient
) -> None:
    """A financing that is past due on the latest night; of the nights before nobody knows that any was."""
    late, other = Financing.objects.order_by("pk")
    Financing.objects.filter(pk=late.pk).update(past_due="60.00", days_past_due=40)
    Seller.objects.filter(pk=late.seller_id).update(worst_days_past_due=40)
    page = desk.get(f"/desk/nights/{FOURTH}/late/")
    assert [(row[0].value, row[2].amount) for row in page.context["table"].rows] == [(late.number, D("60.00"))]
    assert not desk.get(f"/desk/nights/{THIRD}/late/").context["table"].rows
    for class_of, one in ((0, other), (1, late)):
        row = desk.get("/desk/books/").context["provisions"].rows[class_of]
        owing = desk.get(row[0].href)
        assert owing.context["sum"].amount == row[2].amount == sum_of(desk, owing, 1)
        assert [cells[0].value for cells in owing.context["table"].rows] == [one.number]
    assert desk.get("/desk/books/owing/nothing/").status_code == 404


def test_no_sum_of_the_desk_is_without_a_way_down(story: Story, client_of: Callable[..., PlatformClient]) -> None:
    """Every kind of page that links of the desk lead to, two of each: a sum is a link, or stands in a row that is
    opened by one. Nothing stands behind nothing, so a sum of zero need not open."""
    odd = (
        f":20:S\n:25:{NUMBER}\n:28C:8/1\n:60F:C250317CNY84,00\n:61:2503170317C12,34NTRFWHO//B3\n:86:nobody knows\n"
        ":62F:C250317CNY96,34\n-\n"
    )
    take_in_statement(source=io.BytesIO(odd.encode()), name="odd.sta", at=story.at(FOURTH + DAY), by="user:1")
    assert story.night(FOURTH + DAY).state == "with_breaks"
    desk = client_of(story.platform, make_user(role="staff"))
    walked: Counter[str] = Counter()
    shut = []
    paths = ["/desk/"]
    for path in paths:  # which grows on the way
        page = desk.get(path)
        name = page.resolver_match.view_name.removeprefix("desk:")
        walked[name] += 1
        tree = html.fromstring(page.content)
        shut += [(name, path, figure) for figure in _shut(tree) if name not in WITHOUT_A_WAY_DOWN]
        found = [link.get("href", "") for link in tree.iter("a")]
        paths += [link for link in dict.fromkeys(found) if link not in paths and _may_follow(link, paths)]
    assert not shut
    assert walked.keys() >= WITHOUT_A_WAY_DOWN.keys(), "what is excepted is still there"


# Pages whose figures are the bottom, or the sums of the rows that stand right below them.
WITHOUT_A_WAY_DOWN = {
    "entry": "postings are the smallest pieces; what they rest on stands below with file and line",
    "statement": "balances as the bank's file says them, over its entries",
    "file": "the same of each of its statements",
    "settlement": "sums over the lines of the file that stand below",
    "postings": "sums over the postings that stand below",
    "total": "sums over the rows that stand below; each row opens",
    "books": "all debits and all credits are the sums of the accounts below",
    "earned": "the sum of the accounts below",
    "valued": "the sum of the receipts below",
    "owing": "the sum of the financings below",
    "explained": "the sum of the lines of the bank below, each with file and line",
    "found": "the sum of the breaks below",
    "tonight": "the sum of the forecast's breaks below",
    "batch": "the sum of the payments below",
    "financing": "balances over the movements below, which open; and what its contract says is due",
    "known": "the same as of a day",
    "act": "what an act would change, before it is done",
    "seller": "a limit is decided and not summed, its reasons beside it; what is used stands below, row by row",
    "rules": "limits that people set",
}
ONE_OF_A_KIND = 2


def _shut(tree: Any) -> list[str]:
    """The sums of a page that nothing opens."""
    figures = [one for one in tree.cssselect("span.num") if "¥" in one.text_content()]
    return [
        one.text_content()
        for one in figures
        if D("".join(sign for sign in one.text_content() if sign.isdigit()))
        and not any(
            above.tag == "a" or (above.tag == "tr" and above.cssselect("a[href]")) for above in one.iterancestors()
        )
    ]


def _may_follow(link: str, known: list[str]) -> bool:
    if not link.startswith("/desk/") or "/original/" in link or link.endswith("/file/") or "/file/?" in link:
        return False
    kind = resolve(link.partition("?")[0], "config.urls_tenant").view_name
    alike = [one for one in known if resolve(one.partition("?")[0], "config.urls_tenant").view_name == kind]
    return len(alike) < ONE_OF_A_KIND


def test_what_was_asked_wrongly_is_answered_in_words(desk: PlatformClient) -> None:
    where = "/desk/books/postings/?account=Assets:Cash:Collection&currency=CNY"
    assert desk.get(f"{where}&first=2025-03-14&last=2025-03-13").status_code == 422
    late = desk.get(f"{where}&first=2024-03-14&last=2025-03-13")
    assert (late.status_code, "at most 31 days" in late.content.decode()) == (422, True)
    assert desk.get(f"{where}&first=soon&last=2025-03-13").status_code == 422
    assert desk.get("/desk/books/postings/?account=Assets:Gold&currency=CNY").status_code == 404
    assert desk.get("/desk/books/postings/").status_code == 404
    assert desk.get(f"/desk/nights/{SECOND}/totals/gold/").status_code == 404
    assert desk.get(f"/desk/nights/{FOURTH + DAY}/totals/principal/").status_code == 404
