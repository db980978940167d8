"""The journal as others read it: Beancount by the real bean-check, CSV by a spreadsheet."""

import csv
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Balance, Open, Transaction
from django.core.management import CommandError, call_command

from apps.ledger import chart
from apps.ledger.journal import CSV_COLUMNS, csv_lines, guarded
from apps.ledger.models import DailyTotal
from apps.ledger.services import Draft, Line, post_many, reverse
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import AT, BY, DAY, make_entry

D = Decimal
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def books(platform: Platform) -> None:
    """Three days: funding, a disbursement with its fee, its reversal; and yen beside yuan."""
    make_entry(key="funding:1", amount=D("100000.00"), business_date=DAY - timedelta(days=1))
    loan = make_entry(
        key="disbursement:1",
        kind="disbursement",
        subject="financing:1",
        lines=[
            Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("9000.00")),
            Line(chart.FEE, chart.DEFERRED_FEES, D("360.50")),
        ],
    )
    make_entry(key="yen", amount=D("700"), currency="JPY", by='user "Lin" \\ 7')
    reverse(entry=loan, business_date=TOMORROW, at=AT, by="user:8")


def export(path: Path, **options: object) -> str:
    call_command("export_journal", platform="meadow", output=path, stdout=StringIO(), **options)
    return path.read_text(encoding="utf-8")


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run([program, path], capture_output=True, text=True, check=False)


def test_bean_check_accepts_the_journal(books: None, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    text = export(path, format="beancount")
    checked = bean_check(path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert "2025-03-13 open Assets:Cash:Funding CNY,JPY\n" in text
    assert '2025-03-14 * "disbursement"\n  key: "disbursement:1"\n  subject: "financing:1"\n  by: "test"\n' in text
    assert "  Assets:Financing:Principal  9000.00 CNY\n  Assets:Cash:Funding  -9000.00 CNY\n" in text
    assert "2025-03-16 balance Assets:Cash:Funding  100000.00 CNY\n" in text
    assert "2025-03-16 balance Assets:Cash:Funding  700 JPY\n" in text


def test_beancount_reads_what_was_posted(books: None, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    export(path, format="beancount")
    entries, errors, options = loader.load_file(str(path))
    assert errors == []
    assert options["title"] == "Meadow"
    transactions = [entry for entry in entries if isinstance(entry, Transaction)]
    assert [(entry.date, entry.narration, entry.meta["key"]) for entry in transactions] == [
        (DAY - timedelta(days=1), "funding", "funding:1"),
        (DAY, "disbursement", "disbursement:1"),
        (DAY, "funding", "yen"),
        (TOMORROW, "reversal", "reversal:disbursement:1"),
    ]
    assert transactions[2].meta["by"] == 'user "Lin" \\ 7'
    assert transactions[3].meta["reverses"] == "disbursement:1"
    used = {(one.account.code, one.account.currency) for one in DailyTotal.objects.select_related("account")}
    assert {(one.account, one.amount.currency) for one in entries if isinstance(one, Balance)} == used
    assert {one.account for one in entries if isinstance(one, Open)} == {code for code, _currency in used}


def test_bean_check_refuses_what_was_tampered_with(books: None, tmp_path: Path) -> None:
    """The failing control: the assertions at the end come from the daily totals, not from the postings above them."""
    DailyTotal.objects.filter(account__code=chart.FEE).update(debits=D("1.00"))
    path = tmp_path / "books.beancount"
    export(path, format="beancount")
    checked = bean_check(path)
    assert checked.returncode != 0
    assert "Balance failed for 'Assets:Financing:Fee'" in checked.stdout + checked.stderr


def test_a_range_of_dates_starts_with_what_was_there_before(books: None, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    text = export(path, format="beancount", **{"from": DAY, "to": DAY})
    assert bean_check(path).returncode == 0
    assert (
        '2025-03-14 * "opening balances"\n  Assets:Cash:Funding  100000.00 CNY\n  Equity:Funding  -100000.00 CNY'
        in text
    )
    assert "2025-03-15 balance Assets:Financing:Principal  9000.00 CNY" in text
    assert "reversal" not in text
    assert "funding:1" not in text


def test_empty_books_are_a_valid_journal(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    export(path, format="beancount")
    assert bean_check(path).returncode == 0
    assert export(tmp_path / "books.csv", format="csv").splitlines() == [",".join(CSV_COLUMNS)]


def test_the_csv_has_a_line_a_posting(books: None, tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    export(path, format="csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["entry"], row["debit"], row["credit"], row["amount"], row["currency"]) for row in rows] == [
        ("funding:1", chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "100000.00", "CNY"),
        ("disbursement:1", chart.PRINCIPAL, chart.FUNDING_CASH, "9000.00", "CNY"),
        ("disbursement:1", chart.FEE, chart.DEFERRED_FEES, "360.50", "CNY"),
        ("yen", chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "700", "JPY"),
        ("reversal:disbursement:1", chart.FUNDING_CASH, chart.PRINCIPAL, "9000.00", "CNY"),
        ("reversal:disbursement:1", chart.DEFERRED_FEES, chart.FEE, "360.50", "CNY"),
    ]
    assert rows[2]["by"] == "test"
    assert rows[3]["by"] == 'user "Lin" \\ 7'
    assert rows[4]["reverses"] == "disbursement:1"


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_runs_no_formula_of_ours(platform: Platform, text: str) -> None:
    make_entry(subject=text, key=f"key {text}", by=text)
    row = next(csv.DictReader(StringIO("\n".join(csv_lines(first=DAY, last=DAY)), newline="")))
    assert (row["subject"], row["by"]) == (f"'{text}", f"'{text}")
    assert row["entry"] == f"key {text}"
    assert guarded("financing:1") == "financing:1"


def test_without_a_path_the_journal_is_on_the_screen(books: None) -> None:
    said = StringIO()
    call_command("export_journal", platform="meadow", format="csv", stdout=said)
    assert said.getvalue().splitlines()[0] == ",".join(CSV_COLUMNS)
    assert len(said.getvalue().splitlines()) == 7


def test_a_file_that_cannot_be_written_is_a_sentence_and_an_old_one_stays(books: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written: No such file or directory"):
        export(tmp_path / "missing" / "books.csv", format="csv")
    old = tmp_path / "books.csv"
    old.write_text("last month's")
    with pytest.raises(CommandError, match="--to 2025-03-01 is before --from 2025-03-14: nothing was written"):
        export(old, format="csv", **{"from": DAY, "to": date(2025, 3, 1)})
    assert old.read_text() == "last month's"
    assert list(tmp_path.iterdir()) == [old]


def test_memory_stays_flat_however_long_the_journal(fresh_platform: Callable[..., Platform], tmp_path: Path) -> None:
    name = fresh_platform().schema_name
    line = (Line(chart.FUNDING_CASH, chart.FUNDING_CAPITAL, D("1.00")),)

    def peak(path: Path) -> int:
        tracemalloc.start()
        call_command("export_journal", platform=name, format="beancount", output=path, stdout=StringIO())
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    def add(start: int, number: int) -> None:
        with entered(name):
            drafts = [Draft(f"entry:{start + place}", "funding", "", line) for place in range(number)]
            post_many(drafts, business_date=DAY, currency="CNY", at=AT, by=BY)

    add(0, 12_000)
    first = peak(tmp_path / "short.beancount")
    add(12_000, 48_000)
    second = peak(tmp_path / "long.beancount")
    assert (tmp_path / "long.beancount").read_text().count('* "funding"') == 60_000
    assert second < first * 1.2
