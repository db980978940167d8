"""manage.py read_statements: what people and grep see. It needs no platform and no database."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.banking.statements.files import ACCOUNT, camt, camt_entry, mt940


def said(*arguments: str | Path) -> list[str]:
    out = StringIO()
    call_command("read_statements", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def starting(lines: list[str], kind: str) -> list[str]:
    return [line.strip() for line in lines if line.strip().startswith(f"{kind} ")]


def test_accounts_entries_balances_and_whether_they_add_up(tmp_path: Path) -> None:
    (tmp_path / "march.xml").write_text(camt(camt_entry("70.00") + camt_entry("20.00", "DBIT"), closing="160.00"))
    lines = said(tmp_path / "march.xml")
    assert starting(lines, "STATEMENT")[0].startswith(f'STATEMENT number=1 account="{ACCOUNT}" id="2026-03"')
    assert starting(lines, "ENTRY")[0] == (
        "ENTRY booked=2026-03-10 value=2026-03-11 amount=70.00 currency=EUR status=booked "
        'read_from="statement 1, entry 1, line 8"'
    )
    assert [line.partition(" read_from")[0] for line in starting(lines, "BALANCE")] == [
        'BALANCE kind="OPBD" amount=100.00 currency=EUR on=2026-03-01',
        'BALANCE kind="CLBD" amount=160.00 currency=EUR on=2026-03-31',
    ]
    assert "opening=100.00 booked=50.00 closing=160.00 currency=EUR adds_up=no difference=10.00" in lines[-2]
    assert lines[-1].endswith("statements=1 entries=2 add_up=0 do_not_add_up=1 not_provable=0 problems=0")


def test_a_folder_has_a_summary_for_each_file_and_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.sta").write_text(mt940(""))
    (tmp_path / "a.xml").write_text(camt(""))
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    lines = said("--summary", tmp_path)
    assert [line.split()[1] for line in lines] == [
        f'file="{tmp_path}/a.xml"',
        f'file="{tmp_path}/c.pdf"',
        f'file="{tmp_path}/deep/b.sta"',
    ]
    assert lines[1].endswith('refused="This is a PDF."')
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_path_that_is_not_there_stops_it_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(camt(""))
    with pytest.raises(CommandError, match=r"There is no .*gone\.xml\. Nothing was read\."):
        said(tmp_path / "a.xml", tmp_path / "gone.xml")


def test_a_mapping_is_a_file_of_json(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("Dag;Som\n03-04-2026;1,50\n")
    (tmp_path / "bank.json").write_text(
        '{"booking_date": "Dag", "date_format": "%d-%m-%Y", "decimal_sign": ",", "delimiter": ";", "amount": "Som", '
        '"account_number": "NL1", "currency_code": "EUR"}'
    )
    lines = said("--mapping", tmp_path / "bank.json", tmp_path / "lines.csv")
    assert "booked=2026-04-03 amount=1.50 currency=EUR" in starting(lines, "ENTRY")[0]
    (tmp_path / "bank.json").write_text("[]")
    with pytest.raises(CommandError, match=r"holds no JSON object\. Nothing was read\."):
        said("--mapping", tmp_path / "bank.json", tmp_path / "lines.csv")


def test_text_of_a_bank_cannot_break_the_lines(tmp_path: Path) -> None:
    evil = "x&#10;SUMMARY file=&quot;forged&quot; \u202e \u001b".replace("\u001b", "")
    (tmp_path / "a.xml").write_text(camt(camt_entry("1.00", more=f"<AddtlNtryInf>{evil}</AddtlNtryInf>")), "utf-8")
    lines = said(tmp_path / "a.xml")
    assert len(starting(lines, "SUMMARY")) == 1
    assert '\\nSUMMARY file=\\"forged\\" \\u202e' in starting(lines, "ENTRY")[0]
