"""Posting to the books, as an accountant would check it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.ledger import chart
from apps.ledger.calendar import DateClosed, booking_date, close, freeze, open_books, open_date
from apps.ledger.models import Account, Books, DailyTotal, Entry, Kind, Posting
from apps.ledger.proofs import faults
from apps.ledger.services import Draft, KeyReused, Line, post, post_many, reverse
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_entry
from tests.threads import at_once

D = Decimal
DISBURSED = [Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("9000.00")), Line(chart.FEE, chart.DEFERRED_FEES, D("360.00"))]


@pytest.fixture
def facts(at: datetime, day: date) -> dict[str, Any]:
    """A disbursement of 9,000.00 at a flat fee of 4 %."""
    return {
        "key": "disbursement:1",
        "kind": "disbursement",
        "business_date": day,
        "currency": "CNY",
        "lines": DISBURSED,
        "subject": "financing:1",
        "at": at,
        "by": "user:7",
    }


def balance(code: str, day: date, currency: str = "CNY") -> Decimal:
    return DailyTotal.objects.balance(code, currency, day)


def test_a_disbursement_moves_cash_to_principal_and_defers_the_fee(
    platform: Platform, facts: dict[str, Any], day: date, at: datetime
) -> None:
    entry = post(**facts)
    assert (entry.key, entry.subject, entry.by, entry.posted_at) == ("disbursement:1", "financing:1", "user:7", at)
    trial = {
        row["account__code"]: (row["account__kind"], row["debit_sum"], row["credit_sum"])
        for row in DailyTotal.objects.trial_balance(day)
    }
    assert trial == {
        chart.FUNDING_CASH: (Kind.ASSET, 0, D("9000.00")),
        chart.PRINCIPAL: (Kind.ASSET, D("9000.00"), 0),
        chart.FEE: (Kind.ASSET, D("360.00"), 0),
        chart.DEFERRED_FEES: (Kind.LIABILITY, 0, D("360.00")),
    }
    assert balance(chart.PRINCIPAL, day) == D("9000.00")
    assert balance(chart.PRINCIPAL, day - timedelta(days=1)) == 0
    assert faults() == []


def test_the_same_key_and_content_is_posted_once(platform: Platform, facts: dict[str, Any], day: date) -> None:
    first = post(**facts)
    for _again in range(1000):
        assert post(**facts) == first
    assert (Entry.objects.count(), Posting.objects.count()) == (1, 2)
    assert balance(chart.PRINCIPAL, day) == D("9000.00")


def test_the_order_of_lines_is_no_content(platform: Platform, facts: dict[str, Any]) -> None:
    first = post(**facts)
    assert post(**{**facts, "lines": DISBURSED[::-1]}) == first
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    "differing",
    [
        {"lines": DISBURSED[:1]},
        {"lines": [*DISBURSED, Line(chart.SUSPENSE, chart.FUNDING_CASH, D("0.01"))]},
        {"lines": [Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("9000.01")), DISBURSED[1]]},
        {"business_date": date(2025, 3, 15)},
        {"currency": "BRL"},
        {"kind": "payment"},
        {"subject": "financing:2"},
    ],
)
def test_the_same_key_with_other_content_is_refused(
    platform: Platform, facts: dict[str, Any], differing: dict[str, Any], day: date
) -> None:
    post(**facts)
    with pytest.raises(KeyReused, match="disbursement:1 was posted before with other content"):
        post(**{**facts, **differing})
    assert (Entry.objects.count(), Posting.objects.count()) == (1, 2)
    assert balance(chart.PRINCIPAL, day) == D("9000.00")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "has no lines"),
        ([Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("0.00"))], "not a positive amount"),
        ([Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("-5.00"))], "not a positive amount"),
        ([Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("0.001"))], "not a positive amount payable in CNY"),
        ([Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("NaN"))], "not a positive amount"),
        ([Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("1E+30"))], "not a positive amount"),
        ([Line(chart.PRINCIPAL, chart.PRINCIPAL, D("5.00"))], "cannot owe itself"),
        ([Line("Assets:Pocket", chart.PRINCIPAL, D("5.00"))], "is not in the chart of accounts"),
        ([*DISBURSED, Line(chart.PRINCIPAL, chart.FUNDING_CASH, D("-9000.00"))], "not a positive amount"),
    ],
)
def test_an_unsound_entry_is_refused_and_leaves_nothing(
    platform: Platform, facts: dict[str, Any], lines: list[Line], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        post(**{**facts, "lines": lines})
    draft = Draft("sound", "sweep", "", tuple(DISBURSED))
    if lines:
        rest = {name: facts[name] for name in ("business_date", "currency", "at", "by")}
        with pytest.raises(ValueError, match=why):
            post_many([draft, Draft("unsound", "sweep", "", tuple(lines))], **rest)
    assert not Entry.objects.exists()
    assert not Posting.objects.exists()
    assert not DailyTotal.objects.exists()


def test_a_reversal_is_the_mirror_image_and_happens_once(
    platform: Platform, facts: dict[str, Any], at: datetime, day: date
) -> None:
    entry = post(**facts)
    next_day = day + timedelta(days=1)
    reversal = reverse(entry=entry, business_date=next_day, at=at, by="user:8")
    assert reverse(entry=entry, business_date=next_day + timedelta(days=1), at=at, by="user:9") == reversal
    assert (reversal.reverses, reversal.key, reversal.subject) == (entry, "reversal:disbursement:1", "financing:1")
    for code in (chart.PRINCIPAL, chart.FEE, chart.FUNDING_CASH, chart.DEFERRED_FEES):
        assert balance(code, day) != 0
        assert balance(code, next_day) == 0
    assert Entry.objects.count() == 2
    assert faults() == []


def test_many_entries_are_posted_together(platform: Platform, at: datetime, day: date) -> None:
    drafts = [
        Draft(
            f"sweep:{number}", "sweep", f"financing:{number}", (Line(chart.SELLER_PAYABLE, chart.PRINCIPAL, D(number)),)
        )
        for number in range(1, 101)
    ]
    idle = Draft("sweep:none", "sweep", "", ())
    ids = post_many([*drafts, idle], business_date=day, currency="CNY", at=at, by="night")
    assert list(ids) == [draft.key for draft in drafts]
    assert Entry.objects.get(key="sweep:7").pk == ids["sweep:7"]
    assert balance(chart.PRINCIPAL, day) == D(-5050)
    assert post_many([idle], business_date=day, currency="CNY", at=at, by="night") == {}
    assert faults() == []


def test_a_batch_with_a_known_key_is_undone_whole(platform: Platform, at: datetime, day: date) -> None:
    line = (Line(chart.SELLER_PAYABLE, chart.PRINCIPAL, D("1.00")),)
    rest: dict[str, Any] = {"business_date": day, "currency": "CNY", "at": at, "by": "night"}
    post_many([Draft("sweep:1", "sweep", "", line)], **rest)
    with pytest.raises(IntegrityError, match="sweep:1"), transaction.atomic():
        post_many([Draft("sweep:0", "sweep", "", line), Draft("sweep:1", "sweep", "", line)], **rest)
    assert Entry.objects.count() == 1
    assert balance(chart.PRINCIPAL, day) == D("-1.00")


def test_currencies_are_kept_apart(platform: Platform, day: date) -> None:
    make_entry(amount=D("100.00"), currency="CNY")
    make_entry(amount=D("7"), currency="JPY")
    make_entry(amount=D("0.005"), currency="KWD")
    assert balance(chart.FUNDING_CASH, day, "CNY") == D("100.00")
    assert balance(chart.FUNDING_CASH, day, "JPY") == D("7")
    assert balance(chart.FUNDING_CASH, day, "KWD") == D("0.005")
    with pytest.raises(ValueError, match="payable in JPY"):
        make_entry(amount=D("7.5"), currency="JPY")
    assert faults() == []


def test_each_account_of_the_chart_has_the_kind_of_its_root(platform: Platform) -> None:
    make_entry()
    kinds = dict(Account.objects.values_list("code", "kind"))
    assert set(kinds) == chart.CODES
    assert kinds[chart.SETTLEMENT_RECEIVABLE] == Kind.ASSET
    assert kinds[chart.SELLER_PAYABLE] == Kind.LIABILITY
    assert kinds[chart.WRITE_OFFS] == Kind.EXPENSE
    assert Account.objects.get(code=chart.PRINCIPAL).is_debit_normal
    assert not Account.objects.get(code=chart.FEE_INCOME).is_debit_normal


def test_a_closed_date_takes_no_entry(platform: Platform, facts: dict[str, Any], at: datetime, day: date) -> None:
    open_books(first_date=day)
    freeze(day)
    post(**facts)  # the night itself posts on a frozen date
    close(day)
    with pytest.raises(DateClosed, match="2025-03-14 is closed"):
        post(**{**facts, "key": "late"})
    with pytest.raises(DateClosed):
        post_many([Draft("late", "sweep", "", tuple(DISBURSED))], business_date=day, currency="CNY", at=at, by="night")
    assert post(**facts).key == "disbursement:1"  # a retry of what was posted in time is still recognised
    post(**{**facts, "key": "next day", "business_date": day + timedelta(days=1)})
    assert list(Entry.objects.order_by("id").values_list("key", flat=True)) == ["disbursement:1", "next day"]


def test_an_event_on_a_frozen_date_is_booked_on_the_next_open_one(platform: Platform, day: date) -> None:
    assert booking_date(day) == day
    open_books(first_date=day)
    assert booking_date(day) == open_date(day) == day
    freeze(day + timedelta(days=2))
    assert booking_date(day) == open_date(day) == day + timedelta(days=3)
    assert booking_date(day + timedelta(days=5)) == day + timedelta(days=5)


def test_dates_close_forward_only_and_never_before_they_are_frozen(platform: Platform, day: date) -> None:
    open_books(first_date=day)
    freeze(day + timedelta(days=3))
    freeze(day)
    close(day + timedelta(days=1))
    close(day)
    books = Books.objects.get()
    assert (books.frozen_through, books.closed_through) == (day + timedelta(days=3), day + timedelta(days=1))
    with pytest.raises(IntegrityError, match="books_closed_after_frozen"), transaction.atomic():
        close(day + timedelta(days=9))
    assert open_books(first_date=day + timedelta(days=100)) == books


def test_twenty_keys_from_fifty_threads_have_twenty_effects(
    fresh_platform: Callable[..., Platform], facts: dict[str, Any], day: date
) -> None:
    name = fresh_platform().schema_name

    def post_all(offset: int) -> list[int]:
        order = [(number + offset) % 20 for number in range(20)]
        return [post(**{**facts, "key": f"disbursement:{number}"}).pk for number in sorted(order, key=order.index)]

    answers = at_once(name, [partial(post_all, offset) for offset in range(50)])
    with entered(name):
        ids = set(Entry.objects.values_list("id", flat=True))
        assert len(ids) == 20
        for answer in answers:
            assert set(answer) == ids, answer
        assert Posting.objects.count() == 40
        assert balance(chart.PRINCIPAL, day) == 20 * D("9000.00")
        assert faults() == []


def test_no_entry_slips_into_a_date_that_is_closed_at_the_same_moment(
    fresh_platform: Callable[..., Platform], facts: dict[str, Any], day: date
) -> None:
    name = fresh_platform().schema_name
    with entered(name):
        open_books(first_date=day)

    def close_the_day() -> int:
        """How many entries the closed date had when it closed."""
        with transaction.atomic():
            freeze(day)
            close(day)
            return Entry.objects.filter(business_date=day).count()

    works: list[Callable[[], Any]] = [partial(post, **{**facts, "key": f"entry:{n}"}) for n in range(12)]
    *posted, closed_with = at_once(name, [*works, close_the_day])
    with entered(name):
        in_time = [answer for answer in posted if isinstance(answer, Entry)]
        assert Entry.objects.count() == len(in_time) == closed_with
        assert all(isinstance(answer, Entry | DateClosed) for answer in posted)
        assert faults() == []
