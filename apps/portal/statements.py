"""A statement as a paper, in the reader's language."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from apps.core.paper import pdf_of
from apps.portal.formats import format_number
from apps.portal.movements import cause_name, differing, movement_name
from apps.repayment.history import Retelling
from apps.repayment.models import Event
from apps.repayment.recoveries import recovered_by
from apps.repayment.statement import Row, Statement


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
            "has_surplus": any((statement.opening.surplus, *(row.change.surplus for row in statement.rows))),
            "rows": [_row(one, financing.currency) for one in statement.rows],
            "retold": [_retold(one, financing.currency) for one in statement.retellings],
            "recovered": [_recovered(one, financing.currency) for one in statement.recoveries],
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
        **{component: number(amount) for component, amount in row.change.by_component().items()},
        "owed": format_number(row.after.total, currency),
    }


def _recovered(one: Event, currency: str) -> dict[str, Any]:
    return {
        "on": one.business_date,
        "what": cause_name(one),
        "reason": one.reason,
        "amount": format_number(recovered_by(one), currency),
    }


def _retold(one: Retelling, currency: str) -> dict[str, Any]:
    cause, was, now = one.step
    return {
        "on": one.booked_on,
        "since": one.since,
        "cause": cause_name(cause),
        "reason": cause.reason if cause else "",
        "through": one.through,
        "was": format_number(was.total, currency),
        "now": format_number(now.total, currency),
        "differs": differing(was, now, currency),
    }
