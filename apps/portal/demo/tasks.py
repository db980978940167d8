"""Celery's part of the demo platforms: a clock that lets their days go on."""

from celery import current_app, shared_task
from django.utils import timezone

from apps.portal.demo.days import go_on
from apps.portal.demo.market import market_of
from apps.tenants.models import Platform
from apps.tenants.services import current_platform
from apps.tenants.tasks import platform_task


@shared_task(name="demo.go_on_everywhere")
def go_on_everywhere() -> None:
    """Every minute: one task for each demo platform."""
    for platform in Platform.objects.working().filter(is_demo=True):
        current_app.send_task("demo.go_on", kwargs={"platform": platform.schema_name}, expires=55)


@platform_task("demo.go_on")
def go_on_here() -> None:
    """Let the platform's marketplace and bank act, up to now."""
    platform = current_platform()
    go_on(market=market_of(platform.schema_name), platform=platform, at=timezone.now())
