"""In production: every address and secret comes from the environment, and a missing one stops the start."""

import os

from config import environment
from config.settings.base import *  # noqa: F403  settings modules build on one another by design

DEBUG = False
SECRET_KEY = environment.required("SECRET_KEY", "the key that signs sessions")
EVIDENCE_SIGNING_KEY = environment.required(
    "EVIDENCE_SIGNING_KEY", "the Ed25519 private key of the evidence log, as hex"
)
DOCUMENT_SEAL_FILE = environment.required("DOCUMENT_SEAL_FILE", "the path of the PEM file that seals documents")
REGISTRY_KEYS = environment.named_keys(
    environment.required("REGISTRY_KEYS", "the keys of the registry of encumbered goods, as name:hex")
)
ALLOWED_HOSTS = environment.listed("ALLOWED_HOSTS") or [environment.required("ALLOWED_HOSTS", "the host names served")]
DATABASES = {"default": environment.database(environment.required("DATABASE_URL", "the address of PostgreSQL"))}
CELERY_BROKER_URL = environment.required("BROKER_URL", "the address of the Redis-compatible broker")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("CACHE_URL", CELERY_BROKER_URL),
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    }
}
MEDIA_ROOT = environment.required("MEDIA_ROOT", "the folder (or mount) that holds contracts")
CSRF_TRUSTED_ORIGINS = environment.listed("CSRF_TRUSTED_ORIGINS")
SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STAFF_NEED_SECOND_FACTOR = True
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "1"))
# Printing codes is for development: where no gateway is named, no text message is sent.
GRANARY_SMS_BACKEND = os.environ.get("SMS_BACKEND") or "apps.core.sms.NoGateway"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "granary@localhost")

# W019 wants framing denied altogether: the signing page shows the contract in a frame of our own origin.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
