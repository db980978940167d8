"""Celery tasks always name their platform. There is no default tenant."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from celery import current_app, shared_task
from django.db import InterfaceError, OperationalError, transaction

from apps.tenants.services import current_platform, entered

# A database that went away, or gave another transaction its turn, is asked again after about 1, 2, 4, 8 and 16 seconds.
WHEN_THE_DATABASE_REFUSES: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": True,
    "max_retries": 5,
}


def platform_task(name: str) -> Callable[[Callable[..., None]], Any]:
    """A Celery task whose first argument, `platform` (a schema name), is entered before its body runs.

    The task fails with NoSuchPlatform when the platform is missing, unknown or suspended, and with TypeError when it
    is not named at all. Whatever the database refuses is tried again, so each task may be done twice without harm.
    """

    def decorate(body: Callable[..., None]) -> Any:
        @shared_task(name=name, **WHEN_THE_DATABASE_REFUSES)
        @wraps(body)
        def task(*, platform: str, **arguments: Any) -> None:
            with entered(platform):
                body(**arguments)

        return task

    return decorate


def nudge(task: str, **arguments: Any) -> None:
    """Tell a worker, once the running transaction is committed, that `task` has work on the platform entered now.

    Lost or refused, it is only logged: what is told so must be found too by a look of every minute.
    """
    named = {"platform": current_platform().schema_name, **arguments}

    def tell() -> None:
        try:
            current_app.send_task(task, kwargs=named, retry=False)
        except Exception:  # noqa: BLE001  the broker being away in whatever way must not undo or hide what was committed
            structlog.get_logger().exception("waits for the next look", task=task, **named)

    transaction.on_commit(tell)
