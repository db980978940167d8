"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("granary")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_everything_else(**_signal: Any) -> None:
    """Celery brings its own log lines unless somebody answers this: a worker's are those of the settings, so that the
    same is left out of them, and LOG_LEVEL says how many there are."""
