"""Addresses that the frames of the pages link to, with nothing behind them: for tests of templates alone."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, include, path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def places(app_name: str, *names: str) -> tuple[list[URLPattern], str]:
    return [path(f"{app_name}/{name}/", nothing, name=name) for name in names], app_name


urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("", include(places("entrance", "ask", "enter", "open", "join"))),
    path("language/", include("django.conf.urls.i18n")),
    path("", include(places("portal", "home", "money", "orders", "documents", "more"))),
    path(
        "", include(places("desk", "night", "breaks", "calls", "files", "books", "inspections", "sellers", "reliefs"))
    ),
]
