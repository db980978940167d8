"""Every file of the shared collection, against every fact that is known of it.

The facts were taken by another program, which skips some lines that our reader takes: `BETTER` names each such place
and why. There the file itself is the witness, since its balances add up with our reading.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.banking.statements.bytes_in import members
from apps.banking.statements.parts import Refused
from apps.banking.statements.proof import Statement
from apps.banking.statements.reading import Options, StatementFile, read

Fact = dict[str, Any]
SPACES = "wolph__mt940/ASNB/mt940_with_spaces_for_entry_date.txt"
CITI = "wolph__mt940/citi/mt940.txt"
OFX_WRONG = "OCA__bank-statement-import/account_statement_import_ofx/tests/test_ofx_file/test_ofx_wrong.ofx"
# (file, place of the statement) -> the fact as it is in the file. The facts leave out lines whose booking date is
# written as four spaces, though the bank's closing balance counts them.
BETTER: dict[tuple[str, int], Fact] = {
    (SPACES, 0): {"entries": "1", "booked_net": "-65.00", "opening_plus_net_equals_closing": "true"},
    (SPACES, 30): {"entries": "2", "booked_net": "96.42", "opening_plus_net_equals_closing": "true"},
    (CITI, 0): {"entries": "5", "booked_net": "-1142.75", "opening_plus_net_equals_closing": "true"},
}
# The facts count what is commented out in this file: an amount, and the first statement's account and currency.
NUMBERS = ("opening", "closing", "entries", "pending", "transaction_details", "booked_net", "sum", "ledger_balance")
COMMENTED_OUT: Fact = {"currency": None, "entries": "4", "sum": None}


@pytest.fixture(scope="module")
def bankfiles(shared_data: Path) -> Path:
    return shared_data / "bankfiles"


@pytest.fixture(scope="module")
def facts(bankfiles: Path) -> dict[str, list[Fact]]:
    """The facts of each file, in the order of its statements."""
    of_file: dict[str, list[Fact]] = defaultdict(list)
    for fact in json.loads((bankfiles / "EXPECTED_FACTS.json").read_text()):
        of_file[fact["file"]].append(fact)
    return of_file


def read_path(path: Path) -> StatementFile:
    with path.open("rb") as source:
        return read(source, path.name)


def test_every_fact_of_camt_files(bankfiles: Path, facts: dict[str, list[Fact]]) -> None:
    checked = compare(bankfiles, facts, "camt.", camt_facts)
    assert checked == 36


def test_every_fact_of_mt940_files(bankfiles: Path, facts: dict[str, list[Fact]]) -> None:
    checked = compare(bankfiles, facts, "MT940", mt940_facts)
    assert checked == 113


def test_every_fact_of_ofx_files(bankfiles: Path, facts: dict[str, list[Fact]]) -> None:
    """These facts are of files and not of statements. Where there is no statement, a reason is the right answer."""
    checked = 0
    for name, of_file in facts.items():
        if not of_file[0]["format"].startswith("OFX"):
            continue
        (fact,) = of_file
        checked += 1
        expected = {**fact, **(COMMENTED_OUT if name == OFX_WRONG else {})}
        if fact["currency"] is None and fact["entries"] == "0":
            with pytest.raises(Refused, match="holds no statement"):
                read_path(bankfiles / name)
            continue
        file = read_path(bankfiles / name)
        assert ofx_facts(file, fact) == numbered(expected), name
    assert checked == 29


def compare(
    bankfiles: Path, facts: dict[str, list[Fact]], format_: str, said: Callable[[StatementFile, Statement, Fact], Fact]
) -> int:
    """The number of statements whose facts all hold."""
    checked = 0
    for name, of_file in facts.items():
        if not of_file[0]["format"].startswith(format_):
            continue
        file = read_path(bankfiles / name)
        assert len(file.statements) == len(of_file), name
        for place, (statement, fact) in enumerate(zip(file.statements, of_file, strict=True)):
            expected = numbered({**fact, **BETTER.get((name, place), {})})
            assert said(file, statement, fact) == expected, (name, place)
            checked += 1
    return checked


def camt_facts(file: StatementFile, statement: Statement, fact: Fact) -> Fact:
    return {
        "file": fact["file"],
        "format": f"{file.head.format}.{file.head.version}",
        # null: the facts know no account that is neither an IBAN nor an "other"; ours reads the old PrtryAcct as well
        "account": statement.heading.account if fact["account"] is not None else None,
        "statement_id": statement.heading.identifier,
        "balances": {balance.kind: balance.amount for balance in statement.balances},
        "entries": Decimal(statement.count),
        "pending": Decimal(statement.pending),
        "transaction_details": Decimal(statement.payments),
        "booked_net": statement.net,
        "opening_plus_net_equals_closing": {True: "true", False: "false", None: None}[statement.adds_up],
    }


def mt940_facts(file: StatementFile, statement: Statement, fact: Fact) -> Fact:
    is_interim = statement.heading.is_provisional
    assert file.head.format == ("MT942" if is_interim else "MT940")  # the facts call both MT940
    return {
        "file": fact["file"],
        "format": "MT940",
        "account": statement.heading.account,
        "currency": None if is_interim else statement.currency,  # ours takes an interim report's from its floor limit
        "opening": statement.opening.amount if statement.opening else None,
        "closing": statement.closing.amount if statement.closing else None,
        "entries": Decimal(statement.count),
        "booked_net": statement.net,
        "opening_plus_net_equals_closing": {True: "true", False: "false", None: None}[statement.adds_up],
    }


def ofx_facts(file: StatementFile, fact: Fact) -> Fact:
    nets = [statement.net for statement in file.statements]
    closing = file.statements[0].closing
    is_sgml = file.head.version < "200"
    currency = file.statements[0].heading.currency
    return {
        "file": fact["file"],
        "format": "OFX 1 (SGML)" if is_sgml else "OFX 2 (XML)",
        "currency": currency or None,
        "entries": Decimal(sum(statement.count for statement in file.statements)),
        "sum": None if None in nets else sum((net for net in nets if net is not None), Decimal(0)),
        "ledger_balance": closing.amount if closing else None,
    }


def numbered(fact: Fact) -> Fact:
    """Amounts and counts in the facts are strings: as Decimals, 8.850 is 8.85."""

    def one(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {kind: Decimal(amount) for kind, amount in value.items()}
        return Decimal(value) if key in NUMBERS and value is not None else value

    return {key: one(key, value) for key, value in fact.items()}


def test_every_file_gives_statements_or_one_reason(bankfiles: Path) -> None:
    read_files, refused_files = 0, 0
    for path in sorted(path for path in bankfiles.rglob("*") if path.is_file()):
        for name, opened in members(path):
            try:
                with opened() as source:
                    file = read(source, name)
            except Refused:
                refused_files += 1
            else:
                assert file.statements, name
                read_files += 1
    assert (read_files, refused_files) == (102, 73)


def test_the_schemas_find_what_is_invalid(bankfiles: Path, shared_data: Path) -> None:
    schemas = Options(schemas=shared_data / "xsd")
    path = bankfiles / "sebastienrousseau__bankstatementparser/golden/camt053_duplicate_same_day.xml"
    with path.open("rb") as source:
        file = read(source, path.name, schemas)
    assert file.statements[0].net == Decimal("-9.00")  # shown all the same
    assert [problem.reason.partition(": ")[0] for problem in file.problems] == ["Not valid against camt.053.001.02.xsd"]


def test_the_table_of_all_files_is_what_is_read_today(bankfiles: Path) -> None:
    """docs/bank-files.md: each file is read or has one reason, and none makes the reading stop."""
    out = StringIO()
    call_command("read_statements", "--table", str(bankfiles), stdout=out)
    page = Path("docs/bank-files.md").read_text(encoding="utf-8")
    rows = out.getvalue().splitlines()
    assert page[page.index("| file |") :].splitlines() == rows
    named = {row.split("`")[1].split(".zip/")[0].removesuffix(".zip") for row in rows[2:]}
    files = {str(path.relative_to(bankfiles)).removesuffix(".zip") for path in bankfiles.rglob("*") if path.is_file()}
    assert named == files
    assert all(len(row.rstrip(" |").rpartition("| ")[2]) > 3 for row in rows[2:]), "a file without a word about it"
