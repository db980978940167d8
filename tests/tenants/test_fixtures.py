"""The ground that other tests stand on."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.conf import settings

from apps.core.models import Transition
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.threads import at_once


def test_a_test_stays_inside_its_platform_after_a_request(
    platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    auditor = make_user(role=Role.AUDITOR)
    assert client_of(platform, auditor).get("/admin/").status_code == 200
    assert User.objects.get() == auditor


def test_nothing_of_the_test_before_is_left(platform: Platform) -> None:
    assert not User.objects.exists()


def test_a_fresh_platform_commits_what_threads_write(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform(currency="KWD", opened_on=date(2024, 2, 29))
    works = [partial(make_user, email=f"{number}@x.test") for number in range(4)]
    made = at_once(platform.schema_name, works)
    with entered(platform.schema_name) as again:
        assert again.currency == "KWD"
        assert set(User.objects.all()) == set(made)
        assert not Transition.objects.exists()


def test_a_fresh_platform_within_a_transaction_is_refused(
    platform: Platform, fresh_platform: Callable[..., Platform]
) -> None:
    with pytest.raises(RuntimeError, match="does not go together"):
        fresh_platform()


def test_a_child_process_sees_this_database(
    fresh_platform: Callable[..., Platform], child_environment: dict[str, str]
) -> None:
    platform = fresh_platform()
    listed = subprocess.run(
        [sys.executable, "manage.py", "list_platforms"],
        cwd=settings.BASE_DIR,
        env=child_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert platform.schema_name in listed.stdout
