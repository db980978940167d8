"""Celery tasks always name their platform. There is no default tenant."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import shared_task

from apps.tenants.services import entered


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
