"""Celery tasks always name their platform. There is no default tenant."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from celery import current_app, shared_task
from django.db import transaction

from apps.tenants.services import current_platform, entered


def platform_task(name: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A Celery task whose first argument, `platform` (a schema name), is entered before its body runs.

    The task fails with NoSuchPlatform when the platform is missing, unknown or suspended, and with TypeError when it
    is not named at all.
    """

    def decorate(body: Callable[..., None]) -> Any:
        @shared_task(name=name, **options)
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
