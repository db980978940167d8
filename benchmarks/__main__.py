"""All benchmarks, one after the other: `make bench`. Each prints its figures and fails when it exceeds its limit."""

import subprocess
import sys

MODULES = (
    "new_platform", "decision", "home_page", "events", "import_orders", "close_day", "close_day --proceeds half",
    "night_workers", "read_statements", "registry", "revaluation", "matching", "desk_home", "pages", "browsing",
    "back_test", "portfolio", "rebuild", "restore",
)  # fmt: skip


def main() -> int:
    """Run every benchmark in a process of its own, so that peak memory is its own; 1 when any of them failed."""
    failed = [
        name
        for name in MODULES
        if subprocess.run([sys.executable, "-m", *f"benchmarks.{name}".split()], check=False).returncode
    ]
    print(f"Beyond its limit: {', '.join(failed)}." if failed else "Every benchmark kept its limit.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
