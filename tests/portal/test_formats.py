"""Money, shares, dates: worked examples in both languages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from django.utils import timezone, translation

from apps.portal import formats

T = TypeVar("T")
NBSP = "\N{NO-BREAK SPACE}"


def in_language(language: str, printed: Callable[..., T], *arguments: object) -> T:
    with translation.override(language):
        return printed(*arguments)


@pytest.mark.parametrize(
    ("amount", "currency", "english", "chinese"),
    [
        ("48000", "CNY", "¥48,000.00", "¥48,000.00"),
        ("-3.1", "CNY", "−¥3.10", "−¥3.10"),
        ("1204881.37", "BRL", "R$1,204,881.37", "R$1,204,881.37"),
        ("48000", "JPY", "JP¥48,000", "JP¥48,000"),
        ("1.5", "KWD", f"KWD{NBSP}1.500", f"KWD{NBSP}1.500"),
        ("9.99", "USD", "US$9.99", "US$9.99"),
        ("0.005", "CNY", "¥0.00", "¥0.00"),
        ("0.015", "CNY", "¥0.02", "¥0.02"),
    ],
)
def test_money_has_its_symbol_and_its_own_minor_digits(amount: str, currency: str, english: str, chinese: str) -> None:
    assert in_language("en", formats.format_money, Decimal(amount), currency) == english
    assert in_language("zh-hans", formats.format_money, Decimal(amount), currency) == chinese


def test_a_float_is_never_printed_as_money() -> None:
    with pytest.raises(TypeError, match="is a float"):
        formats.format_money(0.1, "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "expected"), [("48000", "¥48,000"), ("48000.50", "¥48,000.50"), ("0", "¥0"), ("-200.00", "−¥200")]
)
def test_a_whole_amount_goes_without_its_zeros(amount: str, expected: str) -> None:
    assert in_language("en", formats.format_whole_money, Decimal(amount), "CNY") == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [("2290.9", f"+{NBSP}¥2,290.90"), ("-312.4", f"−{NBSP}¥312.40"), ("0", "¥0.00")]
)
def test_the_direction_of_money_is_said(amount: str, expected: str) -> None:
    assert in_language("en", formats.format_signed_money, Decimal(amount), "CNY") == expected


def test_an_axis_shortens_money_as_the_language_does() -> None:
    assert in_language("en", formats.format_compact_money, Decimal(20800), "CNY") == "¥20.8K"
    assert in_language("zh-hans", formats.format_compact_money, Decimal(20800), "CNY") == "¥2.08万"


def test_a_headline_sets_symbol_and_figure_apart() -> None:
    assert in_language("en", formats.split_symbol, Decimal(48000), "CNY") == ("¥", "48,000")
    assert in_language("en", formats.split_symbol, Decimal("1.5"), "KWD") == ("KWD", "1.500")


@pytest.mark.parametrize(
    ("share", "decimals", "expected"),
    [("0.317", 1, "31.7%"), ("0.12", 1, "12%"), ("0.31749", 2, "31.75%"), ("0.5", 0, "50%"), ("-0.031", 1, "−3.1%")],
)
def test_a_share_is_a_percentage(share: str, decimals: int, expected: str) -> None:
    assert in_language("en", formats.format_share, Decimal(share), decimals) == expected
    assert in_language("zh-hans", formats.format_share, Decimal(share), decimals) == expected


def test_dates_as_people_say_them() -> None:
    done_on = date(2026, 3, 9)
    assert in_language("en", formats.format_day, done_on) == "9 March 2026"
    assert in_language("zh-hans", formats.format_day, done_on) == "2026年3月9日"
    assert in_language("en", formats.format_short_day, done_on) == "9 Mar"
    assert in_language("zh-hans", formats.format_short_day, done_on) == "3月9日"


def test_a_moment_is_read_in_the_active_time_zone() -> None:
    late_in_utc = datetime(2026, 3, 8, 18, 1, tzinfo=UTC)
    with timezone.override("Asia/Shanghai"):
        assert in_language("en", formats.format_moment, late_in_utc) == "9 March 2026, 02:01"
        assert in_language("zh-hans", formats.format_moment, late_in_utc) == "2026年3月9日 02:01"
        assert in_language("en", formats.format_day, late_in_utc) == "9 March 2026"
        assert in_language("en", formats.format_clock, late_in_utc) == "02:01"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(6, "0:06"), (107, "1:47"), (3729, "1:02:09"), (0, "0:00"), (59.9, "0:59")]
)
def test_how_long_something_took(seconds: int, expected: str) -> None:
    assert formats.format_span(timedelta(seconds=seconds)) == expected


def test_numbers_of_things_are_grouped() -> None:
    assert in_language("en", formats.format_count, 212006) == "212,006"
    assert in_language("zh-hans", formats.format_count, 212006) == "212,006"
