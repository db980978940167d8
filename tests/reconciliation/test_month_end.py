"""The end of a month: proved as of its last date, exported as the same bytes each time, recorded as evidence."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from beancount import loader
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from lxml import etree

from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.financing.models import Financing
from apps.reconciliation.models import MonthEnd
from apps.reconciliation.months import MonthRefused, closed_months, make_month_end, proofs
from apps.reconciliation.tasks import make_one_month_end
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.story import DAY, Story

D = Decimal
FEBRUARY, LAST = date(2025, 2, 1), date(2025, 2, 28)
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}v"


@pytest.fixture
def story(platform: Platform) -> Story:
    """A financing drawn on the last day of February and repaid in part on the first of March."""
    story = Story(platform, first=LAST - DAY)
    seller = story.seller()
    story.night(LAST - DAY)
    story.draw(story.offer(seller), "1000", LAST)
    story.settle(LAST, seller, "100.00")
    story.night(LAST)
    story.settle(LAST + DAY, seller, "3000.00")
    story.night(LAST + DAY)
    return story


def made(story: Story, on: date = LAST + 2 * DAY) -> MonthEnd:
    return make_month_end(platform=story.platform, month=FEBRUARY, at=story.at(on), by="user:1")


def files_of(row: MonthEnd) -> dict[str, bytes]:
    with default_storage.open(row.stored_as) as stored, ZipFile(stored) as package:
        return {name: package.read(name) for name in package.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_sub_ledgers_are_proved_as_of_the_last_date_whatever_came_after(story: Story) -> None:
    financing = Financing.objects.get()
    assert (financing.principal, financing.fee) == (D(680), D(0))
    then = {one.name: one for one in proofs(LAST, "CNY")}
    assert [one.name for one in then.values() if one.difference] == []
    assert (then["principal"].rows, then["principal"].ledger) == (D(1000), D(1000))
    assert (then["fee"].rows, then["pools_drawn"].rows, then["pools_committed"].rows) == (D(40), D(1000), D(1_000_000))
    assert (then["cash_funding"].rows, then["cash_collection"].rows) == (D(999_000), D(0))
    now = {one.name: one for one in proofs(LAST + DAY, "CNY")}
    assert (now["principal"].rows, now["fee"].rows) == (D(680), D(0))
    assert not any(one.difference for one in now.values())


def test_a_row_that_was_changed_by_hand_opens_the_proof(story: Story) -> None:
    Financing.objects.update(principal=D("680.01"))
    then = {one.name: one.difference for one in proofs(LAST, "CNY") if one.difference}
    assert then == {"principal": D("0.01")}


def test_one_zip_holds_what_auditors_need_and_proves_itself(story: Story) -> None:
    row = made(story)
    files = files_of(row)
    assert set(files) == {
        "trial_balance.csv", "proof.csv", "financings.csv", "sellers.csv", "pools.csv", "statements.csv", "journal.csv",
        "journal.beancount", "books.xlsx", "SHA256SUMS",
    }  # fmt: skip
    with default_storage.open(row.stored_as) as stored:
        assert hashlib.sha256(stored.read()).hexdigest() == row.sha256
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    (financing,) = table(files["financings.csv"])
    assert (financing["seller"], financing["principal"], financing["fee"]) == ("Li Mei", "1000.00", "40.00")
    assert {one["difference"] for one in table(files["proof.csv"])} == {"0.00"}
    balance = table(files["trial_balance.csv"])
    assert sum(D(one["debits"]) for one in balance) == sum(D(one["credits"]) for one in balance) > 0
    (paid_out,) = table(files["statements.csv"])
    assert (paid_out["kind"], paid_out["owed_after"]) == ("disbursement", "1040.00")
    assert {one["business_date"] for one in table(files["journal.csv"])} <= {"2025-02-27", "2025-02-28"}
    _entries, errors, _options = loader.load_string(files["journal.beancount"].decode())
    assert errors == []


def test_the_workbook_says_what_the_csv_says(story: Story, tmp_path: Path) -> None:
    files = files_of(made(story))
    with ZipFile(io.BytesIO(files["books.xlsx"])) as workbook:
        names = [one.get("name") for one in etree.fromstring(workbook.read("xl/workbook.xml")).iter("{*}sheet")]
        assert names == ["trial_balance", "proof", "financings", "sellers", "pools", "statements", "journal"]
        numbers = [D(one.text or "") for one in etree.fromstring(workbook.read("xl/worksheets/sheet3.xml")).iter(CELL)]
        assert b"<f>" not in b"".join(workbook.read(f"xl/worksheets/sheet{number}.xml") for number in range(1, 8))
    (financing,) = table(files["financings.csv"])
    assert numbers == [D(financing[name]) for name in ("principal", "fee", "interest", "penalty", "overpaid")]


def test_made_again_later_it_is_the_same_bytes_and_one_record(story: Story, other_platform: Platform) -> None:
    first = made(story)
    story.night(LAST + 2 * DAY)
    again = made(story, LAST + 3 * DAY)
    assert (again.sha256, again.made_at) == (first.sha256, first.made_at)
    record = Record.objects.get(kind="month_end")
    payload = json.loads(record.payload)
    assert (record.subject, payload["sha256"], payload["through"]) == ("month:2025-02", first.sha256, "2025-02-28")
    assert payload["files"]["journal.csv"] == hashlib.sha256(files_of(first)["journal.csv"]).hexdigest()
    assert evidence.faults() == []
    with entered(other_platform.schema_name):
        assert not MonthEnd.objects.exists()
        assert not default_storage.exists(first.stored_as)
    default_storage.delete(first.stored_as)
    with default_storage.open(made(story).stored_as) as stored:
        assert hashlib.sha256(stored.read()).hexdigest() == first.sha256


def test_a_closed_month_that_was_changed_is_not_made_otherwise(story: Story) -> None:
    first = made(story)
    Financing.objects.update(principal=D("680.01"))
    with pytest.raises(MonthRefused, match="other bytes"):
        made(story)
    kept = MonthEnd.objects.get()
    assert (kept.sha256, Record.objects.filter(kind="month_end").count()) == (first.sha256, 1)


def test_what_was_made_is_guarded_by_the_database(story: Story) -> None:
    made(story)
    for change in ({"sha256": "0" * 64}, {"made_at": None, "sha256": ""}, {"month": date(2025, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MonthEnd.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthEnd.objects.all().delete()


def test_a_month_with_an_open_date_is_not_made(story: Story) -> None:
    assert next(closed_months(story.platform)) == FEBRUARY
    with pytest.raises(MonthRefused, match="2025-03 is not over"):
        make_month_end(platform=story.platform, month=date(2025, 3, 1), at=story.at(LAST + DAY), by="user:1")
    with pytest.raises(MonthRefused, match="2024-12 is not over"):
        make_month_end(platform=story.platform, month=date(2024, 12, 1), at=story.at(LAST + DAY), by="user:1")
    assert not MonthEnd.objects.exists()


def test_the_command_says_what_is_proved_and_writes_the_zip(story: Story, tmp_path: Path) -> None:
    said, target = io.StringIO(), tmp_path / "february.zip"
    call_command("month_end", "2025-02", platform="meadow", output=target, stdout=said)
    row = MonthEnd.objects.get()
    assert ("proved" in said.getvalue(), row.sha256 in said.getvalue()) == (True, True)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == row.sha256
    with pytest.raises(CommandError, match="is not over"):
        call_command("month_end", "2025-03", platform="meadow", stdout=said)
    with pytest.raises(CommandError, match="not a month"):
        call_command("month_end", "2025-13", platform="meadow", stdout=said)


def test_the_desk_asks_a_worker_and_auditors_fetch_it(story: Story, client_of: Callable[..., PlatformClient]) -> None:
    clerk, auditor = (client_of(story.platform, make_user(role=role)) for role in ("staff", "auditor"))
    page = auditor.get("/desk/months/").content.decode()
    assert ("Month end · February 2025" in page, "Make the export" in page) == (True, False)
    assert auditor.post("/desk/months/make/", {"month": "2025-02"}).status_code == 403
    assert clerk.post("/desk/months/make/", {"month": "2025-03"}).status_code == 422
    assert clerk.post("/desk/months/make/", {"month": "soon"}).status_code == 404
    assert not MonthEnd.objects.exists()
    clerk.post("/desk/months/make/", {"month": "2025-02"})
    row = MonthEnd.objects.get()
    assert "under way, 0%" in clerk.get("/desk/months/").content.decode()
    assert auditor.get(f"/desk/months/{row.pk}/file/").status_code == 404
    make_one_month_end(platform="meadow", month="2025-02-01", by="user:1")
    with entered("meadow"):
        row.refresh_from_db()
        assert row.sha256 in auditor.get("/desk/months/?month=2025-02").content.decode()
        fetched: Any = auditor.get(f"/desk/months/{row.pk}/file/")
        assert hashlib.sha256(b"".join(fetched.streaming_content)).hexdigest() == row.sha256
