"""The paper of a receipt: its facts in, a page or a PDF out. Pure: no database, no clock, no network.

One paper in both languages, because a document of title has one original.
"""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

import segno
from babel.dates import format_date
from babel.numbers import format_decimal
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.core.paper import pdf_of
from apps.evidence.chain import canonical

DATES = ("issued_on", "valid_until", "insured_until")


def digest_of(facts: dict[str, Any]) -> str:
    """The hash of what a paper states."""
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def paper_pdf(facts: dict[str, Any], *, called: tuple[str, str], version: int, trace_url: str) -> bytes:
    """The paper as a tagged PDF. The same facts and names give the same bytes while fonts and WeasyPrint stay the same.

    `called` is how the commodity is called today, in English and in Chinese: the paper states its code, so another name
    makes no other paper.
    """
    html = paper_html(facts, called=called, version=version, trace_url=trace_url)
    identifier = hashlib.sha256(f"{digest_of(facts)}{trace_url}".encode()).hexdigest()[:32].encode()
    return pdf_of(html, style="receipt.css", identifier=identifier)


def paper_html(facts: dict[str, Any], *, called: tuple[str, str], version: int, trace_url: str) -> str:
    """The paper as one HTML page, with the QR code that leads to `trace_url`."""
    code = segno.make(trace_url, error="m", micro=False).svg_inline(scale=4, border=0, omitsize=True)
    return render_to_string(
        "receipts/paper.html",
        {
            **facts,
            "goods": dict(zip(("name", "name_zh"), called, strict=True)),
            "version": version,
            "facts_sha256": digest_of(facts),
            "trace_url": trace_url,
            "code": mark_safe(code),  # noqa: S308  # nosec B308 B703  drawn by segno from our own address
            "weight_en": _weight(facts["weight"], "en_GB"),
            "created": facts["issued_on"],
            "days": {name: {"en": _day(facts[name], "en_GB"), "zh": _day(facts[name], "zh_Hans_CN")} for name in DATES},
        },
    )


def _weight(weight: str, locale: str) -> str:
    return str(format_decimal(Decimal(weight), format="#,##0.####", locale=locale))


def _day(iso: str, locale: str) -> str:
    return str(format_date(date.fromisoformat(iso), "long", locale=locale))
