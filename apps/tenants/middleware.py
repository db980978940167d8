"""The request's platform: chosen by host name, refused when suspended, named on every log line."""

from collections.abc import Callable
from typing import cast

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django_tenants.middleware.main import TenantMainMiddleware
from django_tenants.utils import get_public_schema_urlconf

from apps.tenants.models import Domain, Platform
from apps.tenants.services import tenant_connection


class PlatformMiddleware(TenantMainMiddleware):
    """Enter the platform that the host name leads to, and leave it again however the request ends.

    Hosts without a platform see the public pages when they are local names of this server, else 404.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return cast(HttpResponseBase, super().__call__(request))
        finally:
            structlog.contextvars.clear_contextvars()
            timezone.deactivate()
            tenant_connection.set_schema_to_public()

    def get_tenant(self, domain_model: type[Domain], hostname: str) -> Platform:
        platform = domain_model.objects.select_related("tenant").get(domain=hostname.lower()).tenant
        if platform.suspended_at is not None:
            raise Http404
        structlog.contextvars.bind_contextvars(platform=platform.schema_name)
        timezone.activate(platform.zone)
        return platform

    def no_tenant_found(self, request: HttpRequest, hostname: str) -> HttpResponse | None:
        if hostname not in {"localhost", "127.0.0.1"}:
            raise Http404
        # The public site has neither sessions nor people: such a cookie is of another program on this host.
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        request.urlconf = get_public_schema_urlconf()
        return None
