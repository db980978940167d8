"""The texts below an XML element by path, gathered in one walk: `leaves.text("Refs/EndToEndId")`."""

from collections.abc import Set as AbstractSet
from functools import lru_cache

from lxml import etree

NONE_APART: frozenset[str] = frozenset()


class Leaves:
    """Texts by path of local names. A path that comes again adds a line. Elements `apart` are kept and not walked."""

    __slots__ = ("_apart", "_texts", "groups", "line")

    def __init__(self, element: etree._Element, apart: AbstractSet[str] = NONE_APART) -> None:
        self.line = element.sourceline
        self.groups: dict[str, list[etree._Element]] = {}
        self._texts: dict[str, str] = {}
        self._apart = apart
        self._walk(element, "")

    def text(self, *paths: str) -> str:
        """The text at the first of `paths` that has one; "" when none has."""
        texts = self._texts
        for path in paths:
            if text := texts.get(path):
                return text
        return ""

    def currency(self, path: str) -> str:
        """The currency attribute of the amount at `path`."""
        return self._texts.get(f"{path}@", "")

    def __contains__(self, path: str) -> bool:
        return path in self._texts

    def _walk(self, element: etree._Element, above: str) -> None:
        texts, apart = self._texts, self._apart
        for child in element:
            path = _path(above, child.tag)  # type: ignore[arg-type]  # a str, since comments are left out
            text = child.text
            if path in apart:
                self.groups.setdefault(path, []).append(child)
            elif (text is None or not (text := text.strip())) and len(child):
                self._walk(child, path)
            else:
                texts[path] = f"{texts[path]}\n{text or ''}" if path in texts else text or ""
                if path[-3:] == "Amt" and (currency := child.get("Ccy")):
                    texts[f"{path}@"] = currency


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return _local(str(element.tag))


@lru_cache(maxsize=4096)  # bounded: a hostile file may invent names
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@lru_cache(maxsize=4096)
def _path(above: str, tag: str) -> str:
    return f"{above}/{_local(tag)}" if above else _local(tag)
