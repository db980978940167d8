"""A state that somebody with the keys to the database set, without its transition, is found and named."""

from datetime import datetime

from django.db import connection

from apps.core.standing import faults
from apps.core.states import log_birth
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_demand, make_order, make_seller


def execute(statement: str, *facts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)


def verified(at: datetime) -> Seller:
    """A seller who came into being as invited and was moved on, all of it on record."""
    seller = make_seller(state="invited")
    log_birth([seller], at=at, by="test")
    for verb in ("register", "submit", "verify"):
        seller.move(verb, at=at, by="test")
    return seller


def test_what_moved_by_its_transitions_has_no_fault(platform: Platform, at: datetime) -> None:
    seller = verified(at)
    make_order(seller=seller, state="refunded")  # imported so: orders are born in whatever state the feed tells
    make_order(seller=seller, state="paid").move("ship", at=at, by="test")
    assert faults() == []


def test_a_state_set_by_hand_is_named(platform: Platform, at: datetime) -> None:
    seller, other = verified(at), verified(at)
    execute("UPDATE sellers_seller SET state = 'suspended' WHERE id = %s", seller.pk)
    assert faults() == [f"sellers.seller {seller.pk} is suspended; where its last move on record led: verified."]
    assert other.state == "verified"


def test_moving_it_on_by_its_transitions_does_not_hide_it(platform: Platform, at: datetime) -> None:
    seller = verified(at)
    execute("UPDATE sellers_seller SET state = 'suspended' WHERE id = %s", seller.pk)
    Seller.objects.get(pk=seller.pk).move("resume", at=at, by="test")
    assert Seller.objects.get(pk=seller.pk).state == "verified", "it stands where the log says"
    assert faults() == [
        f"sellers.seller {seller.pk} was moved by resume from suspended; the move before it had led to verified."
    ]


def test_what_never_moved_is_as_it_was_born(platform: Platform) -> None:
    demand = make_demand(state="open")
    before = faults()  # of the rows beneath it, which the factory wrote past the application
    execute("UPDATE repayment_demand SET state = 'breached' WHERE id = %s", demand.pk)
    found = [fault for fault in faults() if fault not in before]
    assert found == [f"repayment.demand {demand.pk} is breached; where its last move on record led: none."]


def test_a_row_that_came_past_the_application_is_named(platform: Platform) -> None:
    seller = make_seller()
    assert faults() == [f"sellers.seller {seller.pk} is verified; where its last move on record led: none."]
