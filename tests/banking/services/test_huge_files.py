"""A statement of 200 MB is taken in, by a process of its own, in no more memory than one of 20 MB."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from apps.banking.models import BankLine, BankStatement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.banking.statements.files import ACCOUNT, camt, camt_entry
from tests.factories import make_bank_account

MEGABYTE = 1024 * 1024
MAY_DIFFER = 16 * MEGABYTE
HERE = "@entries@"
# What `manage.py watch_statements` does, and then the most memory that the process ever had, in kilobytes.
MEASURED = """
import resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "watch_statements", sys.argv[1], "--platform", sys.argv[2]])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def written(path: Path, size: int, number: str) -> int:
    """A camt.053 of `size` bytes at least, written piece by piece; answers how many entries it has."""
    entry = camt_entry("1.00", more=f"<AddtlNtryInf>{'invoice 4711 ' * 38}</AddtlNtryInf>") + "\n"
    entries = size // len(entry) + 1
    head, tail = camt(HERE, closing=f"{100 + entries}.00").replace("2026-03<", f"{number}<").split(HERE)
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        for _entry in range(entries):
            file.write(entry)
        file.write(tail)
    assert path.stat().st_size > size
    return entries


def peak_of(folder: Path, platform: Platform, environment: dict[str, str]) -> int:
    """The most memory, in bytes, of a process that takes in the one file in `folder`."""
    command = [sys.executable, "-c", MEASURED, str(folder), platform.schema_name]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=540, check=True)
    assert "lines booked" in told.stdout, told.stdout
    return int(told.stdout.rpartition("peak ")[2]) * 1024


@pytest.mark.soak
def test_200_megabytes_take_no_more_memory_than_20(
    fresh_platform: Callable[..., Platform], child_environment: dict[str, str], tmp_path: Path
) -> None:
    platform = fresh_platform(currency="EUR", country="DE")
    with entered(platform.schema_name):
        make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR")
    peaks, entries = [], 0
    for size in (20, 200):
        folder = tmp_path / str(size)
        folder.mkdir()
        entries += written(folder / "statement.xml", size * MEGABYTE, f"{size}-MB")
        peaks.append(peak_of(folder, platform, child_environment))
    small, large = peaks
    print(f"peak {small / MEGABYTE:.0f} MB for 20 MB, {large / MEGABYTE:.0f} MB for 200 MB")
    assert large < small + MAY_DIFFER
    with entered(platform.schema_name):
        assert set(BankStatement.objects.values_list("state", flat=True)) == {"booked"}
        assert BankLine.objects.count() == entries
        assert BankLine.objects.exclude(amount=Decimal(1)).count() == 0
