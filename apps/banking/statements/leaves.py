"""The texts below an XML element by path of local names: `leaves.text("Refs/EndToEndId")`.

An element is written out at once and cut at its texts, which costs far less than asking each element for its name and
its text. What stands between the texts, its markup, tells how it is built; where each path stands is worked out once
for all elements of one markup, as those of a file mostly are. Then a text costs no more than its place in a list, and
one pattern takes all texts out of an element built like the one before.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, partial
from operator import itemgetter
from xml.sax.saxutils import unescape  # nosec B406

from lxml import etree

KEPT, LONGEST = 256, 16_384  # markups that are remembered, and the letters of the longest of them
OFTEN = 8  # times that a markup came before a pattern is made of it, which takes as long as cutting hundreds
NONE_APART: frozenset[str] = frozenset()
TEXT = re.compile(r">([^<]+)<")  # libxml2 writes < and > in texts and attributes as &lt; and &gt;
RETURN = {"&#13;": "\r"}


class Paths:
    """At least two paths that are asked for together; for one text, the first of several that has one."""

    def __init__(self, *paths: str | tuple[str, ...]) -> None:
        self.alternatives = [(path,) if isinstance(path, str) else path for path in paths]


Getter = Callable[[Sequence[str]], tuple[str, ...]]


class Leaves:
    """Texts of elements without children. A path that comes again adds a line. Elements `apart` are groups, by path."""

    __slots__ = ("_outermost", "_shape", "_texts")

    def __init__(self, element: etree._Element, apart: AbstractSet[str] = NONE_APART) -> None:
        written = etree.tostring(element, encoding="unicode", with_tail=False)
        walk, cut = _cut(element, written, apart)
        self._outermost, self._shape = _Outermost(element), walk.shape
        self._texts = texts = [text.strip() for text in cut]
        if "&" in written:
            texts[:] = [unescape(text, RETURN).strip() for text in texts]
        for places in walk.joined:
            texts.append("\n".join([texts[place] if place >= 0 else "" for place in places]))
        texts.append("")

    @property
    def element(self) -> etree._Element:
        return self._outermost.elements[self._shape.start]

    def all(self, paths: Paths) -> tuple[str, ...]:
        """The text at each of `paths`; "" where there is none."""
        shape = self._shape
        getter = shape.getters.get(paths) or shape.getter(paths)
        return getter(self._texts)

    def text(self, *paths: str) -> str:
        """The text at the first of `paths` that has one; "" when none has."""
        places, texts = self._shape.places, self._texts
        for path in paths:
            if path in places and (text := texts[places[path]]):
                return text
        return ""

    def currency(self, path: str) -> str:
        """The currency attribute of the amount at `path`, of the first where it comes again."""
        return self._shape.currencies.get(path, "")

    def amount(self, paths: tuple[str, ...], currency: str) -> tuple[str | None, str]:
        """The amount at the first of `paths` that is in `currency`, else at the first that is there, and its currency.
        None and "" where there is none."""
        shape = self._shape
        place, stated = shape.amounts.get((paths, currency)) or shape.amount(paths, currency)
        return None if place is None else self._texts[place], stated

    def groups(self, *paths: str) -> list["Leaves"]:
        """The elements apart at `paths`, in their order."""
        groups = self._shape.groups
        return [self._within(shape) for path in paths if path in groups for shape in groups[path]]

    def _within(self, shape: "_Shape") -> "Leaves":
        leaves = object.__new__(Leaves)
        leaves._outermost, leaves._texts, leaves._shape = self._outermost, self._texts, shape
        return leaves


class _Outermost:
    """The element of which leaves and groups were asked; all elements in it are listed when one is asked for."""

    __slots__ = ("_element", "_listed")

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._listed: list[etree._Element] = []

    @property
    def elements(self) -> list[etree._Element]:
        if not self._listed:
            self._listed = list(self._element.iter())
        return self._listed


class _Shape:
    """Where the texts below one element stand in the list of all that were cut with it; -1 is an empty one."""

    __slots__ = ("amounts", "currencies", "getters", "groups", "lines", "places", "start")

    def __init__(self, start: int) -> None:
        self.start = start  # the element's place among all
        self.currencies: dict[str, str] = {}
        self.lines: dict[str, list[int]] = {}  # the texts at each path
        self.places: dict[str, int] = {}  # the text at each path, its lines joined
        self.groups: dict[str, list[_Shape]] = {}
        self.getters: dict[Paths, Getter] = {}
        self.amounts: dict[tuple[tuple[str, ...], str], tuple[int | None, str]] = {}

    def getter(self, paths: Paths) -> Getter:
        """Takes the texts at `paths` out of all texts, mostly without a look at them."""
        places = self.places
        candidates = [[places[path] for path in several if path in places] or [-1] for several in paths.alternatives]
        getter: Getter = itemgetter(*(first for first, *_others in candidates))
        if any(len(several) > 1 for several in candidates):
            getter = partial(_first_texts, candidates)
        self.getters[paths] = getter
        return getter

    def amount(self, paths: tuple[str, ...], currency: str) -> tuple[int | None, str]:
        """The place of the amount of a payment, and its currency: one in `currency` before any other."""
        there = [(self.places[path], self.currencies[path]) for path in paths if path in self.places]
        found = next((one for one in there if one[1] == currency), there[0] if there else (None, ""))
        self.amounts[paths, currency] = found
        return found


def _first_texts(candidates: list[list[int]], texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(next((texts[place] for place in places if texts[place]), "") for places in candidates)


class _Walk:
    """Finds the shape of an element, counting its elements and its texts in the order in which they are written."""

    def __init__(self, element: etree._Element, markup: Sequence[str], apart: AbstractSet[str]) -> None:
        self._apart = apart
        self._markup = markup
        self.met = 0
        self._elements = self._texts = 0
        self.shape = _Shape(0)
        self.joined: list[list[int]] = []  # lines that are one text, which stands behind all others
        self._below(element, "", self.shape)
        for shape in _all_shapes(self.shape):
            self._settle(shape)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches an element of this very markup; its groups are the texts."""
        return re.compile(">([^<]+)<".join(re.escape(piece) for piece in self._markup))

    def _below(self, element: etree._Element, above: str, shape: _Shape) -> None:
        """Everything in `element`: its text, and its children with the text behind each."""
        self._elements += 1
        self._texts += bool(element.text)
        for child in element:
            name = local_name(child)
            path = f"{above}/{name}" if above else name
            if path in self._apart:
                group = _Shape(self._elements)
                shape.groups.setdefault(path, []).append(group)
                self._below(child, "", group)
            else:
                if not len(child):
                    shape.currencies.setdefault(path, child.get("Ccy", ""))
                    shape.lines.setdefault(path, []).append(self._texts if child.text else -1)
                self._below(child, path, shape)
            self._texts += bool(child.tail)

    def _settle(self, shape: _Shape) -> None:
        for path, lines in shape.lines.items():
            shape.places[path] = lines[0]
            if len(lines) > 1:
                shape.places[path] = self._texts + len(self.joined)
                self.joined.append(lines)


def _all_shapes(shape: _Shape) -> Iterator[_Shape]:
    yield shape
    for groups in shape.groups.values():
        for group in groups:
            yield from _all_shapes(group)


_kept: dict[tuple[str, AbstractSet[str]], _Walk] = {}
_latest: dict[AbstractSet[str], _Walk] = {}


def _cut(element: etree._Element, written: str, apart: AbstractSet[str]) -> tuple[_Walk, Sequence[str]]:
    """What was found for elements of this markup, and this one's texts."""
    latest = _latest.get(apart)
    if latest is not None and (found := latest.pattern.fullmatch(written)):
        return latest, found.groups()
    pieces = TEXT.split(written)
    walk = _walk_of(element, pieces[::2], apart)
    walk.met += 1
    if walk.met > OFTEN:
        _latest[apart] = walk
    return walk, pieces[1::2]


def _walk_of(element: etree._Element, markup: Sequence[str], apart: AbstractSet[str]) -> _Walk:
    """What was found for an element of the same markup: that names all elements, attributes and gaps for texts."""
    written = "\0".join(markup)
    walk = _kept.get((written, apart))
    if walk is None:
        walk = _Walk(element, markup, apart)
        if len(written) <= LONGEST:
            if len(_kept) >= KEPT:
                _kept.clear()
            _kept[written, apart] = walk
    return walk


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
