"""A platform's schema is the template's twin: nothing missing, and nothing in it leads out of it."""

from collections.abc import Callable

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from apps.ledger.models import Entry
from apps.tenants.models import TEMPLATE_SCHEMA, Platform
from apps.tenants.services import entered
from tests.factories import make_entry, make_record, make_seal, make_transition

CATALOGUE = {
    "tables": """
        SELECT relname, relkind::text, reloptions::text
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = %s AND relkind IN ('r', 'v', 'm', 'S', 'p')
    """,
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision,
               numeric_scale, is_nullable, column_default, is_identity, identity_generation
        FROM information_schema.columns WHERE table_schema = %s
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, condeferrable, condeferred, convalidated,
               pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace
        WHERE nspname = %s AND contype <> 'n'
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(pg_trigger.oid)
        FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = %s AND NOT tgisinternal
    """,
}


def catalogue(query: str, schema_name: str) -> set[tuple[object, ...]]:
    """The rows of `query`, with the schema's own name taken out of every definition."""
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = public")  # so that definitions name their schema
        cursor.execute(query, [schema_name])
        rows = cursor.fetchall()
    # PostgreSQL writes the same condition with other brackets each time it is read and made again.
    bare = str.maketrans("", "", "()")
    return {
        tuple(cell.replace(f"{schema_name}.", "").translate(bare) if isinstance(cell, str) else cell for cell in row)
        for row in rows
    }


@pytest.mark.parametrize("part", CATALOGUE)
def test_a_platform_has_what_the_template_has(two_platforms: tuple[Platform, Platform], part: str) -> None:
    template = catalogue(CATALOGUE[part], TEMPLATE_SCHEMA)
    assert len(template) > 5
    for platform in two_platforms:
        there = catalogue(CATALOGUE[part], platform.schema_name)
        assert there == template, f"missing: {template - there}; added: {there - template}"


def test_no_foreign_key_leads_out_of_its_platform(two_platforms: tuple[Platform, Platform]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT here.nspname, there.nspname, count(*) FROM pg_constraint
            JOIN pg_class AS one ON one.oid = conrelid JOIN pg_namespace AS here ON here.oid = one.relnamespace
            JOIN pg_class AS other ON other.oid = confrelid JOIN pg_namespace AS there ON there.oid = other.relnamespace
            WHERE contype = 'f' GROUP BY 1, 2
            """
        )
        counts = {(here, there): number for here, there, number in cursor.fetchall()}
    assert {here for here, _there in counts} >= {"meadow", "harbor", TEMPLATE_SCHEMA}
    assert all(here == there for here, there in counts)
    assert counts["meadow", "meadow"] == counts[TEMPLATE_SCHEMA, TEMPLATE_SCHEMA] > 50


def test_no_default_and_no_sequence_leads_out_of_its_platform(two_platforms: tuple[Platform, Platform]) -> None:
    """Every identity column draws from a sequence of its own schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('%I.%I', table_schema, table_name), column_name, table_schema,
                   pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name), column_default
            FROM information_schema.columns
            WHERE table_schema IN ('meadow', 'harbor') AND (is_identity = 'YES' OR column_default LIKE 'nextval%')
            """
        )
        rows = cursor.fetchall()
    assert len(rows) > 50
    for table, column, schema_name, sequence, default in rows:
        assert sequence.startswith(f"{schema_name}."), f"{table}.{column} draws from {sequence}"
        assert default is None, f"{table}.{column} has the default {default}"


def test_trigger_functions_are_shared_and_lie_in_the_public_schema(two_platforms: tuple[Platform, Platform]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT pronamespace::regnamespace::text FROM pg_trigger
            JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal
            """
        )
        assert cursor.fetchall() == [("public",)]


def test_the_template_holds_nothing_but_what_every_platform_starts_with(platform: Platform) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'template'::regnamespace AND relkind = 'r'")
        tables = [name for (name,) in cursor.fetchall()]
        filled = set()
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{TEMPLATE_SCHEMA}"."{table}")')
            if cursor.fetchone() == (True,):
                filled.add(table)
    assert filled == {"django_migrations", "django_content_type", "auth_permission"}


def test_keys_go_on_after_the_copied_rows(platform: Platform) -> None:
    highest = ContentType.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert ContentType.objects.create(app_label="test", model="test").pk > highest


def test_a_clone_is_append_only_where_the_template_is(fresh_platform: Callable[..., Platform]) -> None:
    with entered(fresh_platform().schema_name):
        for make in (make_entry, make_record, make_seal, make_transition):
            make()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                WHERE tgfoid = 'public.granary_append_only'::regproc AND relnamespace = current_schema()::regnamespace
                """
            )
            tables = {name for (name,) in cursor.fetchall()}
        assert tables >= {"ledger_entry", "ledger_posting", "evidence_record", "evidence_seal", "core_transition"}
        for table in tables:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(f"TRUNCATE {table} CASCADE")
        for table in ("ledger_entry", "ledger_posting", "evidence_record", "evidence_seal", "core_transition"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id + 1"):
                with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                    connection.cursor().execute(statement)
        assert Entry.objects.count() == 1


def test_a_clone_needs_no_migration(two_platforms: tuple[Platform, Platform]) -> None:
    call_command("migrate_schemas", schema_name="meadow", check_unapplied=True, verbosity=0)
