"""Who may open which front door."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from apps.users.kept import keep_typed

View = Callable[..., HttpResponseBase]


def for_roles(*roles: str) -> Callable[[View], View]:
    """Let only signed-in people with one of `roles` in; others are asked to sign in or answered 403.

    What someone typed whose session has ended is kept until they are back; see `users.kept`.
    """

    def decorate(view: View) -> View:
        @keeping_typed
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated or request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def keeping_typed(view: View) -> View:
    """Keep what a visitor without a session has sent, lead them to the sign-in, and then to the page of the form."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            page = _page_of_form(request)
            keep_typed(request, urlsplit(page).path)
            return redirect_to_login(page)
        return view(request, *args, **kwargs)

    return kept


def _page_of_form(request: HttpRequest) -> str:
    """Where the form stood: an address that only takes what is sent has no page to come back to."""
    page = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}):
        found = urlsplit(page)
        return found._replace(scheme="", netloc="", fragment="").geturl()
    return request.get_full_path()
