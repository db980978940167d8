"""Under pytest: the embedded servers, a database of its own, fast password hashing."""

import fcntl
import os
import tempfile
from pathlib import Path

from config.settings.dev import *  # noqa: F403  settings modules build on one another by design


def _slot() -> str:
    """The number of this test run, kept by a file lock until its process ends.

    Runs that happen at once (in one checkout or several) so share neither database, cache, queue nor files. The
    children of a run (pytest-xdist's workers, a Celery worker that a test starts) inherit its number.
    """
    known = os.environ.get("GRANARY_TEST_SLOT")
    if known is not None:
        return known
    for number in range(100):
        lock = (Path(tempfile.gettempdir()) / f"granary-test-slot-{number}").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        globals()["_LOCK"] = lock  # closing the file would give the number away
        os.environ["GRANARY_TEST_SLOT"] = str(number)
        return str(number)
    raise RuntimeError("A hundred test runs are under way already. Wait until one has ended.")


TEST_RUN = f"test{_slot()}{os.environ.get('PYTEST_XDIST_WORKER', '')}"

DEBUG = False
ALLOWED_HOSTS = ["localhost", ".localhost", ".test", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SITE_ADDRESS = "https://{host}"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if os.environ.get("GRANARY_TEST_MAIL"):  # a web server of a test: what it sends is read by another process
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = os.environ["GRANARY_TEST_MAIL"]
GRANARY_SMS_BACKEND = "apps.core.sms.MemoryGateway"
MEDIA_ROOT = Path(tempfile.gettempdir()) / f"granary-{TEST_RUN}-media"
ACCOUNT_RATE_LIMITS = {**ACCOUNT_RATE_LIMITS, "login": "1000/m/ip"}  # noqa: F405  from base
DATABASES["default"]["TEST"] = {"NAME": f"granary_test{_slot()}"}  # noqa: F405  pytest-django adds the worker's name
CACHES["default"]["KEY_PREFIX"] = TEST_RUN  # noqa: F405  from dev
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{TEST_RUN}:"  # noqa: F405  from base
WHITENOISE_AUTOREFRESH = True  # static files where they lie: nothing is collected under test
