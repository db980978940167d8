"""The embedded servers by hand: python -m config.embedded start|stop|status|watch|run COMMAND..."""

# A command's answers belong on the terminal.
# ruff: noqa: T201

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Sequence

from config import embedded

USAGE = """Usage: python -m config.embedded ACTION
  start           start PostgreSQL and Valkey, to stay
  stop            stop both
  status          say where they answer
  watch           start both, and again whenever one dies
  run COMMAND...  run COMMAND with both up; stop afterwards what this started"""


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["start"]:
            embedded.start()
        case ["stop"]:
            embedded.stop()
        case ["status"]:
            for name, url in embedded.status().items():
                print(f"{name}: {url or 'not running'}")
        case ["watch"]:
            embedded.watch()
        case ["run", _, *_]:
            return run(arguments[1:])
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def run(command: Sequence[str]) -> int:
    """Exit code of `command`, run with the servers up; 128 and the signal's number if one killed it."""
    with embedded.using():
        process = subprocess.Popen(command)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            # On Ctrl-C the terminal has told the command as well: let it finish.
            with contextlib.suppress(KeyboardInterrupt):
                code = process.wait()
                return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
