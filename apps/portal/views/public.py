"""The public site's one page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.tenants.models import Platform


def welcome(request: HttpRequest) -> HttpResponse:
    """What Granary is; on a demo machine, where its demo platforms are."""
    demo = Platform.objects.working().filter(is_demo=True).prefetch_related("domains") if settings.DEBUG else []
    return render(request, "public/welcome.html", {"platforms": demo})
