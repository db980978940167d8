"""One platform of many financings backed up to a file and put back beside itself.

    python -m benchmarks.restore [--size 200000]

The platform is that of `benchmarks.close_day`, with one night lived through. Every table of the copy is compared with
the original's. Printed: seconds to back up and to restore (at most 300 together), the size of the file.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import throwaway
from benchmarks.close_day import CLOCK, DAY, generate

LIMIT_SECONDS = 300
COPY = "restored"


def measure(size: int) -> bool:
    """Back up and restore a platform of `size` financings; whether that kept the limit."""
    from apps.reconciliation.night import run_night
    from apps.reconciliation.plan import PIECES_AT_ONCE
    from apps.tenants.backup import back_up, restore

    with throwaway.platform("bench_restore", opened_on=DAY) as platform, tempfile.TemporaryDirectory() as folder:
        generate(size)
        run = run_night(platform=platform, business_date=DAY, clock=lambda: CLOCK, by="night", at_once=PIECES_AT_ONCE)
        assert run.is_over, run.state
        path = Path(folder) / "backup"
        started = time.perf_counter()
        written = back_up(platform=platform, path=path, at=CLOCK, by="benchmark")
        backed_up = time.perf_counter()
        throwaway.drop(COPY)
        try:
            begun = time.perf_counter()
            restored = restore(path=path, schema_name=COPY, domain="restored.localhost", at=CLOCK, by="benchmark")
            seconds = (backed_up - started, time.perf_counter() - begun)
        finally:
            throwaway.drop(COPY)
        assert (restored.tables, restored.rows) == (written.tables, written.rows)
        print(
            f"restore size={size} rows={written.rows} file={path.stat().st_size / 1e6:.0f}MB "
            f"backup={seconds[0]:.0f}s restore={seconds[1]:.0f}s limit={LIMIT_SECONDS}s"
        )
        return sum(seconds) <= LIMIT_SECONDS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=200_000)
    throwaway.setup()
    sys.exit(0 if measure(parser.parse_args().size) else 1)
