"""Making, entering and suspending platforms."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
import structlog
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_exists

from apps.tenants.models import TEMPLATE_SCHEMA, Domain, Platform
from apps.tenants.services import (
    NoSuchPlatform,
    PlatformRefused,
    create_platform,
    current_platform,
    ensure_template,
    entered,
    resume,
    suspend,
    tenant_connection,
)
from tests.conftest import MEADOW, OPENED_ON, PlatformClient, drop
from tests.factories import make_seller, make_user

FACTS: dict[str, Any] = {
    "schema_name": "olive",
    "name": "Olive",
    "domain": "olive.test",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "opened_on": date(2025, 1, 1),
    "by": "test",
}


def test_a_platform_is_made_with_what_was_asked(two_platforms: tuple[Platform, Platform]) -> None:
    olive = create_platform(**FACTS)
    assert schema_exists("olive")
    kept = Platform.objects.working().get(schema_name="olive")
    assert (kept.name, kept.currency, kept.time_zone, kept.country) == ("Olive", "EUR", "Europe/Berlin", "DE")
    assert kept.domains.get().domain == "olive.test"
    with entered("olive"):
        assert current_platform() == olive
        assert make_seller().pk == 1


@pytest.mark.parametrize(
    ("differing", "says"),
    [
        ({"schema_name": "meadow"}, "The schema name 'meadow' is taken"),
        ({"schema_name": "template"}, "The schema name 'template' is taken"),
        ({"schema_name": "public"}, "The schema name 'public' is taken"),
        ({"schema_name": "pg_olive"}, "cannot be a schema name"),
        ({"schema_name": "Olive"}, "cannot be a schema name"),
        ({"schema_name": "o"}, "cannot be a schema name"),
        ({"schema_name": 'olive"; DROP SCHEMA meadow CASCADE; --'}, "cannot be a schema name"),
        ({"name": "  "}, "name has 1 to 120 characters"),
        ({"name": "x" * 121}, "name has 1 to 120 characters"),
        ({"domain": "meadow.test"}, "The domain 'meadow.test' already leads to another platform"),
        ({"domain": "Olive.test"}, "is not a host name"),
        ({"domain": "http://olive.test/"}, "is not a host name"),
        ({"domain": "olive..test"}, "is not a host name"),
        ({"domain": ""}, "is not a host name"),
        ({"currency": "EURO"}, "is not an ISO 4217 currency code"),
        ({"currency": "eur"}, "is not an ISO 4217 currency code"),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"time_zone": "../etc/passwd"}, "is not a time zone"),
        ({"country": "Germany"}, "is not an ISO 3166 country code"),
    ],
)
def test_a_platform_that_cannot_be_is_refused_with_a_reason(
    two_platforms: tuple[Platform, Platform], differing: dict[str, Any], says: str
) -> None:
    before = set(Platform.objects.values_list("schema_name", flat=True))
    with pytest.raises(PlatformRefused, match=says):
        create_platform(**{**FACTS, **differing})
    assert set(Platform.objects.values_list("schema_name", flat=True)) == before
    assert not Domain.objects.filter(domain="olive.test").exists()
    assert not schema_exists("olive")


def test_of_two_that_want_the_same_name_at_once_one_gets_it(fresh_platform: Callable[..., Platform]) -> None:
    fresh_platform()  # only to be let into the database with real commits
    answers: list[Any] = []

    def make(domain: str) -> None:
        try:
            answers.append(create_platform(**{**FACTS, "schema_name": "throwaway_race", "domain": domain}))
        except PlatformRefused as refusal:
            answers.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=[f"race-{number}.test"]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Platform.objects.get(schema_name="throwaway_race")
    try:
        assert sorted(type(answer).__name__ for answer in answers) == ["Platform", "PlatformRefused"]
        assert made.domains.count() == 1
    finally:
        drop([made])


def test_a_template_that_is_behind_is_brought_up_to_date_before_it_is_cloned(
    fresh_platform: Callable[..., Platform],
) -> None:
    """As after a release whose migration was forgotten, or a first start that was killed half way."""
    fresh_platform()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM template.django_migrations WHERE app = 'evidence' AND name = '0002_append_only'")
        for table in ("evidence_record", "evidence_seal"):
            cursor.execute(f"DROP TRIGGER {table}_append_only ON template.{table}")
            cursor.execute(f"DROP TRIGGER {table}_no_truncate ON template.{table}")
    ensure_template()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'template.evidence_record'::regclass AND NOT tgisinternal"
        )
        assert cursor.fetchone() == (2,)


def test_the_command_makes_a_platform_and_names_its_address(two_platforms: tuple[Platform, Platform]) -> None:
    said = StringIO()
    call_command(
        "create_platform",
        "Olive & Söhne 2",
        domain="olive.test",
        currency="EUR",
        time_zone="Europe/Berlin",
        stdout=said,
    )
    assert said.getvalue() == "Olive & Söhne 2 is ready: schema olive_s_hne_2, http://olive.test\n"
    assert Platform.objects.get(schema_name="olive_s_hne_2").opened_on == timezone.localdate(
        timezone=Platform(time_zone="Europe/Berlin").zone
    )


@pytest.mark.parametrize(
    ("name", "differing", "says"),
    [
        ("橄榄", {}, "'橄榄' has no letters a to z to make a schema name of: give --schema"),
        ("Olive", {"domain": "meadow.test"}, "The domain 'meadow.test' already leads to another platform"),
        ("Olive", {"currency": "EURO"}, "'EURO' is not an ISO 4217 currency code"),
        ("Olive", {"time_zone": "Berlin"}, "'Berlin' is not a time zone"),
        ("Meadow", {}, "The schema name 'meadow' is taken"),
    ],
)
def test_the_command_says_in_words_what_is_wrong(
    two_platforms: tuple[Platform, Platform], name: str, differing: dict[str, str], says: str
) -> None:
    options = {"domain": "olive.test", "currency": "EUR", "time_zone": "Europe/Berlin", **differing}
    with pytest.raises(CommandError, match=says):
        call_command("create_platform", name, **options)
    assert not Domain.objects.filter(domain="olive.test").exists()


def test_a_chinese_name_needs_a_schema_name_beside_it(two_platforms: tuple[Platform, Platform]) -> None:
    options = {"domain": "olive.test", "currency": "CNY", "time_zone": "Asia/Shanghai", "schema": "olive"}
    call_command("create_platform", "橄榄", name_zh="橄榄", stdout=StringIO(), **options)
    assert Platform.objects.get(schema_name="olive").local_name("zh-hans") == "橄榄"


def test_only_working_platforms_are_listed(two_platforms: tuple[Platform, Platform], at: datetime) -> None:
    said = StringIO()
    call_command("list_platforms", stdout=said)
    assert "meadow  meadow.test  CNY  Asia/Shanghai" in said.getvalue()
    assert TEMPLATE_SCHEMA not in said.getvalue()


@pytest.mark.parametrize("name", ["", "nowhere", "template", "public", "Meadow", "meadow; DROP"])
def test_there_is_no_default_platform(two_platforms: tuple[Platform, Platform], name: str) -> None:
    with pytest.raises(NoSuchPlatform, match="There is no working platform"), entered(name):
        pytest.fail("it was entered")
    with pytest.raises(NoSuchPlatform, match="No platform is entered here"):
        current_platform()


def test_entering_sets_schema_time_zone_and_log_context_and_leaves_them_behind(
    two_platforms: tuple[Platform, Platform],
) -> None:
    def here() -> tuple[Any, str, dict[str, Any]]:
        zone = timezone.get_current_timezone_name()
        return tenant_connection.schema_name, zone, structlog.contextvars.get_contextvars()

    def fail_in_harbor() -> None:
        with entered("harbor"):
            assert here() == ("harbor", "America/Sao_Paulo", {"platform": "harbor"})
            raise ZeroDivisionError

    assert here() == ("public", "UTC", {})
    with entered("meadow"):
        assert here() == ("meadow", "Asia/Shanghai", {"platform": "meadow"})
        with pytest.raises(ZeroDivisionError):
            fail_in_harbor()
        assert here() == ("meadow", "Asia/Shanghai", {"platform": "meadow"})
    assert here() == ("public", "UTC", {})


def test_the_schema_survives_a_rollback(two_platforms: tuple[Platform, Platform]) -> None:
    """SET search_path is undone by a rollback; whoever works on must still be where they were."""
    with entered("meadow"):
        make_seller(external_id="S-1", name="of Meadow")
    twins = [make_seller, make_seller]
    with entered("harbor"):
        with pytest.raises(IntegrityError), transaction.atomic():
            _ = [make(external_id="S-1") for make in twins]
        seller = make_seller(external_id="S-1", name="of Harbor")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema(), (SELECT name FROM sellers_seller WHERE id = %s)", [seller.pk])
            assert cursor.fetchone() == ("harbor", "of Harbor")


def test_a_suspended_platform_is_closed_until_it_is_resumed(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient], at: datetime
) -> None:
    meadow, harbor = two_platforms
    with entered("meadow"):
        user = make_user(role="auditor")
    client = client_of(meadow, user)
    assert client.get("/admin/").status_code == 200
    suspend(platform=meadow, at=at, by="test")
    suspend(platform=meadow, at=datetime(2026, 1, 1, tzinfo=UTC), by="test")
    assert Platform.objects.get(pk=meadow.pk).suspended_at == at
    assert client.get("/admin/").status_code == 404
    with pytest.raises(NoSuchPlatform), entered("meadow"):
        pytest.fail("it was entered")
    with entered("harbor"):
        assert current_platform() == harbor
    with pytest.raises(CommandError, match="There is no working platform 'meadow'"):
        call_command("verify_books", platform="meadow")
    resume(platform=meadow, by="test")
    assert client.get("/admin/").status_code == 200


def test_the_suspend_command_closes_and_opens(two_platforms: tuple[Platform, Platform]) -> None:
    said = StringIO()
    call_command("suspend_platform", "meadow", stdout=said)
    assert not Platform.objects.working().filter(schema_name="meadow").exists()
    call_command("suspend_platform", "meadow", resume=True, stdout=said)
    assert Platform.objects.working().filter(schema_name="meadow").exists()
    assert said.getvalue().splitlines() == ["Meadow is suspended.", "Meadow works again."]
    for name in ("nowhere", "template"):
        with pytest.raises(CommandError, match=f"There is no platform '{name}'"):
            call_command("suspend_platform", name)


def test_hosts_that_lead_nowhere_answer_404_and_this_server_its_welcome(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(two_platforms[0])
    client.cookies["sessionid"] = "of another program on this host"
    assert client.get("/", HTTP_HOST="nowhere.test").status_code == 404
    assert client.get("/admin/", HTTP_HOST="nowhere.test").status_code == 404
    assert client.get("/", HTTP_HOST="localhost").status_code == 200
    assert client.get("/admin/", HTTP_HOST="localhost").status_code == 404
    assert client.get("/account/login/", HTTP_HOST="MEADOW.test:8000").status_code == 200
    assert tenant_connection.schema_name == "public"


def test_the_facts_of_the_fixtures(two_platforms: tuple[Platform, Platform], at: datetime) -> None:
    meadow, harbor = two_platforms
    assert (meadow.currency, meadow.opened_on) == (MEADOW["currency"], OPENED_ON)
    assert meadow.business_date(at) == harbor.business_date(at) == date(2025, 3, 14)
    assert meadow.last_due_date(at) == date(2025, 3, 13)
