"""Changing the account that money goes to: asked with a second factor, checked by two, and nothing paid meanwhile."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.banking.models import Instruction
from apps.evidence.models import Record
from apps.sellers.models import PayoutChange, Seller
from apps.sellers.services import (
    Account,
    PayoutChangeRefused,
    ask_for_payout_change,
    check_payout_change,
    refuse_payout_change,
)
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_bank_account, make_payout_change, make_seller
from tests.story import DAY, Story
from tests.threads import at_once

NEW = Account("Lin Orchards", "6222020200112233446", "Riverbank")


def ask(seller: Seller, day: date, at: datetime, account: Account = NEW) -> PayoutChange:
    return ask_for_payout_change(seller_id=seller.pk, account=account, second_factor="totp", on=day, at=at, by="user:7")


def check(change: PayoutChange, day: date, at: datetime, by: str) -> PayoutChange:
    return check_payout_change(change_id=change.pk, on=day, at=at, by=by)


def test_two_people_put_it_into_force_and_the_old_account_stays_on_record(
    platform: Platform, day: date, at: datetime
) -> None:
    seller = make_seller()
    old = seller.payout_account
    change = ask(seller, day, at)
    seller.refresh_from_db()
    assert (seller.payout_frozen, seller.payout_account) == (True, old)
    check(change, day, at, "user:8")
    seller.refresh_from_db()
    assert (seller.payout_frozen, seller.payout_account) == (True, old), "one person is not enough"
    check(change, day, at, "user:9")
    seller.refresh_from_db()
    change.refresh_from_db()
    assert (seller.payout_frozen, seller.payout_account) == (False, change.account)
    assert (change.before, change.account.verified_at) == (old, at)
    told = Record.objects.filter(subject=f"seller:{seller.pk}").order_by("position").values_list("kind", "by")
    assert list(told) == [("payout_account_asked", "user:7"), ("payout_account_in_force", "user:9")]
    assert NEW.number not in "".join(Record.objects.values_list("payload", flat=True))


@pytest.mark.parametrize("people", [["user:8", "user:8"], ["user:7"]])
def test_nobody_checks_twice_or_their_own(platform: Platform, day: date, at: datetime, people: list[str]) -> None:
    seller = make_seller()
    change = ask(seller, day, at)
    *before, last = people
    for one in before:
        check(change, day, at, one)
    with pytest.raises(PayoutChangeRefused, match="Another person"):
        check(change, day, at, last)
    assert Seller.objects.get(pk=seller.pk).payout_frozen


def test_refused_or_taken_back_everything_is_as_before(platform: Platform, day: date, at: datetime) -> None:
    seller = make_seller()
    change = ask(seller, day, at)
    with pytest.raises(PayoutChangeRefused, match="Say why"):
        refuse_payout_change(change_id=change.pk, reason=" ", on=day, at=at, by="user:8")
    refuse_payout_change(change_id=change.pk, reason="another name", on=day, at=at, by="user:8")
    now = Seller.objects.get(pk=seller.pk)
    assert (now.payout_frozen, now.payout_account_id) == (False, seller.payout_account_id)
    with pytest.raises(PayoutChangeRefused, match="decided already"):
        check(change, day, at, "user:8")


def test_asking_twice_is_one_change_and_another_has_to_wait(platform: Platform, day: date, at: datetime) -> None:
    seller = make_seller()
    assert ask(seller, day, at) == ask(seller, day, at)
    with pytest.raises(PayoutChangeRefused, match="being checked already"):
        ask(seller, day, at, Account("Lin", "012345678"))
    assert PayoutChange.objects.count() == 1
    other = make_seller(payout_account=make_bank_account(number=NEW.number))
    with pytest.raises(PayoutChangeRefused, match="already"):
        ask(other, day, at)


def test_the_database_itself_pays_nobody_while_a_change_is_open(platform: Platform) -> None:
    change = make_payout_change()
    rows = Seller.objects.filter(pk=change.seller_id)
    for slip in ({"payout_frozen": False}, {"payout_frozen": False, "payout_account": change.account}):
        with pytest.raises(DatabaseError, match="wait until the changed account is decided"), transaction.atomic():
            rows.update(**slip)
    with pytest.raises(DatabaseError, match="only when two people have checked it"), transaction.atomic():
        rows.update(payout_account=change.account)
    with pytest.raises(DatabaseError, match="freeze the payouts"), transaction.atomic():
        make_payout_change(seller=make_seller())
    with pytest.raises(DatabaseError, match="kept for ever"), transaction.atomic():
        change.delete()


@pytest.mark.parametrize(
    ("facts", "guard"),
    [
        ({"state": "in_force", "first_by": "user:8"}, "payout_change_checked_by_two"),
        ({"state": "in_force", "first_by": "user:8", "second_by": "user:8"}, "payout_change_different_people"),
        ({"state": "in_force", "first_by": "user:1", "second_by": "user:8"}, "payout_change_different_people"),
        ({"state": "checked_once"}, "payout_change_checked_by_one"),
    ],
)
def test_the_database_itself_wants_two_people(platform: Platform, facts: dict[str, str], guard: str) -> None:
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        make_payout_change(**facts)


def test_a_night_keeps_the_money_until_the_account_is_checked(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    change = ask(seller, story.first, story.at(story.first))
    story.settle(story.first, seller, "100.00")
    story.night(story.first)
    assert not Instruction.objects.filter(kind="payout").exists()
    assert Seller.objects.get(pk=seller.pk).balance == 100
    for person in ("user:8", "user:9"):
        check(change, story.first + DAY, story.at(story.first + DAY), person)
    story.night(story.first + DAY)
    paid = Instruction.objects.get(kind="payout")
    assert (paid.amount, paid.to_account) == (100, change.account)


def test_two_who_check_at_the_same_moment_are_two_people(
    fresh_platform: Callable[..., Platform], day: date, at: datetime
) -> None:
    name = fresh_platform().schema_name
    with entered(name):
        change = ask(make_seller(), day, at)
    at_once(name, [lambda: check(change, day, at, "user:8")] * 3)
    with entered(name):
        change.refresh_from_db()
        assert (change.state, change.first_by, change.second_by) == ("checked_once", "user:8", "")
