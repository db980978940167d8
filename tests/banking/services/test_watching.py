"""A folder that is watched: each file is taken in once and moved, a refused one with its reason beside it."""

import os
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.banking.models import BankAccount, BankLine, StatementFile
from apps.banking.services import keep_mapping
from apps.banking.statements.sheets import ColumnMapping
from apps.banking.tasks import watch_folders
from apps.reconciliation.faults import until
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.banking.statements.files import ACCOUNT
from tests.factories import make_bank_account
from tests.processes import Worker

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()


def statement(number: int = 1) -> str:
    day = f"{YESTERDAY:%y%m%d}"
    return (
        f":20:S\n:25:{ACCOUNT}\n:28C:{number}/1\n:60F:C{day}EUR{number},00\n:61:{day}{day[2:]}C5,00NTRFO-{number}//B\n"
        f":62F:C{day}EUR{number + 5},00\n-\n"
    )


@pytest.fixture
def account(platform: Platform) -> BankAccount:
    return make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR")


def watch(folder: Path, capsys: pytest.CaptureFixture[str], **options: str) -> str:
    call_command("watch_statements", str(folder), platform="meadow", **options)
    return capsys.readouterr().out


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_go_where_they_belong(account: BankAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.sta").write_text(statement(), encoding="utf-8")
    (tmp_path / "bad.sta").write_text("%PDF", encoding="utf-8")
    (tmp_path / "coming.sta.part").write_text(statement(2), encoding="utf-8")
    told = watch(tmp_path, capsys)
    assert told.splitlines() == ["bad.sta: refused: This is a PDF.", "good.sta: 1 lines booked"]
    assert names(tmp_path) == [
        "coming.sta.part", "done/good.sta", "refused/bad.sta", "refused/bad.sta.reason.txt",
    ]  # fmt: skip
    assert (tmp_path / "refused/bad.sta.reason.txt").read_text(encoding="utf-8") == "This is a PDF.\n"
    assert watch(tmp_path, capsys) == ""
    assert BankLine.objects.count() == 1


def test_the_same_file_again_is_nothing_new_and_keeps_its_name_apart(
    account: BankAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for told in ("1 lines booked", "nothing new"):
        (tmp_path / "good.sta").write_text(statement(), encoding="utf-8")
        assert told in watch(tmp_path, capsys)
    assert names(tmp_path) == ["done/good-2.sta", "done/good.sta"]
    assert StatementFile.objects.count() == 1


def test_an_archive_is_taken_in_file_by_file(
    account: BankAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "week.zip", "w") as archive:
        for number in (1, 2):
            archive.writestr(f"{number}.sta", statement(number))
    assert watch(tmp_path, capsys) == "week.zip: 1 lines booked, 1 lines booked\n"
    assert BankLine.objects.count() == 2


def test_csv_files_are_of_the_account_that_is_named(
    account: BankAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = ColumnMapping(
        booking_date="Date", date_format="%Y-%m-%d", decimal_sign=".", amount="Amount", account_number=ACCOUNT,
        currency_code="EUR",
    )  # fmt: skip
    keep_mapping(account_id=account.pk, mapping=mapping, at=datetime.now(UTC), by="user:1")
    csv = f"Date,Amount\n{YESTERDAY},5.00\n"
    (tmp_path / "a.csv").write_text(csv, encoding="utf-8")
    assert "say which account it is" in watch(tmp_path, capsys)
    (tmp_path / "a.csv").write_text(csv, encoding="utf-8")
    assert "a.csv: 0 lines booked" in watch(tmp_path, capsys, csv_account=ACCOUNT)
    with pytest.raises(CommandError, match="is not the number of one account"):
        watch(tmp_path, capsys, csv_account="1")


def test_without_the_folder_nothing_is_read(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("watch_statements", str(tmp_path / "nowhere"), platform="meadow")


def test_beat_finds_what_lies_in_a_platforms_folder(
    fresh_platform: Callable[..., Platform], start_worker: Callable[[], Worker],
    child_environment: dict[str, str], tmp_path: Path,
) -> None:  # fmt: skip
    """A real worker and broker: what is at rest is taken in once, however often it is asked for; the rest waits."""
    one, other = fresh_platform(opened_on=YESTERDAY), fresh_platform(opened_on=YESTERDAY)
    with entered(one.schema_name):
        make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR")
    folder = tmp_path / one.schema_name
    folder.mkdir()
    for name, age in (("good.sta", 60), ("coming.sta", -60)):
        (folder / name).write_text(statement(1 if age > 0 else 2), encoding="utf-8")
        os.utime(folder / name, (time.time() - age,) * 2)
    child_environment["STATEMENTS_FOLDER"] = str(tmp_path)
    start_worker()
    for _time in range(3):
        current_app.send_task("banking.watch_folders")
    until(lambda: (folder / "done" / "good.sta").exists(), "the file to be moved")
    current_app.send_task("banking.watch_folders")
    with entered(one.schema_name):
        assert [line.reference for line in BankLine.objects.all()] == ["O-1"]
        assert StatementFile.objects.get().name == "good.sta"
    with entered(other.schema_name):
        assert not StatementFile.objects.exists()
    assert names(folder) == ["coming.sta", "done/good.sta"]


def test_without_the_setting_no_folder_is_looked_into(tmp_path: Path, settings: Any) -> None:
    settings.STATEMENTS_FOLDER = ""
    watch_folders()
    assert not list(tmp_path.iterdir())
