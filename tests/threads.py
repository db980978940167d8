"""Several threads that start at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from apps.tenants.services import entered


def at_once(schema_name: str, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each of `works` inside the (committed) platform in its own thread, all released by one barrier.

    Returns what each answered, or the exception that it raised, in the order of `works`.
    """
    answers: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            with entered(schema_name):
                barrier.wait(timeout=60)
                answers[place] = work()
        except Exception as error:  # noqa: BLE001  the test looks at it
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
