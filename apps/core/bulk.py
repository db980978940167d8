"""Rows in and out of PostgreSQL in bulk: COPY for what is new, one UPDATE for what changed."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from psycopg import sql

Row = Sequence[Any]
M = TypeVar("M", bound=models.Model)


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Append `rows` to the table of `model` by COPY, in the running transaction; returns how many.

    `columns` are database column names; database defaults fill the rest. Constraints and triggers hold as for INSERT,
    and a broken one raises Django's IntegrityError.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    # Django wraps the errors of execute() only; a broken constraint must look the same whichever way a row comes.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            written += 1
    return written


def copy_instances(instances: Sequence[M]) -> None:
    """Append new model instances by COPY, giving each its primary key from the table's sequence.

    All or none; instances of one model. Constraints and triggers hold as for INSERT.
    """
    if not instances:
        return
    model = type(instances[0])
    fields = model._meta.concrete_fields
    for instance, key in zip(instances, next_ids(model, len(instances)), strict=True):
        instance.pk = key
    copy_rows(
        model,
        [str(field.column) for field in fields],
        ([_prepared(field, instance) for field in fields] for instance in instances),
    )
    for instance in instances:
        instance._state.adding = False


def next_ids(model: type[models.Model], number: int) -> list[int]:
    """`number` fresh primary keys from the identity sequence of `model`."""
    with connection.cursor() as cursor:
        cursor.execute(
            # The sequence is looked up once, not for every key.
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', model._meta.pk.column, number],
        )
        return [key for (key,) in cursor.fetchall()]


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Row], *, guards: Sequence[str] = ()
) -> int:
    """Set `columns` of many rows in one statement and return how many rows changed.

    Each row holds the primary key, then the new value of each column, then the value that each column of `guards` must
    still have: a row whose guard no longer holds is left alone, so the caller compares the count.
    """
    if not rows:
        return 0
    key = model._meta.pk
    fields = [key, *(_field(model, column) for column in (*columns, *guards))]
    names = ["key", *(f"new_{column}" for column in columns), *(f"old_{column}" for column in guards)]
    table = sql.Identifier(model._meta.db_table)
    statement = sql.SQL("UPDATE {table} SET {changes} FROM unnest({arrays}) AS data({names}) WHERE {match}").format(
        table=table,
        changes=sql.SQL(", ").join(
            sql.SQL("{} = data.{}").format(sql.Identifier(column), sql.Identifier(f"new_{column}"))
            for column in columns
        ),
        arrays=sql.SQL(", ").join(sql.SQL("%s::" + _array_type(field)) for field in fields),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        match=sql.SQL(" AND ").join(
            [
                # Plain equality for the key: IS NOT DISTINCT FROM cannot use its index.
                sql.SQL("{}.{} = data.key").format(table, sql.Identifier(str(key.column))),
                *(
                    sql.SQL("{}.{} IS NOT DISTINCT FROM data.{}").format(
                        table, sql.Identifier(column), sql.Identifier(f"old_{column}")
                    )
                    for column in guards
                ),
            ]
        ),
    )
    with connection.cursor() as cursor:
        columns_of_values = zip(*rows, strict=True)
        cursor.execute(
            statement, [_array(field, values) for field, values in zip(fields, columns_of_values, strict=True)]
        )
        return int(cursor.rowcount)


def check_now() -> None:
    """Check the foreign keys of what was written so far, which otherwise waits for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _field(model: type[models.Model], column: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.column == column)


def _array_type(field: models.Field[Any, Any]) -> str:
    column_type = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return f"{(column_type or 'text').partition('(')[0]}[]"


def _array(field: models.Field[Any, Any], values: Row) -> list[Any] | str:
    """An array parameter. Numbers and dates need no quoting, and as a literal they are three times as fast."""
    if isinstance(field, models.IntegerField | models.DecimalField | models.DateField | models.BooleanField):
        return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
    return [field.get_db_prep_value(value, connection) for value in values]


def _prepared(field: models.Field[Any, Any], instance: models.Model) -> Any:
    value = field.pre_save(instance, add=True)
    if isinstance(value, DatabaseDefault):  # COPY takes values, so what the database would fill in is named
        value = value.expression.value  # type: ignore[attr-defined]  # missing in the stubs
    return field.get_db_prep_save(value, connection)
