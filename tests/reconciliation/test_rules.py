"""Rules as data: proposed, tried, activated by another person, and learned from what people accept."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.banking.models import BankLine
from apps.evidence.models import Record
from apps.ledger import chart
from apps.reconciliation import rule_books
from apps.reconciliation.learning import Judged, learn
from apps.reconciliation.models import Break, Clearing, RuleBook
from apps.reconciliation.passes import Rule
from apps.reconciliation.rules import STARTER, rules_in_force, rules_of, starter_rules
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import AT, DAY, make_rule_book, make_suggestion
from tests.reconciliation.test_breaks import CHEN, MEI, Desk, desk
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY as A_DAY
from tests.story import FIRST

__all__ = ["desk"]
D = Decimal
GENEROUS = (*STARTER[:3], Rule("amount", "a fee of the bank", share=D("0.01"), days=5), *STARTER[3:])


def generous() -> RuleBook:
    rules = replace(starter_rules("CNY"), passes=GENEROUS)
    return rule_books.propose_rules(rules=rules, reason="the bank keeps its fee", at=AT, by=MEI)


def test_a_rule_that_is_written_down_reads_back_the_same(platform: Platform) -> None:
    book = generous()
    book.refresh_from_db()
    assert rules_of(book).passes == GENEROUS
    assert rules_in_force("CNY") == starter_rules("CNY")  # proposed is not in force


def test_another_person_activates_and_the_old_rules_retire(two_platforms: tuple[Platform, Platform]) -> None:
    with entered("meadow"):
        book = generous()
        with pytest.raises(rule_books.RulesRefused, match="another person"):
            rule_books.activate(book_id=book.pk, business_date=DAY, at=AT, by=MEI)
        for _twice in range(2):
            rule_books.activate(book_id=book.pk, business_date=DAY, at=AT, by=CHEN)
        second = generous()
        rule_books.activate(book_id=second.pk, business_date=DAY, at=AT, by=CHEN)
        assert list(RuleBook.objects.order_by("number").values_list("state", flat=True)) == ["retired", "active"]
        assert Record.objects.filter(kind="rules_activated").count() == 2
        with pytest.raises(rule_books.RulesRefused, match="dropped or replaced"):
            rule_books.activate(book_id=book.pk, business_date=DAY, at=AT, by=CHEN)
    with entered("harbor"):
        assert rules_in_force("BRL").number == 0


def test_the_database_holds_one_active_book_and_two_people(platform: Platform) -> None:
    make_rule_book(state="active", approved_by=CHEN)
    for facts in ({"approved_by": CHEN}, {"approved_by": "", "state": "retired"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_rule_book(**{"state": "active", **facts})


@pytest.mark.parametrize("bad", [{"due_days": {"amount": 0}}, {"due_days": {"weather": 3}}])
def test_rules_that_make_no_sense_are_not_written_down(platform: Platform, bad: dict[str, object]) -> None:
    with pytest.raises(rule_books.RulesRefused, match="business days"):
        rule_books.propose_rules(rules=replace(starter_rules("CNY"), **bad), reason="why not", at=AT, by=MEI)  # type: ignore[arg-type]
    with pytest.raises(rule_books.RulesRefused, match="Say why"):
        rule_books.propose_rules(rules=starter_rules("CNY"), reason=" ", at=AT, by=MEI)
    assert RuleBook.objects.count() == 0


def test_a_dry_run_counts_and_the_night_under_the_new_rules_books_what_it_allows(desk: Desk) -> None:
    sold_and_closed(desk.story)
    bank(desk.story, 1, "497.00", "PSP 17")
    book, day = generous(), FIRST + A_DAY
    before = rule_books.dry_run(rules=rules_in_force("CNY"), business_date=day, currency="CNY")
    then = rule_books.dry_run(rules=rules_of(book), business_date=day, currency="CNY")
    assert (before.accepted, before.suggested, then.accepted) == (0, 1, 1)
    assert (Clearing.objects.count(), BankLine.objects.filter(purpose="collection", matched_to="").count()) == (0, 1)
    rule_books.activate(book_id=book.pk, business_date=day, at=AT, by=CHEN)
    assert desk.story.night(day).state == "balanced"
    assert Clearing.objects.get().rule == "a fee of the bank"
    assert (desk.booked(chart.COLLECTION_CASH), desk.booked(chart.DIFFERENCES)) == (D(497), D(3))
    assert Break.objects.count() == 0


def judged(number: int, share: str = "0.002", days: int = 1, *, accepted: bool = True) -> list[Judged]:
    return [Judged("collection", D(share), days, accepted)] * number


def test_five_alike_make_a_rule_as_narrow_as_they_were() -> None:
    (rule,) = learn([*judged(4), *judged(1, "0.004", 3)], STARTER)
    assert (rule.share, rule.days, rule.accounts, rule.accepts) == (D("0.004"), 3, frozenset({"collection"}), True)


@pytest.mark.parametrize(
    "verdicts",
    [
        judged(4),
        [*judged(5), *judged(1, "0.001", 0, accepted=False)],
        judged(5, "0", 5),
        judged(5, "0.2"),
        judged(9, accepted=False),
    ],
)
def test_what_is_no_habit_was_declined_is_known_or_too_wide_teaches_nothing(verdicts: list[Judged]) -> None:
    assert learn(verdicts, STARTER) == []


def test_what_was_declined_farther_off_does_not_speak_against_it() -> None:
    assert len(learn([*judged(5), *judged(1, "0.008", accepted=False)], STARTER)) == 1


def test_what_people_accepted_is_proposed_and_never_applied_by_itself(platform: Platform) -> None:
    for number in range(5):
        make_suggestion(accepted_by=MEI, decided_at=AT, lines=[f"bank_line:{number}"])
    rules = rule_books.learned_rules(currency="CNY")
    assert rules is not None
    assert [rule.name for rule in rules.passes][4] == "learned: collection"
    assert rules_in_force("CNY").passes == STARTER
    assert RuleBook.objects.count() == 0


def test_dropped_rules_stay_on_record(platform: Platform) -> None:
    book = generous()
    assert rule_books.drop(book_id=book.pk, at=AT, by=MEI).state == "dropped"
    assert RuleBook.objects.get().rules
