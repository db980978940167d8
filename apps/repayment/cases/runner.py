"""Runs published cases through the product, file by file, and says where they agree and where they differ.

A difference may have a named reason: a row of the table in docs/agreement.md that begins with the case's id.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.repayment.cases import Adapter, ByOption, Case, OutOfScope, arithmetic, emi, lending, schedules

# From a file's name without .json to the adapter that checks one of its cases.
ADAPTERS: Mapping[str, Adapter] = {
    "daycount": arithmetic.check_day_count,
    "xirr": arithmetic.check_dated_rate,
    "apr": arithmetic.check_apr,
    "tvm": arithmetic.check_time_value,
    "fineract_emi": emi.check,
    "fineract_schedules": schedules.check,
    "frappe_lending": lending.check,
}


class Unreadable(Exception):
    """A folder or file of cases cannot be read; the message says which and why."""


@dataclass(slots=True)
class Report:
    """What became of the cases of one file. The mappings go from a case's id to what was said about it.

    Those that agree by an option are among those that agree.
    """

    name: str
    agree: list[str] = field(default_factory=list)
    by_option: dict[str, str] = field(default_factory=dict)
    unexplained: dict[str, list[str]] = field(default_factory=dict)
    explained: dict[str, list[str]] = field(default_factory=dict)
    out_of_scope: dict[str, str] = field(default_factory=dict)
    reasons_not_needed: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return len(self.agree) + self.differ + len(self.out_of_scope)

    @property
    def differ(self) -> int:
        return len(self.unexplained) + len(self.explained)


def check_folder(folder: Path, name: str | None = None) -> Iterator[Report]:
    """A report on each file of cases in `folder`, or on the one called `name` (with or without .json), in turn.

    Files that no adapter knows are passed over. Raises Unreadable for a missing folder, an unknown or broken file, and
    when there is nothing to check; nothing is changed by checking.
    """
    if not folder.is_dir():
        raise Unreadable(f"There is no folder {folder}.")
    reasons = named_reasons()
    for path in _files(folder, name):
        yield _check_file(path, read_cases(path), reasons)


def named_reasons() -> Mapping[str, str]:
    """Why a case may differ, by its id, from the table in docs/agreement.md: the last column of the row."""
    text = (Path(settings.BASE_DIR) / "docs" / "agreement.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| *([A-Z]+-\d+) *\|(.*)\|$", text, flags=re.MULTILINE)
    return {case_id: rest.rpartition("|")[2].strip() for case_id, rest in rows}


def _files(folder: Path, name: str | None) -> list[Path]:
    if name is None:
        found = [path for path in sorted(folder.glob("*.json")) if path.stem in ADAPTERS]
        if not found:
            raise Unreadable(f"There is no file of cases in {folder}. Known are: {_known()}.")
        return found
    path = folder / f"{name.removesuffix('.json')}.json"
    if path.stem not in ADAPTERS:
        raise Unreadable(f"Nothing here checks {path.name}. Known are: {_known()}.")
    if not path.is_file():
        raise Unreadable(f"There is no {path.name} in {folder}.")
    return [path]


def _known() -> str:
    return ", ".join(sorted(ADAPTERS))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file: a list of objects, each with an id. Raises Unreadable when it is anything else."""
    try:
        cases: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Unreadable(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(cases, list) or not all(isinstance(case, dict) and case.get("id") for case in cases):
        raise Unreadable(f"{path} is not a list of cases with an id each.")
    return cases


def _check_file(path: Path, cases: list[Case], reasons: Mapping[str, str]) -> Report:
    report = Report(path.stem)
    for case in cases:
        case_id = str(case["id"])
        try:
            differences = _check_case(ADAPTERS[path.stem], case, path.parent)
        except OutOfScope as reason:
            report.out_of_scope[case_id] = str(reason)
            continue
        except ByOption as option:
            report.by_option[case_id] = str(option)
            differences = []
        if not differences:
            report.agree.append(case_id)
        else:
            (report.explained if case_id in reasons else report.unexplained)[case_id] = differences
    report.reasons_not_needed = [case_id for case_id in report.agree if case_id in reasons]
    return report


def _check_case(adapter: Adapter, case: Case, folder: Path) -> list[str]:
    """The differences of one case. A case that cannot be read, or that breaks a rule, differs; it stops no other."""
    try:
        return adapter(case, folder)
    except (OutOfScope, ByOption):
        raise
    except Exception as error:  # noqa: BLE001  whatever a case does to the product is what the report is for
        return [f"could not be checked: {type(error).__name__}: {error}"]
