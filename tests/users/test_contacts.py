"""E-mail addresses and telephone numbers as people type them."""

import pytest
from django.core.exceptions import ValidationError

from apps.users.contacts import EMAIL, PHONE, Contact, read_contact


@pytest.mark.parametrize(
    ("typed", "country", "kind", "value"),
    [
        ("Lena.Hart@Harvest.example", "CN", EMAIL, "lena.hart@harvest.example"),
        ("  lin＠granary.test ", "CN", EMAIL, "lin@granary.test"),
        ("138 0013 8000", "CN", PHONE, "+8613800138000"),
        ("１３８００１３８０００", "CN", PHONE, "+8613800138000"),
        ("138-0013-8000", "CN", PHONE, "+8613800138000"),
        ("+86 138 0013 8000", "BR", PHONE, "+8613800138000"),
        ("(11) 96123-4567", "BR", PHONE, "+5511961234567"),
        ("0086 13800138000", "CN", PHONE, "+8613800138000"),
    ],
)
def test_it_is_read_as_it_was_meant(typed: str, country: str, kind: str, value: str) -> None:
    assert read_contact(typed, country) == Contact(kind, value) == Contact.of(value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "138001380",
        "-5",
        "lin@",
        "@granary.test",
        "a b@granary.test",
        "<script>@x.test",
        "😀",
        "1e9",
        "9" * 400,
        "a@" + "b" * 400 + ".test",
        "lin@granary.test\nBcc: all@granary.test",
        "\x00",
    ],
)
def test_anything_else_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValidationError, match="Please check the e-mail address"):
        read_contact(typed, "CN")


def test_a_number_without_its_country_needs_one() -> None:
    with pytest.raises(ValidationError):
        read_contact("13800138000", None)


@pytest.mark.parametrize(("value", "shown"), [("lena@farm.test", "le··@farm.test"), ("+8613800138000", "··8000")])
def test_it_is_shown_so_that_only_its_owner_knows_it(value: str, shown: str) -> None:
    assert Contact.of(value).masked == shown
