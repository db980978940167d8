"""Pictures of pages and the page that shows them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.screens.looks import looked_at, misfits, violations
from tests.screens.walk import Screen

STYLE = """body{font:14px system-ui;margin:2rem;background:#f4f4f2}section{margin-bottom:3rem}
div{display:flex;gap:1rem;overflow-x:auto;align-items:start}img{height:520px;object-fit:contain;object-position:top;
border:1px solid #ccc}.wrong{color:#a00}"""

# On a picture of a whole page the places at the thumb stand at its end, not across its middle.
WHOLE = "@media (max-width: 63.99rem) { body { position: relative } .nav { position: absolute } }"


@dataclass(frozen=True, slots=True)
class Taken:
    """One picture: of which page, in which language and look, under which file name, and what is wrong with it."""

    screen: Screen
    language: str
    look: str
    wrong: tuple[str, ...]

    @property
    def file(self) -> str:
        return f"{self.screen.slug}.{self.language}.{self.look}.png"


def take(context: BrowserContext, folder: Path, address: str, screen: Screen, language: str) -> Iterator[Taken]:
    """The page in every look, as files in `folder`."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"script error: {error}"))
    answer = page.goto(address + screen.path)
    if answer is None or answer.status >= 500:
        errors.append("the server failed")
    for look in looked_at(page):
        one = Taken(screen, language, str(look), (*errors, *misfits(page), *violations(page)))
        page.screenshot(path=folder / one.file, full_page=True, animations="disabled", style=WHOLE)
        yield one
    page.close()


def write_index(folder: Path, taken: Iterable[Taken]) -> None:
    """index.html in `folder`: a row of pictures for each page and language."""
    rows: dict[tuple[Screen, str], list[Taken]] = {}
    for one in taken:
        rows.setdefault((one.screen, one.language), []).append(one)
    sections = [
        f"<section><h2>{escape(f'{screen.who} · {screen.name} · {screen.path} · {language}')}</h2>"
        + "".join(f'<p class="wrong">{escape(text)}</p>' for text in sorted({w for one in many for w in one.wrong}))
        + "<div>"
        + "".join(f'<a href="{one.file}"><img loading="lazy" src="{one.file}" alt="{one.look}"></a>' for one in many)
        + "</div></section>"
        for (screen, language), many in rows.items()
    ]
    page = f'<!doctype html><meta charset="utf-8"><title>Granary</title><style>{STYLE}</style>{"".join(sections)}'
    (folder / "index.html").write_text(page)
