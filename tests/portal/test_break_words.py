"""What a break says, in both languages: kept in English as the night saw it, shown in the reader's."""

import ast
from pathlib import Path

import pytest
from django.utils.translation import override

from apps.portal.bank_words import recognised
from apps.portal.break_words import SENTENCES, break_in_words

APPS = Path(__file__).parents[2] / "apps" / "reconciliation"
SOURCES = ("lines_left.py", "goods.py", "matching.py", "control.py", "orders.py")
GAP = "⟨gap⟩"

SAID = {
    "P20260310-7 is -120.0000 CNY; the bank booked -12.0000 CNY.": (
        "P20260310-7 is −¥120.00; the bank booked −¥12.00.",
        "P20260310-7 应为 −¥120.00，银行记账 −¥12.00。",
    ),
    "120.0000 CNY of P20260310-7, paid on 2026-03-12, came back.": (
        "¥120.00 of P20260310-7, paid on 12 March 2026, came back.",
        "P20260310-7 于2026年3月12日付出后，¥120.00 被退回。",
    ),
    "T20260310-1 belongs on the funding account; the bank booked 50.0000 CNY on the collection account.": (
        "T20260310-1 belongs on the funding account; the bank booked ¥50.00 on the collection account.",
        "T20260310-1 应记入资金账户，银行却将 ¥50.00 记入了收款账户。",
    ),
    "payout P20260310-7 of 120.0000 CNY was asked for on 2026-03-10; the bank has not booked it.": (
        "Payout to a seller P20260310-7 of ¥120.00 was asked for on 10 March 2026; the bank has not booked it.",
        None,
    ),
    "Order A-1 of 1200.0000 KWD: 1100.5000 KWD is settled.": (
        "Order A-1 of KWD 1,200.000: KWD 1,100.500 is settled.",
        None,
    ),
    "principal: opening 1.0000 and movements 2.0000 do not make the closing 4.0000.": (
        "Principal: opening 1.0000 and movements 2.0000 do not make the closing 4.0000.",
        None,
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_a_break_speaks_the_language_of_its_reader(said: str) -> None:
    english, chinese = SAID[said]

    assert break_in_words(said).replace("\N{NO-BREAK SPACE}", " ") == english
    with override("zh-hans"):
        shown = break_in_words(said)
    assert shown == chinese if chinese else shown != said


def test_what_is_not_known_and_what_is_no_amount_stays_as_it_is() -> None:
    assert break_in_words("Somebody wrote this.") == "Somebody wrote this."
    assert break_in_words("The bank took <script> for itself.") == "The bank took <script> for itself."


def test_every_sentence_with_which_the_night_opens_a_break_is_known() -> None:
    found = [said for source in SOURCES for said in _sentences(APPS / source)]
    whole = [said for said in found if said.endswith(".") and said.count(" ") > 4]

    assert len(whole) >= 12
    assert [said for said in whole if recognised(said, SENTENCES) is None] == []


def _sentences(path: Path) -> list[str]:
    """The texts with gaps in a module, with the text in front where one begins with another."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    fronts = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [_filled(node, fronts) for node in nodes if isinstance(node, ast.JoinedStr)]


def _filled(text: ast.JoinedStr, fronts: dict[str, ast.JoinedStr]) -> str:
    said = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            said += str(part.value)
        elif not said and isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            front = fronts.get(part.value.id)
            said += _filled(front, fronts) if front else GAP
        else:
            said += GAP
    return said


def test_amounts_are_read_exactly() -> None:
    assert break_in_words("The bank took 99999999999999.9900 CNY for itself.") == (
        "The bank took ¥99,999,999,999,999.99 for itself."
    )
