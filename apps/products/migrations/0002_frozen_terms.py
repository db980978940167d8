"""The database refuses to change the terms of a version that is no draft any more."""

from django.db import migrations

FREEZE = """
CREATE OR REPLACE FUNCTION public.granary_frozen_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft'
       AND to_jsonb(NEW) - '{state,approved_by}'::text[] <> to_jsonb(OLD) - '{state,approved_by}'::text[] THEN
        RAISE EXCEPTION 'the terms of a version are frozen once it leaves draft: make a new version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [
        migrations.RunSQL(FREEZE, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE TRIGGER product_version_frozen BEFORE UPDATE ON products_productversion "
            "FOR EACH ROW EXECUTE FUNCTION public.granary_frozen_terms()",
            "DROP TRIGGER product_version_frozen ON products_productversion",
        ),
    ]
