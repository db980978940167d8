"""Making, suspending and entering platforms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import cast
from zoneinfo import available_timezones

import structlog
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tenants.clone import CloneSchema
from django_tenants.postgresql_backend.base import DatabaseWrapper
from django_tenants.utils import schema_context, schema_exists, tenant_context

from apps.core.dates import has_calendar
from apps.core.money import is_currency
from apps.tenants.models import TEMPLATE_SCHEMA, Domain, Platform

# The connection as django-tenants extends it: Django's own type knows nothing of schemas.
tenant_connection = cast(DatabaseWrapper, connection)

SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
NAME_LENGTH = 120
HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class PlatformRefused(ValueError):
    """A platform cannot be made or entered; the message says why and what to do."""


class NoSuchPlatform(LookupError):
    """No working platform has that name."""


def create_platform(
    *,
    schema_name: str,
    name: str,
    domain: str,
    currency: str,
    time_zone: str,
    opened_on: date,
    name_zh: str = "",
    country: str = "CN",
    cut_off: time = time(2, 0),
    is_demo: bool = False,
    by: str,
) -> Platform:
    """A new platform whose schema is cloned from the migrated template, in about a second.

    `opened_on` is the first business date of its books, `cut_off` the local time on the next day from which a date's
    night may run. Raises PlatformRefused with a sentence when a value is malformed or taken; then nothing is made.
    """
    check_schema_name(schema_name)
    check_domain(domain)
    _check_facts(name=name, currency=currency, time_zone=time_zone, country=country)
    ensure_template()
    try:
        with transaction.atomic():
            platform = Platform.objects.create(
                schema_name=schema_name,
                name=name,
                name_zh=name_zh,
                currency=currency,
                time_zone=time_zone,
                country=country,
                cut_off=cut_off,
                opened_on=opened_on,
                is_demo=is_demo,
            )
            Domain.objects.create(domain=domain, tenant=platform, is_primary=True)
            clone_template(schema_name, "DATA")
    except IntegrityError as error:
        raise PlatformRefused(f"Another platform took {schema_name!r} or {domain!r} at this very moment.") from error
    structlog.get_logger().info("platform created", platform=schema_name, by=by)
    # Cloning slows down from clone to clone on one connection, so each gets a fresh one.
    if not connection.in_atomic_block:
        connection.close()
    return platform


def clone_template(schema_name: str, mode: str) -> None:
    """Make the schema as the template is, with its rows (`mode` "DATA") or without ("NODATA")."""
    CloneSchema().clone_schema(TEMPLATE_SCHEMA, schema_name, mode)
    _name_constraints_alike(schema_name)
    _store_alike(schema_name)


def _name_constraints_alike(schema_name: str) -> None:
    """Cloning renames unique constraints; later migrations look them up by the name that the template has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER TABLE %%I.%%I RENAME CONSTRAINT %%I TO %%I', copied_in.nspname, copied_table.relname,
                          copied.conname, original.conname)
            FROM pg_constraint AS original
            JOIN pg_class AS original_table ON original_table.oid = original.conrelid
            JOIN pg_namespace AS original_in ON original_in.oid = original_table.relnamespace
            JOIN pg_class AS copied_table ON copied_table.relname = original_table.relname
            JOIN pg_namespace AS copied_in ON copied_in.oid = copied_table.relnamespace
            JOIN pg_constraint AS copied ON copied.conrelid = copied_table.oid AND copied.contype = 'u'
             AND pg_get_constraintdef(copied.oid) = pg_get_constraintdef(original.oid)
            WHERE original.contype = 'u' AND original_in.nspname = %s AND copied_in.nspname = %s
              AND copied.conname <> original.conname
            """,
            [TEMPLATE_SCHEMA, schema_name],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def _store_alike(schema_name: str) -> None:
    """Cloning leaves out how tables are stored, such as the room that pages keep for updates."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER TABLE %%I.%%I SET (%%s)', %s, relname, array_to_string(reloptions, ', '))
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = %s AND relkind = 'r' AND reloptions IS NOT NULL
            """,
            [schema_name, TEMPLATE_SCHEMA],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def check_schema_name(schema_name: str) -> None:
    """Raise PlatformRefused with a sentence when a schema cannot be named so, or one is."""
    if not SCHEMA_NAME.fullmatch(schema_name) or schema_name.startswith("pg_"):
        raise PlatformRefused(
            f"{schema_name!r} cannot be a schema name: use 2 to 41 letters a to z, digits and _, a letter first."
        )
    if schema_name in {TEMPLATE_SCHEMA, "public", "information_schema"} or schema_exists(schema_name):
        raise PlatformRefused(f"The schema name {schema_name!r} is taken. Choose another.")


def check_domain(domain: str) -> None:
    """Raise PlatformRefused with a sentence when it is no host name, or leads to a platform."""
    if not HOST_NAME.fullmatch(domain):
        raise PlatformRefused(f"{domain!r} is not a host name. Write it like shop.example.com, in lower case.")
    if Domain.objects.filter(domain=domain).exists():
        raise PlatformRefused(f"The domain {domain!r} already leads to another platform.")


def _check_facts(*, name: str, currency: str, time_zone: str, country: str) -> None:
    if not 0 < len(name.strip()) <= NAME_LENGTH:
        raise PlatformRefused(f"A platform's name has 1 to {NAME_LENGTH} characters.")
    if not is_currency(currency):
        raise PlatformRefused(f"{currency!r} is not an ISO 4217 currency code such as CNY, BRL or EUR.")
    if time_zone not in available_timezones():
        raise PlatformRefused(f"{time_zone!r} is not a time zone such as Asia/Shanghai or America/Sao_Paulo.")
    if not has_calendar(country):
        raise PlatformRefused(f"{country!r} is not an ISO 3166 country code whose bank holidays are known, like CN.")


def ensure_template() -> None:
    """Make the template schema and bring it up to date. Its tables hold only what every platform starts with (the
    records of migrations, content types and permissions)."""
    with _one_at_a_time():
        Platform.objects.get_or_create(
            schema_name=TEMPLATE_SCHEMA,
            defaults={"name": "Template", "currency": "CNY", "opened_on": date(2000, 1, 1)},
        )
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{TEMPLATE_SCHEMA}"')
        if not _is_migrated(TEMPLATE_SCHEMA):
            call_command("migrate_schemas", schema_name=TEMPLATE_SCHEMA, interactive=False, verbosity=0)
            tenant_connection.set_schema_to_public()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Whoever else wants the template waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE_SCHEMA])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [TEMPLATE_SCHEMA])


def _is_migrated(schema_name: str) -> bool:
    """Whether a schema has every migration: neither half made by a start that was killed, nor of an older release."""
    with schema_context(schema_name):
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@contextmanager
def entered(schema_name: str, *, though_suspended: bool = False) -> Iterator[Platform]:
    """Work inside one working platform: its schema, its cache keys, its time zone, its name on every log line.

    Raises NoSuchPlatform when there is none of that name or it is suspended (`though_suspended` is for proofs, which
    only read); there is no default platform.
    """
    with tenant_context(_public()):
        platforms = Platform.objects.platforms() if though_suspended else Platform.objects.working()
        platform = platforms.filter(schema_name=schema_name or "").first()
    if platform is None:
        raise NoSuchPlatform(f"There is no working platform {schema_name!r}.")
    named = structlog.contextvars.bound_contextvars(platform=schema_name)
    with named, tenant_context(platform), timezone.override(platform.zone):
        yield platform


def _public() -> Platform:
    return Platform(schema_name="public")


def suspend(*, platform: Platform, at: datetime, by: str) -> None:
    """Close a platform's doors: its pages answer 404 and its tasks are refused until it is resumed. Done already, it
    does nothing."""
    if Platform.objects.filter(pk=platform.pk, suspended_at=None).update(suspended_at=at):
        structlog.get_logger().info("platform suspended", platform=platform.schema_name, by=by)


def resume(*, platform: Platform, by: str) -> None:
    """Open a suspended platform's doors again. Done already, it does nothing."""
    if Platform.objects.filter(pk=platform.pk, suspended_at__isnull=False).update(suspended_at=None):
        structlog.get_logger().info("platform resumed", platform=platform.schema_name, by=by)


def current_platform() -> Platform:
    """The platform whose schema is entered. Raises NoSuchPlatform in the public schema."""
    tenant = tenant_connection.tenant
    if not isinstance(tenant, Platform):
        raise NoSuchPlatform("No platform is entered here.")
    return tenant
