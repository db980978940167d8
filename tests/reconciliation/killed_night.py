"""A process that does a night and is killed in the middle of its steps, each time in a child of its own.

    python -m tests.reconciliation.killed_night SCHEMA STEP...

For each step a child begins the night where the one before has left it, and is killed with SIGKILL when the step has
written what it writes and nothing of its piece is committed yet. Prints each step and how its child ended.
"""

import os
import signal
import sys
from typing import Any

import django

# Steps that share a piece: what each of them writes first, as methods of the writer of that piece.
IN_CLOSE = {"raise_demands": "_demands", "accrue": "_movements", "sweep": "_sweeps", "age_financings": "_financings"}


def main() -> None:
    django.setup()
    schema_name, *steps = sys.argv[1:]
    for step in steps:
        child = os.fork()  # before this process has a connection of its own
        if child == 0:
            try:
                _night(schema_name, step)
            finally:
                os._exit(1)
        _pid, status = os.waitpid(child, 0)
        print(step, signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived")


def _night(schema_name: str, step: str) -> None:
    """Do the night until `step` kills this process."""
    from apps.reconciliation import works
    from apps.reconciliation.rehearsal import close
    from apps.repayment.closing import _Writer
    from apps.tenants.models import Platform
    from apps.tenants.services import entered

    if step in IN_CLOSE:
        write = getattr(_Writer, IN_CLOSE[step])

        def write_and_die(writer: Any) -> None:
            write(writer)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(_Writer, IN_CLOSE[step], write_and_die)
    else:
        do = works.do

        def do_and_die(piece: Any) -> Any:
            report = do(piece)
            if step in report:
                os.kill(os.getpid(), signal.SIGKILL)
            return report

        works.do = do_and_die
    with entered(schema_name):
        close(Platform.objects.get(schema_name=schema_name))


if __name__ == "__main__":
    main()
