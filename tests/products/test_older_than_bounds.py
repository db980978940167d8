"""A platform with versions beyond the bounds that came later is upgraded: it does not stop, and new ones are bound."""

from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django_tenants.utils import schema_context

from apps.products.models import ProductVersion
from apps.products.services import new_version, save_draft
from apps.tenants.models import Platform
from tests.factories import AT, make_product_version

D = Decimal
FAR = (("expected_days", 4000, "days_within_bounds"), ("minimum_share", D("0.001"), "asks_for_something"))
BEYOND = """
    ALTER TABLE products_productversion DISABLE TRIGGER product_version_frozen;
    UPDATE products_productversion SET expected_days = 4000, minimum_share = 0.001 WHERE id = ANY(%s);
    ALTER TABLE products_productversion ENABLE TRIGGER product_version_frozen;
"""
VALID = "SELECT convalidated FROM pg_constraint WHERE conrelid = 'products_productversion'::regclass AND contype = 'c'"


def test_what_is_in_use_stays_and_what_is_new_is_bound(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    with schema_context(platform.schema_name):
        far = {state: make_product_version(state=state).pk for state in ("active", "retired", "in_review", "draft")}
        near = make_product_version(expected_days=90).pk
    call_command("migrate_schemas", "products", "0018", schema_name=platform.schema_name, verbosity=0)
    with schema_context(platform.schema_name), connection.cursor() as cursor:
        cursor.execute(BEYOND, [list(far.values())])
    said = StringIO()
    call_command("prepare", stdout=said)
    assert "Meadow: 3 migrations applied" in said.getvalue()
    with schema_context(platform.schema_name):
        rows = {one.pk: one for one in ProductVersion.objects.all()}
        stands = {state: (rows[key].expected_days, rows[key].minimum_share) for state, key in far.items()}
        assert stands == {
            "active": (4000, D("0.001")), "retired": (4000, D("0.001")), "in_review": (1830, D("0.002")),
            "draft": (1830, D("0.002")),
        }  # fmt: skip
        assert {key for key, one in rows.items() if one.predates_bounds} == {far["active"], far["retired"]}
        assert (rows[near].expected_days, rows[near].state) == (90, "active")
        with connection.cursor() as cursor:
            cursor.execute(VALID)
            assert {valid for (valid,) in cursor.fetchall()} == {True}, "so that a backup can be put back"
        _new_ones_are_bound(rows[far["active"]])


def _new_ones_are_bound(older: ProductVersion) -> None:
    for state in ("draft", "active"):
        for name, value, says in FAR:
            with pytest.raises(IntegrityError, match=says), transaction.atomic():
                make_product_version(state=state, **{name: value})
    with pytest.raises(IntegrityError, match="days_within_bounds"), transaction.atomic():
        make_product_version(state="draft", predates_bounds=True, expected_days=4000)
    with pytest.raises(DatabaseError, match="frozen once it leaves draft"), transaction.atomic():
        ProductVersion.objects.filter(pk=older.pk).update(expected_days=3999)
    with pytest.raises(DatabaseError, match="frozen once it leaves draft"), transaction.atomic():
        ProductVersion.objects.filter(state="active", predates_bounds=False).update(predates_bounds=True)
    draft = new_version(product_id=older.product_id, at=AT, by="user:1")
    assert (draft.expected_days, draft.minimum_share, draft.predates_bounds) == (1830, D("0.002"), False)
    save_draft(version=draft, changed=[], at=AT, by="user:1")
    older.move("retire", at=AT, by="user:2", reason="replaced")
    assert ProductVersion.objects.get(pk=older.pk).state == "retired"
