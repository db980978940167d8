"""What reading says of bank files reaches the reader in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.banking import statements
from apps.banking.statements.bytes_in import FOREIGN
from apps.portal import bank_words

SAYING = {"Refused": 0, "Problem": 1, "Unreadable": 0, "_problem": 1, "_told_problem": 0}  # which argument says it
GAP = "7 EUR"


@pytest.fixture
def upside_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language whose words are English in capitals: what it leaves small was never asked to be translated."""

    def shouted(text: str) -> str:
        fixed_and_gaps = re.split(r"(%\(\w+\)s)", text)
        return "".join(part if part.startswith("%(") else part.upper() for part in fixed_and_gaps)

    monkeypatch.setattr(bank_words, "_", shouted)


@pytest.mark.usefixtures("upside_down")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The file is empty.", "THE FILE IS EMPTY."),
        ('"abc" is no amount.', '"abc" IS NO AMOUNT.'),
        ('DTPOSTED: "abc" is no date.', 'DTPOSTED: "abc" IS NO DATE.'),
        (
            "Reading stopped: Line 3 is longer than 9 characters.",
            "READING STOPPED: LINE 3 IS LONGER THAN 9 CHARACTERS.",
        ),
        ('There is no statement in it. "x" is no amount.', 'THERE IS NO STATEMENT IN IT. "x" IS NO AMOUNT.'),
        (
            "Not valid against camt.053.001.02.xsd: Element 'Ntry': This element is not expected. Expected is ( Id ).",
            "NOT VALID AGAINST camt.053.001.02.xsd: ELEMENT 'Ntry': THIS ELEMENT IS NOT EXPECTED. EXPECTED IS ( Id ).",
        ),
        ("Not valid against a.xsd: what a later parser says", "NOT VALID AGAINST a.xsd: what a later parser says"),
    ],
)
def test_a_reason_is_translated_and_what_varies_stays(said: str, shown: str) -> None:
    assert bank_words.in_words(said) == shown


@pytest.mark.usefixtures("upside_down")
def test_a_place_is_translated_piece_by_piece() -> None:
    assert bank_words.place_in_words("statement 1, entry 2, line 40, Amt") == "STATEMENT 1, ENTRY 2, LINE 40, Amt"
    assert bank_words.place_in_words("statement 1, balance OPBD, line 9") == "STATEMENT 1, BALANCE OPBD, LINE 9"


def test_what_nobody_knows_is_shown_as_it_is() -> None:
    """A sentence of an older release, or one that came translated already."""
    assert bank_words.in_words("这个文件已经读过。") == "这个文件已经读过。"
    assert bank_words.place_in_words(":61:") == ":61:"


def _sentences() -> Iterator[tuple[str, str]]:
    """Each sentence in the source of the reading, with its place; something stands in its gaps."""
    for path in sorted(Path(str(statements.__file__)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for said in filter(None, _said(node) if path.name != "listing.py" else ()):  # it prints, for a terminal
                yield f"{path.name}:{getattr(node, 'lineno', 0)}", said


def _said(node: ast.AST) -> Iterator[str]:
    """What a call or a yield says; a bad value's sentence gets its full stop where it is put into another."""
    if isinstance(node, ast.Yield) and node.value is not None:
        yield _filled(node.value)
    if isinstance(node, ast.Call) and _name(node.func) in SAYING:
        stop = "." if _name(node.func) == "Unreadable" else ""
        for one in node.args[SAYING[_name(node.func)] :]:
            yield f"{_filled(one)}{stop}" if _filled(one) else ""


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _filled(text: ast.expr) -> str:
    """A sentence with its gaps filled; "" for what is none in the source."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    fixed = [str(part.value) if isinstance(part, ast.Constant) else GAP for part in parts]
    return "".join(fixed) if any(letter.isalpha() for letter in "".join(fixed).replace(GAP, "")) else ""


@pytest.mark.usefixtures("upside_down")
def test_every_sentence_of_the_reading_has_its_words() -> None:
    found = list(_sentences())
    unknown = [(where, said) for where, said in found if not _is_known(said)]

    assert len(found) > 60
    assert unknown == []


@pytest.mark.usefixtures("upside_down")
def test_every_kind_of_foreign_file_has_its_words() -> None:
    assert [said for said in FOREIGN.values() if not _is_known(said)] == []


def _is_known(said: str) -> bool:
    return bank_words.in_words(said) != said or bool(bank_words.NAMED.fullmatch(said))
