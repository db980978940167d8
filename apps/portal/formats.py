"""Money, shares and dates as people write them in the active language. Formatting only: nothing here decides anything.

English follows British custom (9 March 2026, US$, R$), because a platform's currency is seldom the reader's own.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent, get_currency_symbol
from django.utils import timezone
from django.utils.translation import get_language, to_locale

MINUS = "\N{MINUS SIGN}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
ABSENT = "\N{EN DASH}"

_OWN_SYMBOLS = {"CNY": "¥"}
_SPOKEN_AS = {"en": "en_GB"}


@cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(_SPOKEN_AS.get(language) or to_locale(language))


def _locale() -> Locale:
    return _locale_of(get_language() or "en")


@cache
def _symbols(currency: str, locale: Locale) -> tuple[str, str]:
    """The locale's own symbol of `currency`, and the one we print instead."""
    theirs = get_currency_symbol(currency, locale)
    ours = _OWN_SYMBOLS.get(currency, theirs)
    return theirs, ours + NO_BREAK_SPACE if ours[-1].isalpha() else ours


def _printed(text: str, currency: str, locale: Locale) -> str:
    theirs, ours = _symbols(currency, locale)
    return text.replace(theirs, ours).replace("-", MINUS)


def _exact(amount: Decimal | int) -> Decimal:
    if isinstance(amount, float):
        raise TypeError(f"{amount!r} is a float; an amount is a Decimal.")
    return Decimal(amount)


def format_money(amount: Decimal | int, currency: str) -> str:
    """`amount` with its currency's symbol and all its minor digits: ¥48,000.00, JP¥48,000, R$12.50, −¥3.10.

    Digits beyond the minor unit round HALF_EVEN. Raises TypeError for a float.
    """
    locale = _locale()
    return _printed(format_currency(_exact(amount), currency, locale=locale), currency, locale)


def format_number(amount: Decimal | int, currency: str) -> str:
    """Like `format_money` without the symbol, for columns under a currency: 48,000.00, −3.10."""
    return format_money(amount, currency).replace(_symbols(currency, _locale())[1], "")


def format_whole_money(amount: Decimal | int, currency: str) -> str:
    """Like `format_money`, but a whole amount goes without its zeros: ¥48,000 and ¥48,000.50."""
    exact = _exact(amount)
    if exact != exact.to_integral_value():
        return format_money(exact, currency)
    locale = _locale()
    text = format_currency(exact, currency, locale=locale, format="¤#,##0", currency_digits=False)
    return _printed(text, currency, locale)


def format_signed_money(amount: Decimal | int, currency: str) -> str:
    """Like `format_money`, with the direction always said: + ¥2,290.90, − ¥312.40, and ¥0.00 for nothing."""
    exact = _exact(amount)
    if exact == 0:
        return format_money(exact, currency)
    sign = "+" if exact > 0 else MINUS
    return f"{sign}{NO_BREAK_SPACE}{format_money(abs(exact), currency)}"


def format_compact_money(amount: Decimal | int, currency: str) -> str:
    """`amount` short enough for the axis of a chart: ¥20.8K, ¥2.08万. Rounds to two decimals: not a price."""
    locale = _locale()
    text = format_compact_currency(_exact(amount), currency, locale=locale, fraction_digits=2)
    return _printed(text, currency, locale)


def split_symbol(amount: Decimal | int, currency: str) -> tuple[str, str]:
    """The currency's symbol and the figure of `format_whole_money` apart, for a headline that sets them differently."""
    symbol = _symbols(currency, _locale())[1]
    return symbol.rstrip(NO_BREAK_SPACE), format_whole_money(amount, currency).replace(symbol, "")


def currency_symbol(currency: str) -> str:
    """The symbol that stands beside an amount of `currency`: ¥, R$, KWD."""
    return _symbols(currency, _locale())[1].rstrip(NO_BREAK_SPACE)


def format_share(share: Decimal | int, decimals: int = 1) -> str:
    """A share of one as a percentage with at most `decimals` digits behind the point: 0.317 is 31.7%, 0.12 is 12%."""
    pattern = "#,##0." + "#" * decimals + "%" if decimals else "#,##0%"
    return format_percent(_exact(share), format=pattern, locale=_locale()).replace("-", MINUS)


def format_count(count: Decimal | int) -> str:
    """A number of things, grouped: 48,212."""
    return format_decimal(_exact(count), locale=_locale()).replace("-", MINUS)


def format_day(day: date) -> str:
    """A date in full: 9 March 2026, 2026年3月9日. A datetime is read in the active time zone."""
    return format_date(_local_day(day), "long", locale=_locale())


def format_month(day: date) -> str:
    """The month of a date: March 2026, 2026年3月."""
    return format_skeleton("yMMMM", day, locale=_locale())


def format_short_day(day: date) -> str:
    """A date without its year, where the year is plain: 9 Mar, 3月9日."""
    return format_skeleton("MMMd", _local_day(day), locale=_locale())


def format_moment(moment: datetime) -> str:
    """A date and time in the active time zone: 9 March 2026, 02:01; 2026年3月9日 02:01."""
    comma = "" if _locale().language == "zh" else ","
    return f"{format_day(moment)}{comma} {format_clock(moment)}"


def format_clock(moment: datetime) -> str:
    """The time of day in the active time zone, to the minute: 02:01."""
    return format_time(timezone.localtime(moment).time(), "HH:mm", locale=_locale())


def format_span(span: timedelta) -> str:
    """How long something took: 0:06, 1:47, 1:02:09. Parts of a second are dropped."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _local_day(day: date) -> date:
    return timezone.localtime(day).date() if isinstance(day, datetime) else day
