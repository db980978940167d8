"""What a break says, in the reader's language.

The night knows no language: what it sees is kept as it was said, in English, and known again here by its fixed words.
A sentence that is not known is shown as it is.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.portal.bank_words import recognised
from apps.portal.formats import format_day, format_money
from apps.portal.money_files import PAYMENT_KINDS, PURPOSES
from apps.portal.subjects import QUANTITIES

SENTENCES = (
    gettext_noop("The bank took %(amount)s for itself."),
    gettext_noop("The bank booked %(amount)s; nobody expected it."),
    gettext_noop("%(reference)s is %(expected)s; the bank booked %(amount)s."),
    gettext_noop(
        "%(reference)s is %(expected)s; the bank booked %(amount)s. It is short by the fee, which the file took off "
        "already."
    ),
    gettext_noop(
        "%(reference)s belongs on the %(purpose)s account; the bank booked %(amount)s on the %(other)s account."
    ),
    gettext_noop("The bank rejected %(reference)s on %(day)s and yet booked %(amount)s."),
    gettext_noop("%(amount)s of %(reference)s, paid on %(day)s, came back."),
    gettext_noop("The bank booked %(reference)s again; it was paid on %(day)s."),
    gettext_noop("The bank booked %(reference)s more than once."),
    gettext_noop("%(kind)s %(reference)s of %(amount)s was asked for on %(day)s; the bank has not booked it."),
    gettext_noop("The settlement %(reference)s says %(amount)s; the bank has not booked it."),
    gettext_noop("Order %(order)s of %(amount)s: %(settled)s is settled."),
    gettext_noop("Order %(order)s of %(amount)s is delivered; no settlement names it."),
    gettext_noop("%(total)s: opening %(opening)s and movements %(movements)s do not make the closing %(closing)s."),
    gettext_noop(
        "%(commodity)s: the last price is that of %(day)s. The goods of %(number)s pledges keep their last known "
        "value, and calls stand."
    ),
    gettext_noop(
        "%(commodity)s: there has never been a price. The goods of %(number)s pledges keep their last known value, "
        "and calls stand."
    ),
    gettext_noop(
        "Receipt %(receipt)s in pledge %(pledge)s is valid and insured through %(day)s only. Its goods count, and "
        "lend nothing."
    ),
)
AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})")


def break_in_words(text: str) -> str:
    """`text` of a break in the active language, its amounts and dates as that language writes them."""
    found = recognised(text, SENTENCES)
    if found is None:
        return text
    sentence, given = found
    return _(sentence) % {name: GAPS.get(name, str)(said) for name, said in given.items()}


def _money(said: str) -> str:
    found = AMOUNT.fullmatch(said)
    return format_money(Decimal(found[1]), found[2]) if found else said


def _day(said: str) -> str:
    try:
        return format_day(date.fromisoformat(said))
    except ValueError:
        return said


def _named(names: Mapping[str, object]) -> Callable[[str], str]:
    return lambda said: str(names.get(said, said)).lower()


GAPS: dict[str, Callable[[str], str]] = {
    "amount": _money,
    "expected": _money,
    "settled": _money,
    "day": _day,
    "purpose": _named(PURPOSES),
    "other": _named(PURPOSES),
    "kind": lambda said: str(PAYMENT_KINDS.get(said, said)),
    "total": lambda said: str(QUANTITIES.get(said, said)),
}
