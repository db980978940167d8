"""Settings of a benchmark that looks at pages from outside: this machine's servers, static files as production has them
(compressed, under names that may be cached for ever)."""

from config.settings import base
from config.settings.dev import *  # noqa: F403  settings modules build on one another by design

DEBUG = False
STORAGES = base.STORAGES
WHITENOISE_USE_FINDERS = False
STATIC_ROOT = base.BASE_DIR / "var" / "static-of-benchmarks"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody types a password: sessions are made
