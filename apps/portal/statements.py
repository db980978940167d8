"""A statement as a paper, in the reader's language."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from apps.core.paper import pdf_of
from apps.portal.financings import movement_name
from apps.portal.formats import format_number
from apps.repayment.statement import Row, Statement, paid


def statement_pdf(statement: Statement, *, platform: str, printed_on: date) -> bytes:
    """`statement` as a PDF in the active language."""
    return pdf_of(statement_html(statement, platform=platform, printed_on=printed_on), style="statement.css")


def statement_html(statement: Statement, *, platform: str, printed_on: date) -> str:
    """`statement` as one HTML page in the active language."""
    financing = statement.financing
    return render_to_string(
        "statements/statement.html",
        {
            "language": get_language() or "en",
            "platform": platform,
            "printed_on": printed_on,
            "financing": financing,
            "financier": financing.version.product.pool.financier,
            "statement": statement,
            "repaid": paid(statement),
            "rows": [_row(one, financing.currency) for one in statement.rows],
        },
    )


def _row(row: Row, currency: str) -> dict[str, Any]:
    def number(amount: Decimal) -> str:
        return format_number(amount, currency) if amount else ""

    return {
        "on": row.on,
        "since": row.since,
        "counts_from": row.counts_from,
        "what": movement_name(row.kind, is_reversal=row.is_reversal),
        "principal": number(row.change.principal),
        "fee": number(row.change.fee),
        "interest": number(row.change.interest),
        "penalty": number(row.change.penalty),
        "owed": format_number(row.outstanding.total, currency),
    }
