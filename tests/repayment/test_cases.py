"""The runner of published cases: what it reports, what it refuses, and that the shared cases of arithmetic agree."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.repayment.cases import runner

ARITHMETIC = ("apr", "daycount", "tvm", "xirr")
HALF_A_YEAR = {"convention": "30E/360", "start": "2026-01-01", "end": "2026-07-01", "expected_days": "180"}


def written(folder: Path, name: str, *cases: dict[str, Any]) -> Path:
    (folder / f"{name}.json").write_text(json.dumps(cases), encoding="utf-8")
    return folder


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("check_cases", *arguments, stdout=out)
    return out.getvalue()


def test_agreeing_cases_are_counted(tmp_path: Path) -> None:
    written(tmp_path, "daycount", {"id": "DC-1", **HALF_A_YEAR}, {"id": "DC-2", **HALF_A_YEAR})
    assert told(str(tmp_path)) == "daycount: 2 cases, 2 agree, 0 differ (0 with a named reason), 0 out of scope\n"


def test_a_difference_without_a_reason_is_told_and_fails(tmp_path: Path) -> None:
    written(tmp_path, "daycount", {"id": "DC-1", **HALF_A_YEAR, "expected_days": "181"}, {"id": "DC-2", **HALF_A_YEAR})
    out = StringIO()
    with pytest.raises(CommandError, match="1 cases differ without a reason"):
        call_command("check_cases", str(tmp_path), stdout=out)
    assert "DC-1 differs: expected 181 days, got 180" in out.getvalue()
    assert "2 cases, 1 agree, 1 differ (0 with a named reason)" in out.getvalue()


def test_a_difference_with_a_named_reason_is_told_and_passes(tmp_path: Path) -> None:
    named = next(iter(runner.named_reasons()))
    written(tmp_path, "daycount", {"id": named, **HALF_A_YEAR, "expected_days": "181"})
    assert f"{named} differs, see docs/agreement.md: expected 181 days, got 180" in told(str(tmp_path))


def test_a_reason_that_is_not_needed_is_told(tmp_path: Path) -> None:
    named = next(iter(runner.named_reasons()))
    written(tmp_path, "daycount", {"id": named, **HALF_A_YEAR})
    assert f"{named} agrees: its row in docs/agreement.md is not needed" in told(str(tmp_path))


def test_what_nothing_here_knows_is_out_of_scope_and_agrees_with_nothing(tmp_path: Path) -> None:
    written(tmp_path, "daycount", {"id": "DC-1", **HALF_A_YEAR, "convention": "Lunar/354"})
    report = told(str(tmp_path))
    assert "1 cases, 0 agree, 0 differ (0 with a named reason), 1 out of scope" in report
    assert "out of scope (the day count Lunar/354 is not known): DC-1" in report


def test_a_case_that_cannot_be_read_differs_and_stops_no_other(tmp_path: Path) -> None:
    written(tmp_path, "daycount", {"id": "DC-1", "convention": "30E/360"}, {"id": "DC-2", **HALF_A_YEAR})
    (report,) = runner.check_folder(tmp_path)
    assert report.agree == ["DC-2"]
    assert report.unexplained == {"DC-1": ["could not be checked: KeyError: 'start'"]}


def test_one_file_is_checked_alone(tmp_path: Path) -> None:
    written(tmp_path, "daycount", {"id": "DC-1", **HALF_A_YEAR})
    written(tmp_path, "tvm", {"id": "TVM-1", "function": "pmt", "expected": "-250", "tolerance": "exact",
                              "input": {"rate": "0", "periods": "60", "pv": "15000"}})  # fmt: skip
    assert told(str(tmp_path), "--file", "tvm").startswith("tvm: 1 cases, 1 agree")
    assert told(str(tmp_path), "--file", "tvm.json") == told(str(tmp_path), "--file", "tvm")
    assert "daycount" in told(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "says"),
    [("[{", "cannot be read as JSON"), ('{"id": 1}', "is not a list of cases"), ('[{"no": "id"}]', "an id each")],
)
def test_a_broken_file_is_refused_with_a_sentence(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "tvm.json").write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=says):
        told(str(tmp_path))


def test_a_missing_folder_or_an_unknown_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        told(str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="There is no file of cases in"):
        told(str(tmp_path))
    with pytest.raises(CommandError, match=r"Nothing here checks horoscope\.json\. Known are: apr"):
        told(str(tmp_path), "--file", "horoscope")
    with pytest.raises(CommandError, match=r"There is no apr\.json in"):
        told(str(tmp_path), "--file", "apr")


@pytest.mark.parametrize(
    ("tolerance", "agrees"),
    [("1e-3", True), ("1e-4", False), ("1e-6 relative", True), ("1e-8 relative", False), ("exact", False),
     ("last digit", True)],
)  # fmt: skip
def test_a_figure_agrees_within_what_its_case_states(tmp_path: Path, tolerance: str, agrees: bool) -> None:
    case = {"id": "TVM-1", "function": "fv", "expected": "12100.001", "tolerance": tolerance,
            "input": {"rate": "0", "periods": "120", "pmt": "-100", "pv": "-100.0005"}}  # fmt: skip
    (report,) = runner.check_folder(written(tmp_path, "tvm", case))
    assert (report.agree == ["TVM-1"]) is agrees


@pytest.mark.parametrize("name", ARITHMETIC)
def test_the_shared_cases_of_arithmetic_agree(shared_data: Path, name: str) -> None:
    (report,) = runner.check_folder(shared_data / "cases", name)
    assert report.unexplained == {}
    assert report.out_of_scope == {}
    assert report.reasons_not_needed == []
    assert len(report.agree) >= report.cases - 1 > 0
