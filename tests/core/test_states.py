"""State machines: only transitions move a state, each move is logged with it, and of two at once one wins."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.models import Transition
from apps.core.states import ConcurrentTransition, TransitionNotAllowed, log_birth, move_all
from apps.orders.models import Order
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_order, make_seller
from tests.threads import at_once


def log_of(row: Order | Seller) -> list[tuple[str, str, str, str, str]]:
    return list(Transition.of(row).values_list("verb", "source", "target", "by", "reason"))


def test_a_move_is_saved_and_logged_with_who_when_and_why(platform: Platform, at: datetime) -> None:
    order = make_order(state="paid")
    order.move("ship", at=at, by="feed:7", reason="first carrier scan")
    assert Order.objects.get(pk=order.pk).state == "shipped"
    assert log_of(order) == [("ship", "paid", "shipped", "feed:7", "first carrier scan")]
    assert Transition.of(order).get().at == at


def test_a_move_that_the_state_forbids_changes_and_logs_nothing(platform: Platform, at: datetime) -> None:
    order = make_order(state="paid")
    assert not order.can("settle")
    with pytest.raises(TransitionNotAllowed):
        order.move("settle", at=at, by="test")
    assert order.state == "paid"
    assert Order.objects.get(pk=order.pk).state == "paid"
    assert log_of(order) == []


def test_a_move_whose_condition_fails_changes_and_logs_nothing(platform: Platform, at: datetime) -> None:
    seller = make_seller(state="registered", identity_done=False)
    with pytest.raises(TransitionNotAllowed):
        seller.move("submit", at=at, by="test")
    assert Seller.objects.get(pk=seller.pk).state == "registered"
    assert log_of(seller) == []


def test_a_state_cannot_be_assigned(platform: Platform) -> None:
    order = make_order(state="paid")
    with pytest.raises(AttributeError, match="Direct state modification is not allowed"):
        order.state = "settled"


def test_the_database_knows_no_other_states(platform: Platform) -> None:
    order = make_order(state="paid")
    with pytest.raises(IntegrityError, match="order_state_known"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state="lost")


def test_a_stale_row_is_not_saved(platform: Platform, at: datetime) -> None:
    order = make_order(state="paid")
    stale = Order.objects.get(pk=order.pk)
    order.move("ship", at=at, by="test")
    stale.category = "late news"
    with pytest.raises(ConcurrentTransition), transaction.atomic():
        stale.save()
    with pytest.raises(ConcurrentTransition):
        stale.move("cancel", at=at, by="test")
    kept = Order.objects.get(pk=order.pk)
    assert (kept.state, kept.category) == ("shipped", "")
    assert [verb for verb, *_rest in log_of(order)] == ["ship"]


def test_a_move_whose_log_fails_is_undone(platform: Platform, at: datetime) -> None:
    order = make_order(state="paid")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_transition ADD CONSTRAINT no_more CHECK (verb <> 'ship')")
    with pytest.raises(IntegrityError, match="no_more"):
        order.move("ship", at=at, by="test")
    assert Order.objects.get(pk=order.pk).state == "paid"


def test_many_move_by_the_same_transitions(platform: Platform, at: datetime) -> None:
    seller = make_seller()
    orders = [make_order(seller=seller, state=state) for state in ("delivered", "partially_refunded", "refused")]
    move_all(orders, "close_return_window", at=at, by="night", reason="14 days")
    assert set(Order.objects.values_list("state", flat=True)) == {"completed"}
    assert [log_of(order) for order in orders] == [
        [("close_return_window", source, "completed", "night", "14 days")]
        for source in ("delivered", "partially_refunded", "refused")
    ]


def test_many_are_moved_in_two_statements(platform: Platform, at: datetime) -> None:
    seller = make_seller()
    orders = [make_order(seller=seller) for _number in range(20)]
    statements: list[str] = []

    def watch(execute: Callable[..., object], sql: object, *arguments: object) -> object:
        statements.append(str(sql))
        return execute(sql, *arguments)

    with connection.execute_wrapper(watch):
        move_all(orders, "ship", at=at, by="night")
    assert len([sql for sql in statements if "SAVEPOINT" not in sql]) == 1  # the UPDATE; COPY does not pass here
    assert Transition.objects.count() == 20


def test_many_move_together_or_not_at_all(platform: Platform, at: datetime) -> None:
    seller = make_seller()
    first, second = make_order(seller=seller), make_order(seller=seller)
    Order.objects.get(pk=second.pk).move("cancel", at=at, by="somebody")
    with pytest.raises(ConcurrentTransition, match="orders were moved by someone else"):
        move_all([first, second], "ship", at=at, by="night")
    assert Order.objects.get(pk=first.pk).state == "paid"
    assert Order.objects.get(pk=second.pk).state == "cancelled"
    assert log_of(first) == []
    assert [verb for verb, *_rest in log_of(second)] == ["cancel"]


def test_one_of_many_that_may_not_move_stops_all(platform: Platform, at: datetime) -> None:
    orders = [make_order(state="paid"), make_order(state="settled")]
    with pytest.raises(TransitionNotAllowed):
        move_all(orders, "ship", at=at, by="night")
    assert set(Order.objects.values_list("state", flat=True)) == {"paid", "settled"}
    assert not Transition.objects.exists()


def test_fields_that_the_caller_has_set_are_stored_with_the_state(platform: Platform, at: datetime) -> None:
    order = make_order(state="shipped")
    order.delivered_at = at
    move_all([order], "deliver", at=at, by="night", fields=["delivered_at"])
    kept = Order.objects.get(pk=order.pk)
    assert (kept.state, kept.delivered_at) == ("delivered", at)


def test_what_moved_in_bulk_can_be_moved_and_saved_on(platform: Platform, at: datetime) -> None:
    order = make_order(state="paid")
    move_all([order], "ship", at=at, by="night")
    order.move("deliver", at=at, by="feed:8")
    assert [verb for verb, *_rest in log_of(order)] == ["ship", "deliver"]


def test_a_birth_is_logged_with_the_state_at_birth(platform: Platform, at: datetime) -> None:
    seller = make_seller(state="invited")
    log_birth([seller], at=at, by="user:1", reason="on the list")
    assert log_of(seller) == [("create", "", "invited", "user:1", "on the list")]


def test_of_two_at_once_exactly_one_wins_a_hundred_times(fresh_platform: Callable[..., Platform], at: datetime) -> None:
    name = fresh_platform().schema_name
    with entered(name):
        seller = make_seller()
        orders = [make_order(seller=seller) for _number in range(100)]

    def race(verb: str) -> list[str]:
        """Read all orders first, then try to move each: whoever comes second holds a stale one."""
        rows = list(Order.objects.order_by("pk"))
        won = []
        for row in rows:
            try:
                row.move(verb, at=at, by=verb)
                won.append(row.external_id)
            except ConcurrentTransition:
                continue
        return won

    shipped, cancelled = at_once(name, [lambda: race("ship"), lambda: race("cancel")])
    with entered(name):
        assert sorted(shipped + cancelled) == sorted(order.external_id for order in orders)
        assert Transition.objects.count() == 100
        for order in Order.objects.all():
            expected = "shipped" if order.external_id in shipped else "cancelled"
            assert order.state == expected
            assert [target for _verb, _source, target, *_rest in log_of(order)] == [expected]


def test_of_two_bulk_moves_at_once_one_wins_whole(fresh_platform: Callable[..., Platform], at: datetime) -> None:
    name = fresh_platform().schema_name
    with entered(name):
        seller = make_seller()
        for _number in range(50):
            make_order(seller=seller)
        first, second = list(Order.objects.order_by("pk")), list(Order.objects.order_by("pk"))
    answers = at_once(
        name,
        [
            lambda: move_all(first, "ship", at=at, by="one"),
            lambda: move_all(second, "cancel", at=at, by="other"),
        ],
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["ConcurrentTransition", "NoneType"]
    with entered(name):
        assert Order.objects.values("state").distinct().count() == 1
        assert Transition.objects.count() == 50
