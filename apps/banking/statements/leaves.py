"""The texts below an XML element by path of local names: `leaves.text("Refs/EndToEndId")`.

Where each path stands is worked out once for all elements that are built alike, as those of a file mostly are: then a
text costs no more than its place in a list.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from operator import attrgetter, itemgetter
from typing import TypeVar

from lxml import etree

KEPT, LONGEST = 256, 256  # shapes that are remembered, and the elements of the largest of them
NONE_APART: frozenset[str] = frozenset()
TAG, TEXT = attrgetter("tag"), attrgetter("text")
T = TypeVar("T")


class Paths:
    """At least two paths that are asked for together; for one text, the first of several that has one."""

    def __init__(self, *paths: str | tuple[str, ...]) -> None:
        self.alternatives = [(path,) if isinstance(path, str) else path for path in paths]


Getter = Callable[[Sequence[str]], tuple[str, ...]]


class Leaves:
    """Texts of elements without children. A path that comes again adds a line. Elements `apart` are groups, by path."""

    __slots__ = ("_elements", "_shape", "_texts")

    def __init__(self, element: etree._Element, apart: AbstractSet[str] = NONE_APART) -> None:
        self._elements = elements = list(element.iter())
        walk = _walk_of(elements, apart)
        self._shape = walk.shape
        self._texts = texts = [text.strip() if text else "" for text in map(TEXT, walk.leaves(elements))]
        for places in walk.joined:
            texts.append("\n".join([texts[place] for place in places]))
        texts.append("")

    @property
    def element(self) -> etree._Element:
        return self._elements[self._shape.start]

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
        place = self._shape.elements.get(path)
        return self._elements[place].get("Ccy", "") if place else ""

    def groups(self, path: str) -> list["Leaves"]:
        """The elements apart at `path`, in their order."""
        shapes = self._shape.groups.get(path)
        return [self._within(shape) for shape in shapes] if shapes else []

    def __contains__(self, path: str) -> bool:
        return path in self._shape.places

    def _within(self, shape: "_Shape") -> "Leaves":
        leaves = object.__new__(Leaves)
        leaves._elements, leaves._texts, leaves._shape = self._elements, self._texts, shape
        return leaves


class _Shape:
    """Where the texts below one element stand in the list of all that were walked with it; -1 is an empty one."""

    __slots__ = ("elements", "getters", "groups", "lines", "places", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.elements: dict[str, int] = {}  # the first at each path, among all elements
        self.lines: dict[str, list[int]] = {}  # the texts at each path
        self.places: dict[str, int] = {}  # the text at each path, its lines joined
        self.groups: dict[str, list[_Shape]] = {}
        self.getters: dict[Paths, Getter] = {}

    def getter(self, paths: Paths) -> Getter:
        """Takes the texts at `paths` out of all texts, mostly without a look at them."""
        places = self.places
        candidates = [[places[path] for path in several if path in places] or [-1] for several in paths.alternatives]
        getter: Getter = itemgetter(*(first for first, *_others in candidates))
        if any(len(several) > 1 for several in candidates):
            getter = partial(_first_texts, candidates)
        self.getters[paths] = getter
        return getter


def _first_texts(candidates: list[list[int]], texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(next((texts[place] for place in places if texts[place]), "") for places in candidates)


def _taker(places: list[int]) -> Callable[[Sequence[T]], Sequence[T]]:
    """Takes what stands at `places` out of a sequence."""
    return itemgetter(*places) if len(places) > 1 else lambda things: [things[place] for place in places]


def _walk_of(elements: list[etree._Element], apart: AbstractSet[str]) -> "_Walk":
    """The tags in the order of the document and the number of each element's children tell the whole tree."""
    tags = tuple(map(TAG, elements))
    if len(tags) > LONGEST:
        return _Walk(tags, tuple(map(len, elements)), apart)
    latest = _latest_walk(len(tags), apart)
    if not latest or not latest[0].is_of(tags, elements):
        latest[:] = [_kept_walk(tags, tuple(map(len, elements)), apart)]
    return latest[0]


class _Walk:
    """Finds the shape of an element. `counts`: the children of each element within it, in the order of the document."""

    def __init__(self, tags: tuple[str, ...], counts: tuple[int, ...], apart: AbstractSet[str]) -> None:
        parents = [place for place, count in enumerate(counts) if count]
        self._parents, self._children = _taker(parents), [counts[place] for place in parents]
        self._tags, self._counts, self._apart = tags, counts, apart
        self.shape = _Shape(0)
        self.joined: list[list[int]] = []  # lines that are one text, behind all others
        self._leaves: list[int] = []
        self._below(0, "", self.shape)
        self.leaves = _taker(self._leaves)
        self._settle(self.shape)

    def is_of(self, tags: tuple[str, ...], elements: list[etree._Element]) -> bool:
        """Whether elements with `tags` hang together as those of this walk do.

        Where those with children here have as many there, these are all elements, so that no other can have any.
        """
        return tags == self._tags and list(map(len, self._parents(elements))) == self._children

    def _below(self, place: int, above: str, shape: _Shape) -> int:
        """Everything below the element at `place`; the place behind it."""
        following = place + 1
        for _child in range(self._counts[place]):
            name = self._tags[following].rpartition("}")[2]
            path = f"{above}/{name}" if above else name
            if path in self._apart:
                group = _Shape(following)
                shape.groups.setdefault(path, []).append(group)
                following = self._below(following, "", group)
            elif self._counts[following]:
                following = self._below(following, path, shape)
            else:
                shape.elements.setdefault(path, following)
                shape.lines.setdefault(path, []).append(len(self._leaves))
                self._leaves.append(following)
                following += 1
        return following

    def _settle(self, shape: _Shape) -> None:
        for path, lines in shape.lines.items():
            shape.places[path] = lines[0]
            if len(lines) > 1:
                shape.places[path] = len(self._leaves) + len(self.joined)
                self.joined.append(lines)
        for groups in shape.groups.values():
            for group in groups:
                self._settle(group)


_kept_walk = lru_cache(maxsize=KEPT)(_Walk)


@lru_cache(maxsize=KEPT)
def _latest_walk(_number: int, _apart: AbstractSet[str]) -> list[_Walk]:
    """The latest walk of as many elements, mostly the one to find without a look at all; empty before the first."""
    return []


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
