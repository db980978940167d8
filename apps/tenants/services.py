"""Making, suspending and entering platforms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from zoneinfo import available_timezones

import structlog
from django.core.management import call_command
from django.db import connection, transaction
from django_tenants.clone import CloneSchema
from django_tenants.utils import schema_exists, tenant_context

from apps.core.money import is_currency
from apps.tenants.models import TEMPLATE_SCHEMA, Domain, Platform

SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
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
    """A new platform whose schema is cloned from the migrated template, with its ledger's chart of accounts to come.

    Raises PlatformRefused with a sentence when a value is malformed or taken; then nothing is made.
    """
    _check(schema_name=schema_name, domain=domain, currency=currency, time_zone=time_zone)
    ensure_template()
    with transaction.atomic():
        platform = Platform(
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
        platform.save()
        Domain.objects.create(domain=domain, tenant=platform, is_primary=True)
        CloneSchema().clone_schema(TEMPLATE_SCHEMA, schema_name, "DATA")
    structlog.get_logger().info("platform created", platform=schema_name, by=by)
    # Cloning slows down from clone to clone on one connection, so each gets a fresh one.
    if not connection.in_atomic_block:
        connection.close()
    return platform


def _check(*, schema_name: str, domain: str, currency: str, time_zone: str) -> None:
    if not SCHEMA_NAME.fullmatch(schema_name) or schema_name.startswith("pg_"):
        raise PlatformRefused(f"{schema_name!r} cannot be a schema name: use lower-case letters, digits and _.")
    if schema_name in {TEMPLATE_SCHEMA, "public", "information_schema"} or schema_exists(schema_name):
        raise PlatformRefused(f"The schema name {schema_name!r} is taken. Choose another.")
    if not HOST_NAME.fullmatch(domain):
        raise PlatformRefused(f"{domain!r} is not a host name. Write it like shop.example.com, in lower case.")
    if Domain.objects.filter(domain=domain).exists():
        raise PlatformRefused(f"The domain {domain!r} already leads to another platform.")
    if not is_currency(currency):
        raise PlatformRefused(f"{currency!r} is not an ISO 4217 currency code such as CNY, BRL or EUR.")
    if time_zone not in available_timezones():
        raise PlatformRefused(f"{time_zone!r} is not a time zone such as Asia/Shanghai or America/Sao_Paulo.")


def ensure_template() -> None:
    """Make and migrate the template schema when it is not there yet. Its tables hold only what every platform starts
    with (the records of migrations, content types and permissions)."""
    if not Platform.objects.filter(schema_name=TEMPLATE_SCHEMA).exists():
        Platform(schema_name=TEMPLATE_SCHEMA, name="Template", currency="CNY", opened_on=date(2000, 1, 1)).save()
    if not schema_exists(TEMPLATE_SCHEMA):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{TEMPLATE_SCHEMA}"')
        call_command("migrate_schemas", schema_name=TEMPLATE_SCHEMA, interactive=False, verbosity=0)
        connection.set_schema_to_public()


@contextmanager
def entered(schema_name: str) -> Iterator[Platform]:
    """Work inside one working platform: its schema, its cache keys, its name on every log line.

    Raises NoSuchPlatform when there is none of that name or it is suspended; there is no default platform.
    """
    with tenant_context(_public()):
        platform = Platform.objects.working().filter(schema_name=schema_name or "").first()
    if platform is None:
        raise NoSuchPlatform(f"There is no working platform {schema_name!r}.")
    with structlog.contextvars.bound_contextvars(platform=schema_name), tenant_context(platform):
        yield platform


def _public() -> Platform:
    return Platform(schema_name="public")


def suspend(*, platform: Platform, at: datetime, by: str) -> None:
    """Close a platform's doors: its pages answer 404 and its tasks are refused until it is resumed."""
    Platform.objects.filter(pk=platform.pk, suspended_at=None).update(suspended_at=at)
    structlog.get_logger().info("platform suspended", platform=platform.schema_name, by=by)


def current_platform() -> Platform:
    """The platform whose schema is entered. Raises NoSuchPlatform in the public schema."""
    tenant = connection.tenant
    if not isinstance(tenant, Platform):
        raise NoSuchPlatform("No platform is entered here.")
    return tenant


