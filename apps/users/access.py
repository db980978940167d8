"""Who may open which front door."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

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
    """Keep what a visitor without a session has sent, before they are led to the sign-in."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            keep_typed(request)
        return view(request, *args, **kwargs)

    return kept
