"""Under pytest: the embedded servers, a database of its own, fast password hashing."""

import tempfile
from pathlib import Path

from config.settings.dev import *  # noqa: F403  settings modules build on one another by design

DEBUG = False
ALLOWED_HOSTS = ["localhost", ".localhost", ".test", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = Path(tempfile.gettempdir()) / "granary-test-media"
ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": "10/m/ip,5/5m/key"}
