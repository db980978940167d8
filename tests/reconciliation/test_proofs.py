"""A closed date has a seal, and a seal that is gone is missed by the books."""

from datetime import timedelta

from django.db import connection

from apps.ledger.calendar import close, freeze, open_books
from apps.reconciliation.proofs import faults
from apps.tenants.models import Platform
from tests.factories import DAY, make_nightly_run, make_seal


def test_a_closed_date_without_its_seal_is_named(platform: Platform) -> None:
    next_day = DAY + timedelta(days=1)
    open_books(first_date=DAY)
    make_nightly_run()
    make_nightly_run(business_date=next_day)
    assert faults() == [], "the night is still under way"
    make_seal()
    freeze(DAY)
    close(DAY)
    assert faults() == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evidence_seal DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM evidence_head")
        cursor.execute("DELETE FROM evidence_seal")
    assert faults() == ["The books of 2025-03-14 are closed, but its evidence has no seal: the seal was removed."]
