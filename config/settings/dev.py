"""On a developer's or evaluator's machine: embedded PostgreSQL and Valkey unless the environment names others."""

import os

from celery.schedules import crontab

from config import embedded, environment
from config.settings.base import *  # noqa: F403  settings modules build on one another by design

DEBUG = os.environ.get("DEBUG", "1") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "for-development-only-never-in-production")
EVIDENCE_SIGNING_KEY = os.environ.get("EVIDENCE_SIGNING_KEY", "11" * 32)
REGISTRY_KEYS = environment.named_keys(os.environ.get("REGISTRY_KEYS", f"development:{'33' * 32}"))
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1"]
DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL") or embedded.database_url())}
CELERY_BROKER_URL = os.environ.get("BROKER_URL") or embedded.broker_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CELERY_BROKER_URL.rsplit("/", 1)[0] + "/1",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    }
}
CELERY_IMPORTS = ["apps.portal.demo.tasks"]
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,  # noqa: F405  from base
    "demo-days-go-on": {"task": "demo.go_on_everywhere", "schedule": crontab(minute="*")},
}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
STORAGES = {
    **STORAGES,  # noqa: F405  from base
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
