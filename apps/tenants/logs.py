"""What a log line says of its platform, and what it must not say: no secret, and nothing of a person but their key."""

import re
from collections.abc import MutableMapping
from typing import Any

Line = MutableMapping[str, Any]

# PostgreSQL quotes the row that broke a rule ("Failing row contains (...)", "Key (email)=(...) already exists."): all
# that it says after its first sentence, up to where Python tells of the next exception. As text, or as its repr().
QUOTED_ROW = re.compile(
    r"(?:\n|\\n)(?:DETAIL|CONTEXT): .*?(?=\n\n(?:The above exception|During handling)|\Z)", re.DOTALL
)
# The names under which an address carries what opens something to whoever holds it.
SECRETS_IN_ADDRESSES = ("token", "key", "uidb36")


def name_platform_of_request(_logger: Any, _method: str, line: Line) -> Line:
    """A structlog processor: Django logs a refused request (404, 403, ...) only when all middleware is done with it."""
    platform = getattr(_request_of(line), "tenant", None)
    if "platform" not in line and platform is not None:
        line["platform"] = platform.schema_name
    return line


def leave_out_secrets(_logger: Any, _method: str, line: Line) -> Line:
    """A structlog processor, the last before the line is written: no row that the database quotes, no link that opens
    an account. What is left says what happened, and where."""
    kept = getattr(getattr(_request_of(line), "resolver_match", None), "kwargs", {})
    secrets = [str(kept[name]) for name in SECRETS_IN_ADDRESSES if kept.get(name)]
    for name, said in line.items():
        if isinstance(said, str):
            text = QUOTED_ROW.sub("\n(what the database quoted is left out)", said)
            for secret in secrets:
                text = text.replace(secret, "...")
            line[name] = text
    return line


def _request_of(line: Line) -> Any:
    return getattr(line.get("_record"), "request", None)
