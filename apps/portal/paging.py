"""Pages of long lists by key: as fast on the thousandth page as on the first, and steady while rows are added."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import Http404, QueryDict
from django.utils.dateparse import parse_datetime

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first, and the addresses of its neighbours; empty where there is none."""

    rows: list[Any]
    newer_url: str
    older_url: str


@dataclass(frozen=True, slots=True)
class Key:
    """What orders a list: the columns, newest first, and how their values are written into an address and read back."""

    columns: tuple[str, ...]
    write: Callable[[Any], str]
    read: Callable[[str], tuple[Any, ...]]


def by_moment(column: str) -> Key:
    """Newest first by the moment in `column`, which every row has; rows of one moment by their own key."""

    def write(row: Model) -> str:
        return f"{getattr(row, column).isoformat()}_{row.pk}"

    def read(text: str) -> tuple[datetime, int]:
        moment, _dash, key = text.rpartition("_")
        parsed = parse_datetime(moment)
        if parsed is None or parsed.tzinfo is None:
            raise ValueError(text)
        return parsed, int(key)

    return Key((column, "pk"), write, read)


BY_NUMBER = Key(("pk",), lambda row: str(row.pk), lambda text: (int(text),))


def page_of(rows: QuerySet[Any], query: QueryDict, *, key: Key, size: int = PAGE_SIZE) -> Page:
    """The page of `rows` that the address asks for with `older` or `newer`; without either, the newest.

    Raises Http404 for a mark that no page of ours has written.
    """
    older, newer = query.get("older", ""), query.get("newer", "")
    try:
        mark = key.read(older or newer) if older or newer else ()
    except (ValueError, OverflowError) as error:
        raise Http404(f"{older or newer!r} marks no place in this list.") from error
    backwards = bool(newer) and not older
    found = list(_beside(rows, key, mark, backwards=backwards)[: size + 1])
    more, taken = len(found) > size, found[:size]
    if backwards:
        taken.reverse()
    has_newer = more if backwards else bool(mark)
    has_older = True if backwards else more
    return Page(
        taken,
        _address(query, "newer", key.write(taken[0])) if taken and has_newer else "",
        _address(query, "older", key.write(taken[-1])) if taken and has_older else "",
    )


def _beside(rows: QuerySet[Any], key: Key, mark: tuple[Any, ...], *, backwards: bool) -> QuerySet[Any]:
    order = key.columns if backwards else tuple(f"-{column}" for column in key.columns)
    if mark:
        rows = rows.filter(_past(key.columns, mark, "gt" if backwards else "lt"))
    return rows.order_by(*order)


def _past(columns: tuple[str, ...], mark: tuple[Any, ...], side: str) -> Q:
    """Rows beyond the mark: beyond it in the first column, or level in that and beyond it in the next."""
    beyond, level = Q(), Q()
    for column, value in zip(columns, mark, strict=True):
        beyond |= level & Q((f"{column}__{side}", value))
        level &= Q((column, value))
    return beyond


def _address(query: QueryDict, name: str, mark: str) -> str:
    kept = query.copy()
    for other in ("older", "newer"):
        kept.pop(other, None)
    kept[name] = mark
    return f"?{kept.urlencode()}"
