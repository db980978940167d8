"""A clerk's work on breaks: what each act does to the books, who may do it, and what must not happen twice."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.banking.services import approve_and_send
from apps.evidence.models import Record
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal, Entry
from apps.reconciliation import working
from apps.reconciliation.models import Break, BreakNote, Clearing, ControlTotal, Suggestion
from apps.reconciliation.suggesting import forecast
from apps.tenants.models import Platform
from tests.factories import make_break
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY, FIRST, Story

D = Decimal
MEI, CHEN = "user:1", "user:2"


class Desk:
    """A clerk's desk the morning after a night: acts with the versions that are on the page."""

    def __init__(self, platform: Platform, day: int = 1) -> None:
        self.story = Story(platform)
        self.today = FIRST + (day + 1) * DAY
        self.at = self.story.at(self.today)

    def facts(self, one: Break, by: str = MEI, **more: Any) -> dict[str, Any]:
        return {"break_id": one.pk, "version": one.version, "at": self.at, "by": by, **more}

    def propose(self, one: Break, account: str = chart.DIFFERENCES, by: str = MEI, **more: Any) -> Break:
        facts: dict[str, Any] = {"account": account, "reason": "bank fee", "asked_on": self.today, **more}
        return working.propose(**self.facts(one, by, **facts))

    def booked(self, code: str) -> Decimal:
        return DailyTotal.objects.balance(code, "CNY", self.today)

    def tomorrow_proves(self) -> None:
        """The night of today closes with every control total, and the books verify."""
        self.story.night(self.today)
        assert set(ControlTotal.objects.filter(run__business_date=self.today).values_list("difference", flat=True)) == {
            D(0)
        }
        assert proofs.faults() == []


@pytest.fixture
def desk(platform: Platform) -> Desk:
    return Desk(platform)


def settlement_of(desk: Desk, amount: str, reference: str = "SETTLEMENT-20250301") -> Break:
    """500.00 were settled; the bank booked `amount`."""
    sold_and_closed(desk.story)
    bank(desk.story, 1, amount, reference)
    desk.story.night(FIRST + DAY)
    return Break.objects.get()


@pytest.mark.parametrize("amount", ["499.20", "500.80"])
def test_a_small_difference_is_written_off_by_one_person_and_the_books_say_where_it_went(
    desk: Desk, amount: str
) -> None:
    one = desk.propose(settlement_of(desk, amount))
    assert (one.state, one.approved_by, one.is_small) == ("written_off", MEI, True)
    assert desk.booked(chart.COLLECTION_CASH) == D(amount)
    assert desk.booked(chart.SETTLEMENT_RECEIVABLE) == 0
    assert desk.booked(chart.DIFFERENCES) == 500 - D(amount)
    assert Record.objects.filter(kind="break_closed", subject=f"break:{one.pk}").count() == 1
    desk.tomorrow_proves()
    assert Break.objects.count() == 1


def test_a_larger_difference_waits_for_another_person(desk: Desk) -> None:
    one = desk.propose(settlement_of(desk, "450.00"), chart.BANK_CHARGES)
    assert (one.state, desk.booked(chart.COLLECTION_CASH)) == ("pending_approval", D(0))
    with pytest.raises(working.Refused, match="cannot approve"):
        working.approve(**desk.facts(one, MEI, asked_on=desk.today))
    one.refresh_from_db()
    done = working.approve(**desk.facts(one, CHEN, asked_on=desk.today))
    assert (done.state, done.proposed_by, done.approved_by) == ("adjusted", MEI, CHEN)
    assert (desk.booked(chart.BANK_CHARGES), desk.booked(chart.COLLECTION_CASH)) == (D(50), D(450))
    desk.tomorrow_proves()


def test_the_database_knows_that_two_people_decide(desk: Desk) -> None:
    one = desk.propose(settlement_of(desk, "450.00"))
    with pytest.raises(IntegrityError, match="break_two_people"), transaction.atomic():
        one.move("write_off", at=desk.at, by=MEI, approved_by=MEI)


def test_what_was_refused_is_looked_into_again(desk: Desk) -> None:
    one = desk.propose(settlement_of(desk, "450.00"))
    one = working.refuse(**desk.facts(one, CHEN, reason="ask the bank first"))
    assert one.state == "investigating"
    assert working.ask_counterparty(**desk.facts(one, reason="called the bank")).state == "waiting_counterparty"
    assert Entry.objects.filter(kind="clearing").count() == 0


def test_money_of_nobody_is_parked_with_two_people(desk: Desk) -> None:
    one = desk.propose(settlement_of(desk, "12.34", "WHO-KNOWS"), chart.SUSPENSE)
    working.approve(**desk.facts(one, CHEN, asked_on=desk.today))
    assert desk.booked(chart.SUSPENSE) == D("-12.34")
    assert desk.booked(chart.SETTLEMENT_RECEIVABLE) == 500  # its own settlement is still expected
    desk.tomorrow_proves()


def test_a_settlement_that_never_comes_moves_no_cash_when_it_is_written_off(platform: Platform) -> None:
    desk = Desk(platform, day=5)
    sold_and_closed(desk.story)
    approve_and_send(batch_id=PaymentBatch.objects.get().pk, at=desk.story.at(FIRST + DAY), by="user:9")
    for number in range(1, 6):
        desk.story.night(FIRST + number * DAY)
    one = desk.propose(Break.objects.get(subject="sales:2025-03-01"))
    working.approve(**desk.facts(one, CHEN, asked_on=desk.today))
    assert desk.booked(chart.COLLECTION_CASH) == 0
    assert (desk.booked(chart.SETTLEMENT_RECEIVABLE), desk.booked(chart.DIFFERENCES)) == (D(0), D(500))
    payment = Break.objects.get(subject__startswith="instruction:")
    with pytest.raises(working.Refused, match="still owed"):
        desk.propose(payment)
    desk.tomorrow_proves()


def test_the_second_of_two_clerks_is_told_who_came_first(desk: Desk) -> None:
    seen = settlement_of(desk, "450.00")
    working.take(**desk.facts(seen, CHEN))
    with pytest.raises(working.Stale) as told:
        desk.propose(seen, by=MEI)
    assert (told.value.by, told.value.state) == (CHEN, "investigating")
    seen.refresh_from_db()
    assert (seen.owner, seen.version, Clearing.objects.count()) == (CHEN, seen.version, 0)


def test_a_closed_break_is_opened_again_and_its_entry_reversed(desk: Desk) -> None:
    one = desk.propose(settlement_of(desk, "499.50"))
    one = working.reopen(**desk.facts(one, CHEN, reason="the bank paid the rest", asked_on=desk.today))
    assert (one.state, one.owner) == ("investigating", CHEN)
    assert [desk.booked(code) for code in (chart.COLLECTION_CASH, chart.DIFFERENCES)] == [0, 0]
    assert BankLine.objects.get(purpose="collection").matched_to == ""
    assert Entry.objects.get(kind="clearing").reversed_by.kind == "reversal"
    assert desk.propose(one).state == "written_off"  # and closed anew, with an entry of its own
    assert Clearing.objects.count() == 2
    desk.tomorrow_proves()


def test_the_night_finds_several_that_add_up_by_itself(desk: Desk) -> None:
    sold_and_closed(desk.story)
    bank(desk.story, 1, "200.00", "PSP 17/1")
    bank(desk.story, 1, "300.00", "PSP 17/2")
    assert desk.story.night(FIRST + DAY).state == "balanced"
    assert Clearing.objects.get().expected == ["settlement:2025-03-01"]
    assert desk.booked(chart.COLLECTION_CASH) == 500
    assert desk.booked(chart.SETTLEMENT_RECEIVABLE) == 0
    desk.tomorrow_proves()


def test_a_suggestion_is_accepted_with_one_click_and_closes_both_sides(desk: Desk) -> None:
    sold_and_closed(desk.story)
    bank(desk.story, 1, "499.50", "PSP 17")
    desk.story.night(FIRST + DAY)
    found = Suggestion.objects.get()
    assert (found.rule, found.difference, found.expected) == (
        "nearly the amount",
        D("-0.50"),
        ["settlement:2025-03-01"],
    )
    one = found.unexplained
    assert one.state == "suggested"
    facts: dict[str, Any] = {
        "suggestion_id": found.pk,
        "version": one.version,
        "asked_on": desk.today,
        "at": desk.at,
        "by": MEI,
    }
    assert working.accept(**facts).state == "matched"
    with pytest.raises(working.Stale):
        working.accept(**facts)
    assert Suggestion.objects.get().accepted_by == MEI
    assert [desk.booked(code) for code in (chart.COLLECTION_CASH, chart.DIFFERENCES)] == [D("499.50"), D("0.50")]
    desk.tomorrow_proves()


def test_a_suggestion_too_far_off_needs_two_people(desk: Desk) -> None:
    sold_and_closed(desk.story)
    bank(desk.story, 1, "496.00", "PSP 17")
    desk.story.night(FIRST + DAY)
    found = Suggestion.objects.get()
    chosen = [(found.pk, found.unexplained.version), (987_654, 0)]
    done, refusals = working.accept_many(chosen=chosen, asked_on=desk.today, at=desk.at, by=MEI)
    assert (done, len(refusals)) == (0, 2)
    assert "differ by more" in refusals[0]
    assert BankLine.objects.get(purpose="collection").matched_to == ""
    assert working.decline(suggestion_id=found.pk, version=found.unexplained.version, at=desk.at, by=MEI).version > 0


def test_a_line_of_a_confirmed_payment_is_not_handed_to_another_payment_of_its_amount(desk: Desk) -> None:
    for name in ("Li Mei", "Wang Xiulan"):
        desk.story.settle(FIRST, desk.story.seller(name), "500.00")
    desk.story.night(FIRST)
    approve_and_send(batch_id=PaymentBatch.objects.get().pk, at=desk.story.at(FIRST + DAY), by="user:9")
    first, second = Instruction.objects.order_by("pk")
    for key in ("one", "two"):
        bank(desk.story, 1, "-500.00", first.reference, key=key)
    desk.story.night(FIRST + DAY)
    second.refresh_from_db()
    assert second.confirmed_on is None
    assert Break.objects.get().kind == "duplicate"


def test_the_forecast_says_what_the_night_then_finds_and_writes_nothing(desk: Desk, platform: Platform) -> None:
    sold_and_closed(desk.story)
    approve_and_send(batch_id=PaymentBatch.objects.get().pk, at=desk.story.at(FIRST + DAY), by="user:9")
    reference = Instruction.objects.get().reference
    for key in ("one", "two"):
        bank(desk.story, 1, "-500.00", reference, key=key)
    bank(desk.story, 1, "12.34", "WHO-KNOWS")
    seen = forecast(business_date=FIRST + DAY, country=platform.country, currency="CNY")
    assert (Break.objects.count(), Clearing.objects.count()) == (0, 0)
    assert BankLine.objects.filter(matched_to="").count() == 3
    desk.story.night(FIRST + DAY)
    assert sorted(one.subject for one in seen.new) == sorted(Break.objects.values_list("subject", flat=True))
    assert seen.total == D("512.34")


def test_a_break_is_due_by_its_kind_and_size(desk: Desk) -> None:
    one = settlement_of(desk, "12.34", "WHO-KNOWS")  # Sunday 2 March 2025; two business days
    assert str(one.due_on) == "2025-03-04"
    bank(desk.story, 2, "20000.00", "MUCH")
    desk.story.night(FIRST + 2 * DAY)
    assert str(Break.objects.get(amount=-20000).due_on) == "2025-03-04"  # Monday's, and large: one business day


def test_papers_are_kept_by_what_they_are_not_by_their_name(desk: Desk) -> None:
    one = make_break()
    facts: dict[str, Any] = {"break_id": one.pk, "text": "from the bank", "at": desk.at, "by": MEI}
    kept = working.note(**facts, paper=working.Paper("C:\\papers\\letter.pdf", b"%PDF-1.7 ..."))
    assert (kept.name, kept.media_type) == ("letter.pdf", "application/pdf")
    too_large = b"x" * (working.LARGEST_FILE + 1)
    for bad in (b"\x7fELF\x00", b"", too_large, b"\xff\xfe\x00", b"<html>", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(working.Refused):
            working.note(**facts, paper=working.Paper("letter.pdf", bad))
    with pytest.raises(working.Refused, match="Write something"):
        working.note(break_id=one.pk, text=" ", at=desk.at, by=MEI)
    assert BreakNote.objects.count() == 1


@pytest.mark.parametrize("model", [Break, BreakNote, Suggestion, Clearing])
def test_nothing_deletes(desk: Desk, model: Any) -> None:
    from tests import factories
    from tests.core.test_factories import factory_name

    row = getattr(factories, factory_name(model))()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk)._raw_delete("default")
    assert model.objects.filter(pk=row.pk).exists()
