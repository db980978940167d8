"""Pages for what went wrong, in words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def stale_page(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """A form sent from a page that is too old: nothing was changed, and how to go on."""
    return render(request, "403_csrf.html", status=403)
