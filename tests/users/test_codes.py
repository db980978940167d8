"""One-time codes: right once, for ten minutes and five tries, whoever asks and however many at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.codes import LASTS, issue_code, use_code
from apps.users.models import MOST_TRIES, OneTimeCode
from tests.threads import at_once

LIN = "lin@granary.test"


def test_the_right_code_is_good_once(platform: Platform, at: datetime) -> None:
    code, digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    assert len(digits) == 6
    used = use_code(code_id=code.pk, purpose="sign-in", typed=digits, at=at)
    assert used is not None
    assert used.contact == LIN
    assert use_code(code_id=code.pk, purpose="sign-in", typed=digits, at=at) is None


def test_it_is_read_in_full_width_and_with_gaps(platform: Platform, at: datetime) -> None:
    code, digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    wide = digits.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert use_code(code_id=code.pk, purpose="sign-in", typed=f" {wide[:3]} {wide[3:]} ", at=at) is not None


def test_it_is_kept_nowhere_in_the_clear(platform: Platform, at: datetime) -> None:
    code, digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    row = OneTimeCode.objects.filter(pk=code.pk).values().get()
    assert digits not in row["digest"]
    assert digits not in {str(value) for value in row.values()}
    assert len(row["digest"]) == 64


def test_five_wrong_tries_end_it(platform: Platform, at: datetime) -> None:
    code, digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    for _try in range(MOST_TRIES):
        assert use_code(code_id=code.pk, purpose="sign-in", typed="not it", at=at) is None
    assert use_code(code_id=code.pk, purpose="sign-in", typed=digits, at=at) is None


def test_the_database_counts_the_tries_too(platform: Platform, at: datetime) -> None:
    code, _digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    with pytest.raises(IntegrityError, match="one_time_code_tries_limited"), transaction.atomic():
        OneTimeCode.objects.filter(pk=code.pk).update(tries=MOST_TRIES + 1)


@pytest.mark.parametrize(
    ("purpose", "later"), [("contract:8", timedelta(0)), ("sign-in", LASTS), ("sign-in", LASTS + timedelta(days=9))]
)
def test_another_purpose_or_too_late_is_worth_nothing(
    platform: Platform, at: datetime, purpose: str, later: timedelta
) -> None:
    code, digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    assert use_code(code_id=code.pk, purpose=purpose, typed=digits, at=at + later) is None


def test_a_newer_code_ends_the_one_before_and_no_other(platform: Platform, at: datetime) -> None:
    first, first_digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    other, other_digits = issue_code(contact="mei@granary.test", purpose="sign-in", at=at)
    second, second_digits = issue_code(contact=LIN, purpose="sign-in", at=at)
    assert use_code(code_id=first.pk, purpose="sign-in", typed=first_digits, at=at) is None
    assert use_code(code_id=second.pk, purpose="sign-in", typed=second_digits, at=at) is not None
    assert use_code(code_id=other.pk, purpose="sign-in", typed=other_digits, at=at) is not None


def test_many_at_once_get_no_more_tries_and_one_of_them_is_in(
    fresh_platform: Callable[..., Platform], at: datetime
) -> None:
    """Eight wrong guesses at the same moment count as five; eight right ones let one in."""
    name = fresh_platform().schema_name
    with entered(name):
        guessed, _digits = issue_code(contact=LIN, purpose="sign-in", at=at)
        right, digits = issue_code(contact="mei@granary.test", purpose="sign-in", at=at)
    at_once(name, [lambda: use_code(code_id=guessed.pk, purpose="sign-in", typed="wrong", at=at)] * 8)
    answers = at_once(name, [lambda: use_code(code_id=right.pk, purpose="sign-in", typed=digits, at=at)] * 4)
    with entered(name):
        assert OneTimeCode.objects.get(pk=guessed.pk).tries == MOST_TRIES
    assert [type(one) for one in answers].count(OneTimeCode) == 1
    assert answers.count(None) == 3
