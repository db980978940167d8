"""The portfolio's pages: who reads them, what they show, where figures lead, what is taken away and on record."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from django.urls import reverse
from lxml import etree, html

from apps.core.exports import xlsx_answer
from apps.core.models import Export
from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.reconciliation.models import PortfolioRow
from apps.reconciliation.portfolio import make_missing_days
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import AT, make_portfolio_day, make_portfolio_row, make_user
from tests.story import DAY, FIRST, Story

D = Decimal
SignedIn = Callable[..., PlatformClient]
READERS = (Role.FINANCIER, Role.ANALYST, Role.APPROVER, Role.STAFF, Role.AUDITOR)
TAKERS = {Role.FINANCIER, Role.AUDITOR}


def page(name: str, *args: str, **asked: Any) -> str:
    return f"{reverse(f'admin:reconciliation_portfolioday_{name}', args=args)}?{urlencode(asked)}"


def text_of(answer: Any) -> str:
    return " ".join(html.fromstring(answer.content).text_content().split())


def drawn(platform: Platform, name: str = "Li Mei") -> Financing:
    """1,000.00 drawn on the second day; 320.00 of its 1,040.00 came back on the third."""
    story = Story(platform)
    seller = story.seller(name)
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    make_missing_days(currency=platform.currency, at=AT)
    story.settle(FIRST + 2 * DAY, seller, "3000.00")
    story.night(FIRST + 2 * DAY)
    make_missing_days(currency=platform.currency, at=AT)
    return Financing.objects.get()


@pytest.mark.parametrize("role", READERS)
def test_whoever_enters_the_admin_reads_and_only_two_roles_take_away(signed_in: SignedIn, role: Role) -> None:
    make_portfolio_row()
    client = signed_in(role)
    for name in ("portfolio", "financings"):
        shown = client.get(page(name))
        assert shown.status_code == 200
        assert ("Export as XLSX" in shown.content.decode()) == (role in TAKERS)
    for what in ("rows", "financings"):
        for kind in ("csv", "xlsx"):
            assert client.get(page("take", what, kind)).status_code == 405
            assert client.post(page("take", what, kind)).status_code == (200 if role in TAKERS else 403)
    assert Export.objects.count() == (4 if role in TAKERS else 0)


@pytest.mark.parametrize("role", [Role.SELLER, Role.WAREHOUSE])
def test_nobody_else_reads_anything(signed_in: SignedIn, role: Role) -> None:
    make_portfolio_row()
    client = signed_in(role)
    for address in (page("portfolio"), page("financings")):
        assert client.get(address, follow=True).status_code == 403
    assert client.post(page("take", "rows", "csv"), follow=True).status_code == 403
    assert not Export.objects.exists()


def test_a_platform_on_which_no_night_was_is_told_what_comes(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    shown = text_of(client.get(page("portfolio")))
    assert "No night has closed a date with financings yet" in shown
    assert "within a minute or two" in shown
    assert client.get(page("financings")).status_code == 404
    assert signed_in(Role.AUDITOR).post(page("take", "rows", "csv")).status_code == 404


def test_the_page_says_what_the_books_say_and_each_figure_opens(platform: Platform, signed_in: SignedIn) -> None:
    row = drawn(platform)
    client = signed_in(Role.ANALYST)
    answer = client.get(page("portfolio"))
    shown = text_of(answer)
    assert "add up to the control totals of that night" in shown
    assert "The same four buckets for every product" in shown
    facts = {line.label: line.cell for line in answer.context["lines"]}
    assert (facts["Owed"].amount, facts["Financings"].count) == (row.outstanding, 1)
    assert facts["Income of the period"].amount == D(40)
    assert facts["Collected in the period"].amount == D(1040) - row.outstanding
    assert len(answer.context["charts"]) == 3
    for chart in answer.context["charts"]:
        drawing = etree.fromstring(str(chart.svg))
        assert drawing.get("role") == "img"
        assert len(drawing.findtext("desc") or "") > 30
        assert len(chart.table.rows) == 2
    opened = client.get(facts["Owed"].href)
    assert row.number in text_of(opened)
    (link,) = [one for one in html.fromstring(opened.content).iterlinks() if "financing__id__exact" in one[2]][:1]
    movements = client.get(link[2])
    assert movements.status_code == 200
    entries = {one[2] for one in html.fromstring(movements.content).iterlinks() if "ledger/entry/?q=" in one[2]}
    assert len(entries) == row.movements.values("entry_key").distinct().count() > 1
    for address in entries:
        (entry,) = client.get(address).context["cl"].result_list
        assert isinstance(entry, Entry)


def test_every_link_of_the_page_opens(platform: Platform, signed_in: SignedIn) -> None:
    drawn(platform)
    client = signed_in(Role.AUDITOR)
    links = {
        one[2] for one in html.fromstring(client.get(page("portfolio")).content).iterlinks()
        if "portfolioday/financings" in one[2]
    }  # fmt: skip
    assert len(links) >= 10
    for address in links:
        opened = client.get(address)
        assert opened.status_code == 200
        assert len(opened.context["page"].rows) == (0 if "bucket=late" in address else 1), address


def test_filters_narrow_and_unknown_ones_are_said_to_be(signed_in: SignedIn) -> None:
    day = make_portfolio_day()
    make_portfolio_row(day=day, grade="A", category="tea", region="south", principal=D(300))
    make_portfolio_row(day=day, grade="B", category="", region="north", principal=D(500))
    client = signed_in(Role.ANALYST)

    def owed(**asked: str) -> Decimal:
        answer = client.get(page("portfolio", **asked))
        assert answer.status_code == 200
        found: Decimal = answer.context["lines"][0].cell.amount
        return found

    assert owed() == D(800)
    assert owed(grade="A") == owed(category="tea") == owed(region="south") == D(300)
    assert owed(category="-") == D(500)
    assert owed(grade="A", region="north") == D(0)
    row = PortfolioRow.objects.get(grade="B")
    assert owed(product=str(row.product_id)) == owed(pool=str(row.pool_id)) == D(500)
    assert owed(on="2030-01-01") == owed(on="1999-01-01") == D(800)
    for bad in ({"grade": "'; --"}, {"product": "0"}, {"on": "yesterday"}, {"days": "-1"}):
        answer = client.get(page("portfolio", **bad))
        assert "These filters are not known here" in text_of(answer)
        assert answer.context["lines"][0].cell.amount == D(800)
    for bad in ({"bucket": "sour"}, {"month": "May"}, {"late_by": "many"}, {"seller": "x"}, {"older": "x"}):
        assert client.get(page("financings", **bad)).status_code == 404


def test_rows_that_do_not_make_the_books_raise_an_alarm(platform: Platform, signed_in: SignedIn) -> None:
    drawn(platform)
    make_portfolio_row(day=PortfolioRow.objects.order_by("-pk")[0].day, principal=D("0.01"), principal_before=D(0))
    shown = text_of(signed_in(Role.APPROVER).get(page("portfolio")))
    assert "do not add up to the books" in shown
    assert "add up to the control totals of that night" not in shown


def taken(client: PlatformClient, what: str, kind: str, **asked: Any) -> bytes:
    answer: Any = client.post(page("take", what, kind, **asked))
    assert (answer.status_code, answer.streaming) == (200, True)
    return b"".join(answer.streaming_content)


def test_files_hold_what_the_page_shows_and_leave_a_trace(platform: Platform, signed_in: SignedIn) -> None:
    row = drawn(platform, name="=HYPERLINK(1)")
    auditor = make_user(role=Role.AUDITOR)
    client = signed_in(user=auditor)
    lines = list(csv.DictReader(io.StringIO(taken(client, "rows", "csv").decode("utf-8-sig"))))
    assert [one["date"] for one in lines] == ["2025-03-02", "2025-03-03"]
    assert sum(D(lines[-1][name]) for name in ("principal", "fee", "interest", "penalty")) == row.outstanding
    (line,) = csv.DictReader(io.StringIO(taken(client, "financings", "csv").decode("utf-8-sig")))
    assert (line["financing"], D(line["owed"]), line["stood"]) == (row.number, row.outstanding, "in_time")
    assert line["seller_name"] == "'=HYPERLINK(1)"
    with ZipFile(io.BytesIO(taken(client, "financings", "xlsx", bucket="in_time"))) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml")
        numbers = [D(one.text or "") for one in etree.fromstring(sheet).iter("{*}v")]
    assert b"<f>" not in sheet
    assert b"=HYPERLINK(1)" in sheet
    assert row.outstanding in numbers
    traces = list(Export.objects.order_by("pk").values_list("model", "query", "rows", "by"))
    assert traces == [
        ("reconciliation.portfoliorow", "", 2, auditor.actor),
        ("financing.financing", "", 1, auditor.actor),
        ("financing.financing", "bucket=in_time", 1, auditor.actor),
    ]
    for bad in ({"what": "users", "kind": "csv"}, {"what": "rows", "kind": "exe"}):
        assert client.post(page("take", bad["what"], bad["kind"])).status_code == 404
    assert client.post(page("take", "rows", "csv", grade="Z")).status_code == 404
    assert Export.objects.count() == 3


def test_a_file_is_read_in_the_platform_that_it_was_asked_of(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        make_portfolio_row(category="of harbor")
    with entered(meadow.schema_name):
        make_portfolio_row(category="of meadow")
        answer: Any = client_of(meadow, make_user(role=Role.AUDITOR)).post(page("take", "rows", "xlsx"))
    with entered(harbor.schema_name):
        with ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as workbook:
            sheet = workbook.read("xl/worksheets/sheet1.xml")
        assert not Export.objects.exists()
    assert b"of meadow" in sheet
    assert b"of harbor" not in sheet


def test_ten_thousand_rows_of_a_workbook_take_no_more_memory_than_a_few(platform: Platform) -> None:
    rows = ((number, "x" * 1000, D("0.10"), None) for number in range(10_000))
    answer: Any = xlsx_answer("many.xlsx", "many", ["number", "text", "amount", "nothing"], rows)
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in answer.streaming_content)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 50_000
    assert peak < 4_000_000  # all rows at once would be above 10 MB
