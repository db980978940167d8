"""HTML to PDF: a page that stands alone, set by the stylesheets in static/."""

from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from weasyprint import CSS, HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher


def pdf_of(html: str, *, style: str, identifier: bytes | None = None) -> bytes:
    """`html` as a tagged PDF, set by the stylesheet `style` of static/.

    The same page gives the same bytes while fonts and WeasyPrint stay the same and an `identifier` is given. Raises
    FileNotFoundError without the stylesheet, FatalURLFetchingError when the page would load anything.
    """
    page = HTML(string=html, url_fetcher=Nowhere())
    paper: bytes = page.write_pdf(stylesheets=[_stylesheet(style)], pdf_identifier=identifier, pdf_tags=True)
    return paper


class Nowhere(URLFetcher):
    """A paper stands alone: whatever it would load, from the network or from disk, is refused."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=())  # type: ignore[no-untyped-call]  # weasyprint is untyped

    def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002  weasyprint's signature
        raise FatalURLFetchingError(f"A paper loads nothing, but something asked for {url}.")


@cache
def _stylesheet(name: str) -> CSS:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"static/{name} is missing; it sets the type of papers.")
    return CSS(string=Path(path).read_text(encoding="utf-8"), url_fetcher=Nowhere())
