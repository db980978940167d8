"""A rendered page as a test reads it: parsed as a browser would, asked for elements, attributes and text."""

from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element

import tinyhtml5  # type: ignore[import-untyped]  # comes with WeasyPrint

BLOCKS = frozenset(
    ("p", "div", "h1", "h2", "h3", "li", "dt", "dd", "td", "th", "tr", "caption", "header", "section", "form", "label")
)


class Piece:
    """One element, or a whole page."""

    def __init__(self, element: Element) -> None:
        self.element = element

    def all(self, tag: str = "*", **attributes: str) -> list["Piece"]:
        """The elements below with this tag and these attributes; `class_` asks for one class among several."""
        found = (Piece(one) for one in self.element.iter())
        return [one for one in found if one.element is not self.element and one._is(tag, attributes)]

    def one(self, tag: str = "*", **attributes: str) -> "Piece":
        """The only such element; AssertionError when there is none, or more than one."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements are {tag} {attributes}, not one."
        return found[0]

    def __getitem__(self, attribute: str) -> str:
        return self.element.attrib[attribute]

    def get(self, attribute: str) -> str | None:
        return self.element.get(attribute)

    @property
    def tag(self) -> str:
        return self.element.tag.rpartition("}")[2]

    @property
    def classes(self) -> set[str]:
        return set((self.get("class") or "").split())

    @property
    def text(self) -> str:
        """All text within as it is read aloud: blocks apart, every run of white space one plain space."""
        return " ".join("".join(_printed(self.element)).split())

    def _is(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag not in ("*", self.tag):
            return False
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return all(
            value in self.classes if name == "class" else self.get(name) == value for name, value in wanted.items()
        )


def _printed(element: Element) -> Iterator[str]:
    apart = " " if element.tag in BLOCKS else ""
    yield apart + (element.text or "")
    for child in element:
        yield from _printed(child)
        yield child.tail or ""
    yield apart


def read(html: str) -> Piece:
    """The page or piece of a page in `html`."""
    return Piece(tinyhtml5.parse(BytesIO(html.encode()), namespace_html_elements=False, transport_encoding="utf-8"))
