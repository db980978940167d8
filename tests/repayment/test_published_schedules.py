"""Peers' published cases, all of those shared with us, through the adapters: what agrees, and what differs and why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.repayment.cases import ByOption, OutOfScope, emi, lending, schedules

# Each is explained in docs/agreement.md.
EXPLAINED = {
    "FINEMI-010": "the steps draw 200 in all, the table stands for 300",
    "FIN-0091": "a penalty paid before its day is not counted as in advance here, but is in FIN-0101",
    "FIN-0239": "skipped in the origin with a note to fix its results; the table is of another loan",
    "FIN-0267": "skipped in the origin: the same inputs give 333.00 in FIN-0277",
}


@pytest.mark.parametrize(
    ("name", "check", "in_scope", "agree"),
    [
        ("fineract_emi", emi.check, 9, 8),
        ("fineract_schedules", schedules.check, 76, 73),
        ("frappe_lending", lending.check, 25, 25),
    ],
)
def test_cases_agree_or_are_explained(
    shared_data: Path, name: str, check: Callable[[Any, Path], list[str]], in_scope: int, agree: int
) -> None:
    folder = shared_data / "cases"
    differing, by_option, seen = set(), set(), 0
    for case in json.loads((folder / f"{name}.json").read_text(encoding="utf-8")):
        try:
            differences = check(case, folder)
        except OutOfScope:
            continue
        except ByOption:
            by_option.add(case["id"])
            differences = []
        seen += 1
        if differences:
            differing.add(case["id"])
    assert seen == in_scope
    assert seen - len(differing) == agree
    assert differing <= set(EXPLAINED)
    assert by_option <= {"FIN-0081", "FIN-0268"}


def test_a_wrong_figure_is_found(shared_data: Path) -> None:
    folder = shared_data / "cases"
    cases = json.loads((folder / "fineract_schedules.json").read_text(encoding="utf-8"))
    case = next(case for case in cases if case["id"] == "FIN-0046")
    assert schedules.check(case, folder) == []
    case["checks"][0]["rows"][1]["principal"] = "167.01"
    (difference,) = schedules.check(case, folder)
    assert "principal 167.01 expected, ours 167.00" in difference
