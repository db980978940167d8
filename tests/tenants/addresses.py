"""Every address of a platform, read from the URLconf, so that new pages are tested without anybody thinking of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RegexPattern

# Allauth's pages name nobody's rows; what their keys and tokens open is allauth's own business.
NOT_OURS = ("account/", "language/")


@dataclass(frozen=True, slots=True)
class Address:
    """A named route and the kinds of its arguments, such as {"offer_id": "int"}."""

    name: str
    route: str
    arguments: dict[str, str]

    @property
    def names_a_row(self) -> bool:
        return bool({"int", "path", "day"} & set(self.arguments.values()))

    def path(self, *, row: int, day: date) -> str:
        """The address of the row with that key, or of that day."""
        slugs = {"kind": "waiver", "act": "freeze", "answer": "accept", "total": "principal",
                 "relief": "pause"}  # fmt: skip
        slug = next((slugs[name] for name in self.arguments if name in slugs), "approve")
        values = {"int": row, "path": row, "day": day, "slug": slug, "string": "no-such-token", "regex": "sellers"}
        return reverse(self.name, kwargs={name: values[kind] for name, kind in self.arguments.items()})


def addresses() -> list[Address]:
    """All named routes of a platform but `NOT_OURS`."""
    found = _walk(get_resolver("config.urls_tenant").url_patterns, "", "")
    return [address for address in found if not address.route.startswith(NOT_OURS)]


def _walk(patterns: list[Any], namespace: str, route: str) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            yield from _walk(pattern.url_patterns, inner, here)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Address(":".join(filter(None, [namespace, pattern.name])), here, _arguments(pattern.pattern))


def _arguments(pattern: Any) -> dict[str, str]:
    if isinstance(pattern, RegexPattern):
        return dict.fromkeys(pattern.regex.groupindex, "regex")
    return {name: type(one).__name__.removesuffix("Converter").lower() for name, one in pattern.converters.items()}
