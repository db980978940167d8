"""Migration operations by which the database itself refuses to change or delete rows."""

from django.db import migrations

CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION public.granary_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it by adding a reversal', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


CREATE_NO_DELETE = """
CREATE OR REPLACE FUNCTION public.granary_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never deleted from', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def no_delete(table: str) -> migrations.RunSQL:
    """Refuse DELETE and TRUNCATE on `table`, whose rows move on but stay. Its migration runs CREATE_NO_DELETE first."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION public.granary_no_delete();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION public.granary_no_delete();
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_no_delete ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        """,
    )


def append_only(table: str) -> migrations.RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on `table`, whoever asks."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION public.granary_append_only();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION public.granary_append_only();
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        """,
    )


def fixed_columns(table: str, *columns: str) -> migrations.RunSQL:
    """Refuse DELETE and TRUNCATE on `table`, and any UPDATE that changes one of `columns`: the others may move on."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION public.granary_append_only();
        CREATE TRIGGER {table}_fixed_columns BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION public.granary_append_only();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION public.granary_append_only();
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_fixed_columns ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        """,
    )
