"""Reading the environment: each missing or malformed value is one clear sentence at start."""

import os
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def required(name: str, purpose: str) -> str:
    """The value of an environment variable; raises ImproperlyConfigured with a sentence when it is missing."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. It holds {purpose}. Set it in the environment; see .env.example."
        )
    return value


def listed(name: str) -> list[str]:
    """The comma-separated values of an environment variable, without blanks."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def named_keys(text: str) -> dict[str, str]:
    """Keys by name from `name:hex,name:hex`; raises ImproperlyConfigured unless each is a name and 32 bytes of hex."""
    pairs = [pair.strip().partition(":") for pair in text.split(",") if pair.strip()]
    for name, _colon, key in pairs:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,12}", name) or not re.fullmatch(r"[0-9a-fA-F]{64}", key):
            raise ImproperlyConfigured(
                "REGISTRY_KEYS must look like 2026:HEX or 2026:HEX,2027:HEX, each HEX being 64 hex digits."
            )
    if len({name for name, _colon, _key in pairs}) < max(1, len(pairs)):
        raise ImproperlyConfigured("REGISTRY_KEYS must name at least one key, and each by another name.")
    return {name: key for name, _colon, key in pairs}


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a postgres:// URL; raises ImproperlyConfigured when it is not one."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host:5432/name.")
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
