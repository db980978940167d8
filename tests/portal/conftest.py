"""Rendering templates for a reader of one language, without a database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import resolve
from django.utils import translation

from apps.tenants.models import Platform
from apps.users.models import User
from tests.portal.pages import read

ENGLISH, CHINESE = "en", "zh-hans"


@pytest.fixture(params=[ENGLISH, CHINESE])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each of the two languages in turn, active."""
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def visit(settings: Any) -> Callable[..., HttpRequest]:
    """`visit("/portal/money/")`: a signed-in person's request there; `signed_in=False` for a stranger's."""
    settings.ROOT_URLCONF = "tests.portal.urls"

    def make(path: str = "/portal/home/", *, signed_in: bool = True) -> HttpRequest:
        request = RequestFactory().get(path)
        request.resolver_match = resolve(path)
        request.user = User() if signed_in else AnonymousUser()
        request.session = {}  # type: ignore[assignment]  # all that messages ask of it
        request.tenant = Platform(name="Harvest Lane", name_zh="丰收里")  # type: ignore[attr-defined]
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]  # as its middleware sets it
        return request

    return make


@pytest.fixture
def page(visit: Callable[..., HttpRequest]) -> Callable[..., Any]:
    """`page("404.html", ...)`: the template for a signed-in person, parsed; see `tests.portal.pages.read`."""

    def render(template: str, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> Any:
        return read(render_to_string(template, context or {}, request or visit()))

    return render


@pytest.fixture
def piece() -> Callable[..., Any]:
    """`piece("{% money amount 'CNY' %}", amount=...)`: a few tags of Granary's, rendered and parsed."""

    def render(source: str, **context: Any) -> Any:
        return read(engines["django"].from_string("{% load granary i18n %}" + source).render(context))

    return render
