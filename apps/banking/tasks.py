"""Celery's part of banking: bank files that were put into the platforms' folders are taken in."""

from pathlib import Path

import structlog
from celery import current_app, shared_task
from django.conf import settings
from django.utils import timezone

from apps.banking.services.folder import at_rest, take_in_files, waiting_files
from apps.tenants.models import Platform
from apps.tenants.services import current_platform
from apps.tenants.tasks import platform_task


@shared_task(name="banking.watch_folders")
def watch_folders() -> None:
    """Ask a worker to look into the folder of every platform in which files wait."""
    if not settings.STATEMENTS_FOLDER:
        return
    for platform in Platform.objects.working():
        if waiting_files(_folder(platform)):
            current_app.send_task("banking.take_in_folder", kwargs={"platform": platform.schema_name})


@platform_task("banking.take_in_folder")
def take_in_folder() -> None:
    """Take in the files in the platform's folder that are at rest. Twice at once, each file is still taken in once."""
    now = timezone.now()
    for name, told in take_in_files(paths=at_rest(_folder(current_platform()), at=now), at=now, by="folder"):
        # Why one was refused names accounts: it stands in a file beside it.
        structlog.get_logger().info("bank file", file=name, told=told.partition(":")[0])


def _folder(platform: Platform) -> Path:
    return Path(settings.STATEMENTS_FOLDER) / platform.schema_name
