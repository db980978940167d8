"""What `make run` calls before it starts anything, and what it prints when all is up."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core.models import Transition
from apps.portal.demo.market import HARVEST, PASSWORD
from apps.tenants.models import Platform


def told(*arguments: str) -> str:
    said = StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_prepare_twice_finds_nothing_to_do(settings: Any) -> None:
    settings.DEBUG = True
    first = told("prepare", "--demo")
    assert told("prepare", "--demo") == first
    assert first.splitlines() == [
        "Public schema: up to date",
        "Harbor: up to date",
        "Meadow: up to date",
        "Template: up to date",
    ]


def test_prepare_brings_a_platform_the_migrations_that_it_misses(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    call_command("migrate_schemas", "core", "0001", schema_name=platform.schema_name, verbosity=0)
    assert "Meadow: 8 migrations applied" in told("prepare").splitlines()
    with schema_context(platform.schema_name):
        Transition.objects.create(
            model="core.test", object_id=1, verb="create", target="made", by="test", at=timezone.now()
        )
        with pytest.raises(IntegrityError, match="append-only"):
            Transition.objects.all().delete()
    assert "applied" not in told("prepare")


def test_prepare_refuses_demo_platforms_where_debug_is_off(db: None) -> None:
    with pytest.raises(CommandError, match="passwords are known to all"):
        told("prepare", "--demo")


def test_sign_ins_are_not_shown_where_debug_is_off(db: None) -> None:
    said = StringIO()
    with pytest.raises(CommandError, match="only where DEBUG is on"):
        call_command("demo_signins", stdout=said)
    assert said.getvalue() == ""


def test_without_demo_platforms_there_is_nobody_to_show(db: None, settings: Any) -> None:
    settings.DEBUG = True
    said = told("demo_signins")
    assert said == "There are no demo platforms here. `manage.py prepare --demo` makes them.\n"
    assert PASSWORD not in said


def test_sign_ins_name_address_role_email_and_password(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setenv("PORT", "8123")
    Platform.objects.filter(schema_name="meadow").update(schema_name="harvest", is_demo=True)
    said = told("demo_signins")
    assert "http://harvest.localhost:8123" in said
    assert "livestream" not in said
    for person in HARVEST.people:
        assert person.email in said
        assert person.role in said
    assert PASSWORD in said
