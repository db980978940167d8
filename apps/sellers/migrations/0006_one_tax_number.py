"""The number that joining collects is the one that tells a seller's goods from others'."""

from django.db import migrations

# What staff had entered for a seller who never told a number themselves stays known.
KEEP = """
INSERT INTO sellers_particulars (seller_id, legal_form, legal_name, number_kind, number, shop_number)
SELECT id, '', name, 'unchecked', left(tax_id, 34), '' FROM sellers_seller WHERE tax_id <> ''
ON CONFLICT (seller_id) DO UPDATE SET number_kind = excluded.number_kind, number = excluded.number
    WHERE sellers_particulars.number = ''
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sellers", "0005_tax_numbers"),
    ]

    operations = [
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="seller", name="tax_id"),
    ]
