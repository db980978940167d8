"""What holds for every request of a signed-in person: their language, and their second factor where it is asked for."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from apps.users.models import Role


class UserLanguageMiddleware:
    """A person's own language wins over the browser's, unless they chose another on this device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class SecondFactorMiddleware:
    """Where STAFF_NEED_SECOND_FACTOR is set, whoever works for the platform sets up a second factor before anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.STAFF_NEED_SECOND_FACTOR and self._is_missing(request):
            return redirect("mfa_index")
        return self.get_response(request)

    def _is_missing(self, request: HttpRequest) -> bool:
        """Sellers prove themselves anew at each signature; pages of the sign-in itself stay open to everyone."""
        user = request.user
        if not user.is_authenticated or user.role == Role.SELLER:
            return False
        is_on_the_way = request.path.startswith(("/account/", "/language/", settings.STATIC_URL))
        return not is_on_the_way and not is_mfa_enabled(user)
