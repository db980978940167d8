"""COPY in, one UPDATE: what is written is what single saves would have written."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import bulk
from apps.orders.models import Order
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_assessment, make_order, make_seller

D = Decimal


def test_instances_are_copied_with_all_their_values(platform: Platform, at: datetime, day: date) -> None:
    seller = make_seller()
    assessments = [
        Assessment(
            seller=seller,
            business_date=day - timedelta(days=number),
            scorecard="points-1",
            score=600 + number,
            grade="",
            default_probability=D("0.0312"),
            limit=D("1234.5600"),
            currency="CNY",
            features={"text": 'quoted " and \\ and tab\t', "list": [1, None, "果园"]},
            reasons=[],
        )
        for number in range(3)
    ]
    bulk.copy_instances(assessments)
    for made in assessments:
        kept = Assessment.objects.get(pk=made.pk)
        for field in Assessment._meta.concrete_fields:
            assert getattr(kept, field.attname) == getattr(made, field.attname), field.name
    assert not assessments[0]._state.adding


def test_text_that_copy_could_stumble_over_arrives_whole(platform: Platform) -> None:
    names = ["tab\there", "back\\slash", "line\nbreak", "\\N", "", "' OR 1=1; --", "杨梅 & Söhne €", "\\."]
    rows = [(f"S{number}", name, date(2025, 1, 1), "CNY") for number, name in enumerate(names)]
    template = make_seller(external_id="template")
    sellers = [
        Seller(**{**_values(template), "external_id": external_id, "name": name, "payout_account_id": None})
        for external_id, name, _joined, _currency in rows
    ]
    bulk.copy_instances(sellers)
    kept = dict(Seller.objects.exclude(external_id="template").values_list("external_id", "name"))
    assert kept == {f"S{number}": name for number, name in enumerate(names)}


def _values(row: Seller) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def test_constraints_hold_for_copy_and_nothing_of_the_batch_stays(platform: Platform) -> None:
    good = make_seller()
    again = Seller(**{**_values(good), "external_id": "new"})
    same = Seller(**_values(good))
    with pytest.raises(IntegrityError, match="external_id"), transaction.atomic():
        bulk.copy_instances([again, same])
    assert list(Seller.objects.all()) == [good]


def test_foreign_keys_hold_for_copy(platform: Platform) -> None:
    orphan = make_assessment()
    values = {
        field.attname: getattr(orphan, field.attname) for field in orphan._meta.concrete_fields if field.name != "id"
    }

    def copy_at_once_checked() -> None:
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        bulk.copy_instances([Assessment(**{**values, "seller_id": 999_999})])

    with pytest.raises(IntegrityError, match="seller_id"), transaction.atomic():
        copy_at_once_checked()


def test_keys_come_from_the_sequence_and_single_saves_go_on_after_them(platform: Platform) -> None:
    keys = bulk.next_ids(Seller, 5)
    assert keys == sorted(set(keys))
    assert len(keys) == 5
    assert make_seller().pk > max(keys)


def test_many_rows_are_updated_in_one_statement(platform: Platform, at: datetime) -> None:
    sellers = [make_seller() for _number in range(5)]
    rows = [(seller.pk, D("-12.3400"), at + timedelta(days=1), f"Name, \"{seller.pk}\" {{}} 'x'") for seller in sellers]
    columns = ["balance", "user_id", "name"]
    with CaptureQueriesContext(connection) as queries:
        assert bulk.update_rows(Seller, columns, [(pk, amount, None, name) for pk, amount, _at, name in rows]) == 5
    assert len(queries) == 1
    for pk, amount, _at, name in rows:
        kept = Seller.objects.get(pk=pk)
        assert (kept.balance, kept.user_id, kept.name) == (amount, None, name)


def test_instants_dates_and_truth_values_survive_an_update(platform: Platform, at: datetime, day: date) -> None:
    order = make_order()
    delivered = at.replace(microsecond=123456)
    assert bulk.update_rows(Order, ["delivered_at", "settled_on", "flagged"], [(order.pk, delivered, day, True)]) == 1
    kept = Order.objects.get(pk=order.pk)
    assert (kept.delivered_at, kept.settled_on, kept.flagged) == (delivered, day, True)
    assert bulk.update_rows(Order, ["delivered_at", "settled_on", "flagged"], [(order.pk, None, None, False)]) == 1
    kept.refresh_from_db()
    assert (kept.delivered_at, kept.settled_on, kept.flagged) == (None, None, False)


def test_json_survives_an_update(platform: Platform) -> None:
    assessment = make_assessment()
    features = {"a,b": ['{"', "}", None, "果"]}
    assert bulk.update_rows(Assessment, ["features"], [(assessment.pk, features)]) == 1
    assert Assessment.objects.get(pk=assessment.pk).features == features


def test_a_row_whose_guard_no_longer_holds_is_left_alone(platform: Platform) -> None:
    kept, moved = make_seller(balance=D("1.00")), make_seller(balance=D("2.00"))
    rows = [(kept.pk, "new name", D("1.00")), (moved.pk, "new name", D("1.00"))]
    assert bulk.update_rows(Seller, ["name"], rows, guards=["balance"]) == 1
    assert Seller.objects.get(pk=kept.pk).name == "new name"
    assert Seller.objects.get(pk=moved.pk).name == "Lin Orchards"


def test_an_empty_guard_matches_an_empty_column(platform: Platform, day: date) -> None:
    order = make_order(settled_on=None)
    assert bulk.update_rows(Order, ["settled_on"], [(order.pk, day, None)], guards=["settled_on"]) == 1
    assert bulk.update_rows(Order, ["settled_on"], [(order.pk, None, None)], guards=["settled_on"]) == 0
    assert Order.objects.get(pk=order.pk).settled_on == day


def test_nothing_to_write_is_nothing_written(platform: Platform, django_assert_num_queries: object) -> None:
    with CaptureQueriesContext(connection) as queries:
        bulk.copy_instances([])
        assert bulk.update_rows(Seller, ["name"], []) == 0
    assert len(queries) == 0


def test_an_update_finds_its_rows_by_their_index(platform: Platform) -> None:
    """A guard may be empty and so needs IS NOT DISTINCT FROM; the key never is, and must use its index."""
    with CaptureQueriesContext(connection) as queries:
        bulk.update_rows(Seller, ["name"], [(1, "x", "y")], guards=["name"])
    sql = queries[-1]["sql"]
    assert '"sellers_seller"."id" = data.key' in sql
    assert '"sellers_seller"."name" IS NOT DISTINCT FROM data."old_name"' in sql
