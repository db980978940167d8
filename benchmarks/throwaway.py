"""A platform of one's own for the length of a benchmark, made and dropped for real."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import django


def setup() -> None:
    """Django on the development servers, its shared tables in place."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    os.environ.setdefault("DEBUG", "0")
    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)


@contextmanager
def platform(
    schema_name: str, *, opened_on: date, currency: str = "CNY", time_zone: str = "Asia/Shanghai"
) -> Iterator[Any]:
    """A fresh platform, entered; whatever an earlier, broken run left under its name is dropped first."""
    from apps.tenants.models import Platform
    from apps.tenants.services import create_platform, entered

    drop(schema_name)
    made: Platform = create_platform(
        schema_name=schema_name,
        name=schema_name,
        domain=f"{schema_name.replace('_', '-')}.localhost",
        currency=currency,
        time_zone=time_zone,
        opened_on=opened_on,
        by="benchmark",
    )
    made.nights_by_hand = True
    made.save()  # type: ignore[no-untyped-call]  # django-tenants is untyped
    try:
        with entered(schema_name):
            yield made
    finally:
        drop(schema_name)


def drop(schema_name: str) -> None:
    from apps.tenants.models import Platform
    from apps.tenants.services import tenant_connection

    tenant_connection.set_schema_to_public()
    for row in Platform.objects.filter(schema_name=schema_name):
        row.delete(force_drop=True)  # type: ignore[no-untyped-call]  # django-tenants is untyped
