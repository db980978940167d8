"""Delivering messages: a nudge after each commit that told something, and a look every minute for the rest."""

from celery import current_app, shared_task
from django.utils import timezone

from apps.portal.messaging.delivery import deliver_due
from apps.sellers.models.message import Delivery
from apps.sellers.services.messages import DELIVER
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.tenants.tasks import platform_task


@platform_task(DELIVER)
def deliver_messages() -> None:
    """Hand over what is due on one platform."""
    deliver_due(clock=timezone.now)


@shared_task(name="portal.deliver_messages_everywhere")
def deliver_messages_everywhere() -> None:
    """Ask for the platforms on which something is due: nudges that were lost, quiet hours that ended, new attempts."""
    now = timezone.now()
    for platform in Platform.objects.working():
        with entered(platform.schema_name):
            is_due = Delivery.objects.due(now).exists()
        if is_due:
            current_app.send_task(DELIVER, kwargs={"platform": platform.schema_name})
