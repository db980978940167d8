"""What the database itself holds about custody.

- Who has the role of a warehouse operator works in exactly one warehouse, nobody else in any, and that never changes.
- The paper that takes a lost one's place is for the same goods, and the lost one is void.
- Goods that somebody holds in pledge do not leave: not by delivery, split, replacement or cancellation.
- Nobody counts what they vouched for, or on their own order.
- Papers and attachments stay as they were made.

Checks over several rows wait for the end of the transaction, when all of them are written.
"""

from django.db import migrations

from apps.core.append_only import append_only

FUNCTIONS = """
CREATE OR REPLACE FUNCTION public.granary_operator_has_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    user_key bigint := CASE TG_TABLE_NAME WHEN 'users_user' THEN (to_jsonb(NEW) ->> 'id')::bigint
                                          ELSE (to_jsonb(NEW) ->> 'user_id')::bigint END;
    matches boolean;
BEGIN
    EXECUTE format(
        'SELECT (person.role = ''warehouse'')
                = EXISTS (SELECT FROM %1$I.warehousing_operator AS operator WHERE operator.user_id = person.id)
           FROM %1$I.users_user AS person WHERE person.id = $1',
        TG_TABLE_SCHEMA
    ) INTO matches USING user_key;
    IF matches IS FALSE THEN
        RAISE EXCEPTION 'user % must have the role of an operator and one warehouse, or neither', user_key
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION public.granary_replacement_is_the_same() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_same boolean;
BEGIN
    IF NEW.replaces_id IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'SELECT old.state = ''replaced''
                AND (old.warehouse_id, old.commodity, old.unit, old.lot, old.grade, old.weight)
                  = (new.warehouse_id, new.commodity, new.unit, new.lot, new.grade, new.weight)
           FROM %1$I.%2$I AS old JOIN %1$I.%2$I AS new ON new.replaces_id = old.id WHERE new.id = $1',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO is_same USING NEW.id;
    IF is_same IS NOT TRUE THEN
        RAISE EXCEPTION 'receipt % is not for the goods of the one that it replaces', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION public.granary_pledged_goods_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_held boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %1$I.warehousing_warehousereceipt AS receipt
                          JOIN %1$I.warehousing_pledgedreceipt AS held ON held.receipt_id = receipt.id
                         WHERE receipt.id = $1 AND held.released_on IS NULL
                           AND receipt.state IN (''delivered'', ''split'', ''replaced'', ''cancelled''))',
        TG_TABLE_SCHEMA
    ) INTO is_held USING NEW.id;
    IF is_held THEN
        RAISE EXCEPTION 'receipt % is held in pledge', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION public.granary_counted_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    inspector text := 'user:' || NEW.inspector_id;
    issued_it boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %1$I.warehousing_warehousereceipt
                         WHERE warehouse_id = $1 AND lot = $2 AND issued_by = $3)',
        TG_TABLE_SCHEMA
    ) INTO issued_it USING NEW.warehouse_id, NEW.lot, inspector;
    IF issued_it OR NEW.assigned_by = inspector THEN
        RAISE EXCEPTION '% must not count lot %: they issued its receipt or gave the task', inspector, NEW.lot
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DEFERRED = {
    "operator_has_role": ("warehousing_operator", "INSERT OR UPDATE", "granary_operator_has_role"),
    "user_is_operator": ("users_user", "INSERT OR UPDATE OF role", "granary_operator_has_role"),
    "replacement_is_the_same": (
        "warehousing_warehousereceipt", "INSERT OR UPDATE", "granary_replacement_is_the_same",
    ),
    "pledged_goods_stay": (
        "warehousing_warehousereceipt", "INSERT OR UPDATE OF state", "granary_pledged_goods_stay",
    ),
}  # fmt: skip


def deferred(name: str, table: str, events: str, function: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.{function}()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("warehousing", "0004_custody"), ("users", "0002_warehouse_role")]
    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        *(deferred(name, *rest) for name, rest in DEFERRED.items()),
        migrations.RunSQL(
            "CREATE TRIGGER inspection_by_another BEFORE INSERT OR UPDATE OF inspector_id, warehouse_id, lot "
            "ON warehousing_inspection FOR EACH ROW EXECUTE FUNCTION public.granary_counted_by_another()",
            "DROP TRIGGER inspection_by_another ON warehousing_inspection",
        ),
        append_only("warehousing_operator"),
        append_only("warehousing_attachment"),
        append_only("warehousing_receiptpaper"),
    ]
