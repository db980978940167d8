"""The platform's name on log lines that are written after its request has been left."""

from collections.abc import MutableMapping
from typing import Any


def name_platform_of_request(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: Django logs a refused request (404, 403, ...) only when all middleware is done with it."""
    request = getattr(line.get("_record"), "request", None)
    if "platform" not in line and (platform := getattr(request, "tenant", None)) is not None:
        line["platform"] = platform.schema_name
    return line
