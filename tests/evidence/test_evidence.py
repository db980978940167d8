"""The evidence log: what was recorded stays, and whatever a superuser does to it is found."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from apps.evidence.chain import GENESIS, merkle_root, record_hash
from apps.evidence.models import Head, Record, Seal
from apps.evidence.proofs import faults
from apps.evidence.services import Fact, record, record_many, seal
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_record, make_seal
from tests.threads import at_once

NEXT = timedelta(days=1)


@pytest.fixture
def log(platform: Platform, day: date) -> None:
    """Two sealed days of three records each, a day without any, and two records that are not sealed yet."""
    for number in range(3):
        make_record(subject=f"financing:{number}", business_date=day)
    make_seal(business_date=day)
    for number in range(3):
        make_record(subject=f"contract:{number}", business_date=day + NEXT)
    make_seal(business_date=day + NEXT)
    make_seal(business_date=day + 2 * NEXT)
    make_record(subject="today:1", business_date=day + 3 * NEXT)
    make_record(subject="today:2", business_date=day + 3 * NEXT)


@pytest.fixture
def tamper() -> Callable[..., None]:
    """A superuser's hand: statements with all triggers and deferred checks out of the way."""

    def execute(*statements: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("evidence_record", "evidence_seal"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)

    return execute


def rewrite_from(position: int) -> None:
    """Hash the chain anew from `position` on, as a careful forger without the signing key would, head included."""
    previous = Record.objects.get(position=position - 1).hash if position > 1 else GENESIS
    for row in Record.objects.filter(position__gte=position).order_by("position"):
        digest = record_hash(
            position=row.position,
            kind=row.kind,
            subject=row.subject,
            payload=row.payload,
            business_date=row.business_date,
            by=row.by,
            at=row.at,
            previous_hash=previous,
        )
        Record.objects.filter(pk=row.pk).update(previous_hash=previous, hash=digest)
        previous = digest
    last = Record.objects.order_by("-position").first()
    Head.objects.update(position=last.position if last else 0, hash=previous)


def test_records_continue_one_another(log: None) -> None:
    rows = list(Record.objects.order_by("position"))
    assert [row.position for row in rows] == list(range(1, 9))
    assert [row.previous_hash for row in rows] == [GENESIS, *[row.hash for row in rows[:-1]]]
    assert rows[0].payload == '{"amount":"100.00"}'
    assert faults() == []


def test_seals_cover_every_record_once(log: None, day: date) -> None:
    seals = list(Seal.objects.order_by("number"))
    assert [(one.business_date, one.first_position, one.last_position) for one in seals] == [
        (day, 1, 3),
        (day + NEXT, 4, 6),
        (day + 2 * NEXT, 7, 6),
    ]
    assert seals[1].merkle_root == merkle_root(
        list(Record.objects.filter(position__range=(4, 6)).order_by("position").values_list("hash", flat=True))
    )
    assert [one.previous_seal for one in seals] == ["", seals[0].signature, seals[1].signature]


def test_a_date_is_sealed_once(log: None, day: date, at: datetime) -> None:
    first = Seal.objects.get(business_date=day)
    assert seal(business_date=day, at=at + NEXT, by="night") == first
    assert Seal.objects.count() == 3
    assert faults() == []


def test_a_log_without_records_can_be_sealed(platform: Platform, day: date, at: datetime) -> None:
    empty = seal(business_date=day, at=at, by="night")
    assert (empty.first_position, empty.last_position, empty.last_hash) == (1, 0, GENESIS)
    make_record()
    assert seal(business_date=day + NEXT, at=at, by="night").first_position == 1
    assert faults() == []


def test_a_record_goes_with_its_transaction(platform: Platform, day: date, at: datetime) -> None:
    make_record()

    def record_and_fail() -> None:
        record(kind="noted", subject="x", payload={}, business_date=day, at=at, by="test")
        raise ValueError("the act failed")

    with pytest.raises(ValueError, match="the act failed"), transaction.atomic():
        record_and_fail()
    assert Record.objects.count() == 1
    assert Head.objects.get().position == 1
    assert faults() == []


def test_a_float_is_refused_and_nothing_is_recorded(platform: Platform, day: date, at: datetime) -> None:
    facts = [Fact("noted", "a", {"amount": Decimal(1)}), Fact("noted", "b", {"amount": 0.1})]
    with pytest.raises(TypeError, match="A float cannot be evidence"):
        record_many(facts, business_date=day, at=at, by="test")
    assert not Record.objects.exists()


def test_records_from_many_threads_make_one_chain(
    fresh_platform: Callable[..., Platform], day: date, at: datetime
) -> None:
    name = fresh_platform().schema_name

    def record_some(writer: int) -> None:
        for number in range(10):
            record(kind="noted", subject=f"{writer}:{number}", payload={}, business_date=day, at=at, by="test")

    answers = at_once(name, [partial(record_some, writer) for writer in range(8)])
    assert answers == [None] * 8
    with entered(name):
        assert Record.objects.count() == 80
        assert faults() == []


ALTERED = {
    "payload": """UPDATE evidence_record SET payload = '{"amount":"900.00"}' WHERE position = 2""",
    "kind": "UPDATE evidence_record SET kind = 'other' WHERE position = 2",
    "subject": "UPDATE evidence_record SET subject = 'other' WHERE position = 2",
    "who": "UPDATE evidence_record SET by = 'user:1' WHERE position = 2",
    "when": "UPDATE evidence_record SET at = at + interval '1 microsecond' WHERE position = 2",
    "business date": "UPDATE evidence_record SET business_date = '2025-03-13' WHERE position = 2",
}


@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED.keys())
def test_an_altered_record_is_named(log: None, tamper: Callable[..., None], statement: str) -> None:
    tamper(statement)
    found = faults()
    assert len(found) == 1
    assert found[0].startswith("Record 2 (")
    assert found[0].endswith("was altered after it was written.")


def test_an_altered_record_is_named_even_if_its_hash_is_made_to_fit(log: None, tamper: Callable[..., None]) -> None:
    tamper("UPDATE evidence_record SET by = 'user:1' WHERE position = 8")
    row = Record.objects.get(position=8)
    digest = record_hash(
        position=8,
        kind=row.kind,
        subject=row.subject,
        payload=row.payload,
        business_date=row.business_date,
        by=row.by,
        at=row.at,
        previous_hash=row.previous_hash,
    )
    Record.objects.filter(position=8).update(hash=digest)
    assert "The head of the log does not carry the hash of record 8." in faults()


@pytest.mark.parametrize("position", [1, 2, 5, 7])
def test_a_chain_that_was_rewritten_whole_breaks_its_signatures(
    log: None, tamper: Callable[..., None], position: int
) -> None:
    tamper(f"UPDATE evidence_record SET by = 'user:1' WHERE position = {position}")
    rewrite_from(position)
    found = faults()
    assert "The head of the log was altered: it is not signed by this system's key." in found
    if position <= 6:
        sealed_on = "2025-03-14" if position <= 3 else "2025-03-15"
        assert f"The seal of {sealed_on} does not fit its records: some were altered, removed or added." in found


@pytest.mark.parametrize("position", [1, 2, 3, 6, 7])
def test_a_removed_record_is_named(log: None, tamper: Callable[..., None], position: int) -> None:
    tamper(f"DELETE FROM evidence_record WHERE position = {position}")
    assert f"Record {position} is missing: the next one present is {position + 1}." in faults()


@pytest.mark.parametrize("position", [2, 5, 7])
def test_a_removed_record_is_found_though_the_rest_closes_the_gap(
    log: None, tamper: Callable[..., None], position: int
) -> None:
    tamper(
        f"DELETE FROM evidence_record WHERE position = {position}",
        f"UPDATE evidence_record SET position = position + 100 WHERE position > {position}",
        "UPDATE evidence_record SET position = position - 101 WHERE position > 100",
    )
    rewrite_from(position)
    found = faults()
    assert "The head of the log was altered: it is not signed by this system's key." in found
    assert any("does not fit its records" in fault for fault in found) is (position <= 6)


def test_a_tail_that_was_cut_off_is_found(log: None, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM evidence_record WHERE position >= 7")
    assert faults() == ["The log ends at record 6, its head says 8: records were removed or added."]


@pytest.mark.parametrize("position", [8, 7, 6, 2, 1])
def test_a_tail_that_was_cut_off_together_with_the_head_is_found(
    log: None, tamper: Callable[..., None], position: int
) -> None:
    tamper(f"DELETE FROM evidence_record WHERE position >= {position}")
    last = Record.objects.order_by("-position").first()
    Head.objects.update(position=position - 1, hash=last.hash if last else GENESIS)
    found = faults()
    assert "The head of the log was altered: it is not signed by this system's key." in found
    assert any("does not fit its records" in fault for fault in found) is (position <= 6)


def test_a_log_that_was_emptied_is_found(log: None, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM evidence_record")
    assert "The log ends at record 0, its head says 8: records were removed or added." in faults()
    tamper("DELETE FROM evidence_head")
    found = faults()
    assert "The head of the log was removed." in found
    assert "The seal of 2025-03-14 does not fit its records: some were altered, removed or added." in found
    tamper("DELETE FROM evidence_seal WHERE number < 3")
    assert "The head of the log was removed." in faults()


def test_records_that_changed_places_are_found(log: None, tamper: Callable[..., None]) -> None:
    tamper(
        "UPDATE evidence_record SET position = 100 WHERE position = 2",
        "UPDATE evidence_record SET position = 2 WHERE position = 3",
        "UPDATE evidence_record SET position = 3 WHERE position = 100",
    )
    found = faults()
    assert any(fault.startswith("Record 2 (noted financing:2) was altered") for fault in found)
    assert "The seal of 2025-03-14 does not fit its records: some were altered, removed or added." in found


def test_a_record_that_was_added_is_found(log: None, tamper: Callable[..., None]) -> None:
    tamper(
        """
        INSERT INTO evidence_record (position, kind, subject, payload, business_date, by, at, previous_hash, hash)
        SELECT 9, kind, subject, payload, business_date, by, at, hash, repeat('a', 64)
        FROM evidence_record WHERE position = 8
        """
    )
    found = faults()
    assert "The log ends at record 9, its head says 8: records were removed or added." in found
    rewrite_from(9)
    assert faults() == ["The head of the log was altered: it is not signed by this system's key."]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM evidence_seal WHERE number = 1", "Seal 1 is missing: the next one present is 2, of 2025-03-15."),
        ("DELETE FROM evidence_seal WHERE number = 2", "Seal 2 is missing: the next one present is 3, of 2025-03-16."),
        (
            "DELETE FROM evidence_seal WHERE number = 3",
            "The log has seals up to number 2, its head says 3: seals were removed or added.",
        ),
        (
            "DELETE FROM evidence_seal",
            "The log has seals up to number 0, its head says 3: seals were removed or added.",
        ),
        (
            "UPDATE evidence_seal SET merkle_root = repeat('a', 64) WHERE number = 2",
            "The seal of 2025-03-15 was altered: it is not signed by this system's key.",
        ),
        (
            "UPDATE evidence_seal SET business_date = '2025-01-01' WHERE number = 2",
            "The seal of 2025-01-01 was altered: it is not signed by this system's key.",
        ),
        (
            "UPDATE evidence_seal SET last_position = 5 WHERE number = 2",
            "The seal of 2025-03-16 does not continue the seal before it.",
        ),
        (
            "UPDATE evidence_seal SET signature = 'nonsense' WHERE number = 1",
            "The seal of 2025-03-14 was altered: it is not signed by this system's key.",
        ),
        (
            "UPDATE evidence_head SET seals = 2",
            "The head of the log was altered: it is not signed by this system's key.",
        ),
    ],
)
def test_a_seal_that_was_removed_or_altered_is_named(
    log: None, tamper: Callable[..., None], statement: str, says: str
) -> None:
    tamper(statement)
    assert says in faults()


def test_the_last_seal_removed_together_with_its_trace_in_the_head_is_found(
    log: None, tamper: Callable[..., None]
) -> None:
    tamper("DELETE FROM evidence_seal WHERE number = 3")
    Head.objects.update(seals=2, last_seal=Seal.objects.get(number=2).signature)
    assert faults() == ["The head of the log was altered: it is not signed by this system's key."]


def test_a_seal_signed_with_another_key_is_not_ours(log: None, settings: Settings) -> None:
    settings.EVIDENCE_SIGNING_KEY = "22" * 32
    assert "The seal of 2025-03-14 was altered: it is not signed by this system's key." in faults()


def test_a_log_cannot_be_passed_off_as_another_platforms(log: None, other_platform: Platform) -> None:
    seals, head = list(Seal.objects.all()), Head.objects.get()
    records = list(Record.objects.all())
    with entered(other_platform.schema_name):
        Record.objects.bulk_create(records)
        Seal.objects.bulk_create(seals)
        head.save(force_insert=True)
        found = faults()
    assert len([fault for fault in found if "not signed by this system's key" in fault]) == 4


def test_writers_go_on_after_a_seal_and_never_fork(log: None, day: date) -> None:
    before = Record.objects.get(position=8)
    after = make_record(business_date=day + 3 * NEXT)
    assert (after.position, after.previous_hash) == (9, before.hash)
    assert faults() == []


def test_a_removed_head_stops_writers_rather_than_starting_a_second_chain(
    log: None, tamper: Callable[..., None]
) -> None:
    tamper("DELETE FROM evidence_head")
    with pytest.raises(Exception, match="evidence_record_position"), transaction.atomic():
        make_record()
    assert Record.objects.count() == 8


def test_the_command_says_what_it_verified(log: None) -> None:
    said = StringIO()
    call_command("verify_evidence", platform="meadow", stdout=said)
    assert said.getvalue() == "evidence verified: 8 records, 3 seals\n"


def test_the_command_fails_and_names_what_is_off(log: None, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM evidence_record WHERE position = 8")
    said, complained = StringIO(), StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_evidence", platform="meadow")
    assert str(failure.value).splitlines() == [
        "The evidence log of Meadow does not hold:",
        "The log ends at record 7, its head says 8: records were removed or added.",
    ]
    with pytest.raises(CommandError, match="Failed: meadow"):
        call_command("verify_evidence", all=True, stdout=said, stderr=complained)
    assert said.getvalue().splitlines() == ["harbor: evidence verified: 0 records, 0 seals", "meadow: failed"]
