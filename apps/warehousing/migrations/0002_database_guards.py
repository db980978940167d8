"""What the database itself holds about goods: published prices stay as they were, and a split adds up.

The check of a split waits for the end of the transaction, when the parent and all its children are written.
"""

from django.db import migrations

from apps.core.append_only import append_only

SPLIT_ADDS_UP = """
CREATE OR REPLACE FUNCTION public.granary_split_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent_key bigint := coalesce(NEW.parent_id, CASE WHEN NEW.state = 'split' THEN NEW.id END);
    adds_up boolean;
BEGIN
    IF parent_key IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'SELECT parent.state IN (''split'', ''frozen'') AND parent.weight = sum(child.weight)
                AND bool_and((child.warehouse_id, child.commodity, child.unit, child.lot)
                           = (parent.warehouse_id, parent.commodity, parent.unit, parent.lot))
           FROM %1$I.%2$I AS parent JOIN %1$I.%2$I AS child ON child.parent_id = parent.id
          WHERE parent.id = $1 GROUP BY parent.id',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO adds_up USING parent_key;
    IF adds_up IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of receipt % do not add up to it', parent_key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("warehousing", "0001_initial")]
    operations = [
        append_only("warehousing_commodityprice"),
        migrations.RunSQL(SPLIT_ADDS_UP, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE CONSTRAINT TRIGGER receipt_split_adds_up AFTER INSERT OR UPDATE ON warehousing_warehousereceipt "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.granary_split_adds_up()",
            "DROP TRIGGER receipt_split_adds_up ON warehousing_warehousereceipt",
        ),
    ]
