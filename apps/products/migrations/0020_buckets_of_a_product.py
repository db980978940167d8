"""A product sets its own ranges of days late. Versions that are there keep the four that counted so far."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

import apps.products.lateness

# Of the array's eight places those beyond its end hold NULL, and compare to it, which a constraint lets pass.
RISING = """
ALTER TABLE products_productversion ADD CONSTRAINT product_version_buckets_rise CHECK (
    array_ndims(bucket_ends) = 1 AND array_lower(bucket_ends, 1) = 1 AND cardinality(bucket_ends) BETWEEN 1 AND 8
    AND (1 <= ALL (bucket_ends)) IS TRUE AND (3650 >= ALL (bucket_ends)) IS TRUE
    AND bucket_ends[1] < bucket_ends[2] AND bucket_ends[2] < bucket_ends[3] AND bucket_ends[3] < bucket_ends[4]
    AND bucket_ends[4] < bucket_ends[5] AND bucket_ends[5] < bucket_ends[6] AND bucket_ends[6] < bucket_ends[7]
    AND bucket_ends[7] < bucket_ends[8]
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0019_terms_within_bounds"),
    ]

    operations = [
        migrations.AddField(
            model_name="productversion",
            name="bucket_ends",
            field=ArrayField(
                base_field=models.IntegerField(),
                db_default=[30, 60, 90],
                default=apps.products.lateness.default_bucket_ends,
                help_text="The last day of each, with commas: 30, 60, 90 makes 1-30, 31-60, 61-90 and 90+. Staff and "
                "financiers see them; contracts do not name them.",
                size=None,
                verbose_name="buckets of days late",
            ),
        ),
        migrations.RunSQL(RISING, "ALTER TABLE products_productversion DROP CONSTRAINT product_version_buckets_rise"),
    ]
