"""Versions that sellers agreed to before terms had bounds stay as they are, and say so.

Left to constraints that are merely not validated, such a version could never be retired (any change of the row is
checked), and a backup of its platform could not be put back (rows come in anew under the template's constraints). So
each such row says that it predates the bounds, and the constraints, true of every row, let those alone. Versions
nobody has agreed to yet are brought within the bounds; whoever approves one reads it as it stands.
"""

from decimal import Decimal
from typing import Any

from django.db import migrations, models
from django.db.models import Q

LONGEST = {
    "period_days": 366,
    "settlement_days": 366,
    "grace_days": 366,
    "offer_valid_days": 366,
    "near_breach_checks": 366,
    "expected_days": 1830,
}
LEAST_SHARE = Decimal("0.002")
AGREED = ["active", "retired"]
OLDER = Q(predates_bounds=True, state__in=AGREED)
DAYS = Q(**{f"{name}__lte": most for name, most in LONGEST.items()})
MINIMUM = Q(minimum_share=0) | Q(minimum_share__gte=LEAST_SHARE)


def mark_older(apps: Any, editor: Any) -> None:
    """The trigger that freezes terms rests meanwhile: of those in use only the mark changes."""
    versions = apps.get_model("products", "ProductVersion").objects.all()
    editor.execute("ALTER TABLE products_productversion DISABLE TRIGGER product_version_frozen")
    versions.filter(state__in=AGREED).exclude(DAYS & MINIMUM).update(predates_bounds=True)
    waiting = versions.exclude(state__in=AGREED)
    for name, most in LONGEST.items():
        waiting.filter(**{f"{name}__gt": most}).update(**{name: most})
    waiting.filter(minimum_share__gt=0, minimum_share__lt=LEAST_SHARE).update(minimum_share=LEAST_SHARE)
    editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    editor.execute("ALTER TABLE products_productversion ENABLE TRIGGER product_version_frozen")


class Migration(migrations.Migration):
    dependencies = [("products", "0020_buckets_of_a_product")]

    operations = [
        migrations.AddField(
            model_name="productversion",
            name="predates_bounds",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="In use since before terms had bounds: it may lie beyond them.",
            ),
        ),
        migrations.RemoveConstraint("productversion", "product_version_days_within_bounds"),
        migrations.RemoveConstraint("productversion", "product_version_minimum_asks_for_something"),
        migrations.RunPython(mark_older, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=OLDER | DAYS,
                name="product_version_days_within_bounds",
                violation_error_message="A length is at most 366 days, and repayment is expected within 1,830.",
            ),
        ),
        migrations.AddConstraint(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=OLDER | MINIMUM,
                name="product_version_minimum_asks_for_something",
                violation_error_message="A minimum is at least 0.002 of amount and fee, or 0 for none.",
            ),
        ),
    ]
