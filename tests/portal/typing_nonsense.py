"""The forms of a page as a browser would send them, and what people type into them by mistake or to see what breaks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.portal.pages import Piece, read

# What is typed into one field of a form that is right otherwise, and into all its fields at once.
INTO_ONE = ["", "-1", "１２３", "x" * 20_000, "😀🌾", "\x00"]
INTO_ALL = ["   ", "0", "1e999", "NaN", "abc", "9" * 40, "<script>alert(1)</script>", "2025-02-30", "../../etc/passwd"]
NONSENSE = INTO_ONE + INTO_ALL
# Each leaves the person somewhere else, or changes only how pages look.
NOT_TRIED = ("/account/logout/", "/language/", "/people/devices/end/")
OURS = {"csrfmiddlewaretoken", "typed_by"}


@dataclass(frozen=True)
class Form:
    """A form that is sent by POST: where to, what it holds now, and which of its fields people see, which of them show
    the text that was typed, which take files."""

    action: str
    values: dict[str, list[str]]
    seen: frozenset[str]
    shown: frozenset[str]
    files: frozenset[str]

    def with_typed(self, names: Iterable[str], typed: Any) -> dict[str, Any]:
        return {**self.values, **dict.fromkeys(names, typed)}


def forms_of(page: str, path: str) -> Iterator[Form]:
    """The forms of a page that are sent by POST, without those that only lead elsewhere."""
    for form in read(page).all("form", method="post"):
        action = form.get("action") or path
        if not action.startswith(NOT_TRIED):
            yield _form(form, action)


def _form(form: Piece, action: str) -> Form:
    values: dict[str, list[str]] = {}
    fields = [one for one in (*form.all("input"), *form.all("select"), *form.all("textarea")) if one.get("name")]
    files = frozenset(one["name"] for one in fields if one.get("type") == "file")
    for one in fields:
        if one["name"] not in files | OURS:
            values.setdefault(one["name"], []).extend(_held(one))
    shown = frozenset(one["name"] for one in fields if one.get("type") in {"text", "email", "tel"})
    seen = frozenset(one["name"] for one in fields if one.get("type") != "hidden") & values.keys()
    return Form(action, values, seen, shown, files)


def _held(one: Piece) -> list[str]:
    """What a field sends when nobody touches it."""
    if one.tag == "select":
        options = one.all("option")
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return [option.get("value") or "" for option in chosen]
    if one.tag == "textarea":
        return [one.text]
    is_off = one.get("type") in {"checkbox", "radio"} and one.get("checked") is None
    return [] if is_off else [one.get("value") or ""]
