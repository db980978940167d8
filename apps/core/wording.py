"""Figures in words for those who work on the books: in the active language, money with its currency's code."""

from datetime import date
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent
from django.utils.formats import date_format
from django.utils.translation import get_language, to_locale


def money_text(amount: Decimal, currency: str) -> str:
    """CNY 10,400.00: with the code, because an auditor compares platforms."""
    return str(
        format_currency(
            amount, currency, format="¤¤\N{NO-BREAK SPACE}#,##0.00", locale=to_locale(get_language() or "en")
        )
    )


def day_text(day: date) -> str:
    """9 March 2026, 2026年3月9日: as the pages write it."""
    return date_format(day, "DATE_FORMAT")


def number_text(number: Decimal) -> str:
    """1,480.5: with as many decimals as there are."""
    return str(format_decimal(number, format="#,##0.####", locale=to_locale(get_language() or "en")))


def share_text(share: Decimal) -> str:
    """A share of one as percent, to two places."""
    return str(format_percent(share, format="#,##0.##%", locale=to_locale(get_language() or "en")))
