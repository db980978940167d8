"""Lengths and minimums of a version have bounds. A draft beyond them could not be opened: it is brought within them.

New rows are bound from here on. Rows that are there are not looked at (NOT VALID): a platform may have a version in use
beyond the bounds, which nobody may change, and its upgrade shall not stop at it. The next migration sees to those.
"""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.operations import AddConstraintNotValid
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


def bring_drafts_within(apps: Any, editor: Any) -> None:
    """Terms that somebody agreed to are not touched: beyond these bounds nobody could."""
    drafts = apps.get_model("products", "ProductVersion").objects.filter(state="draft")
    for name, most in LONGEST.items():
        drafts.filter(**{f"{name}__gt": most}).update(**{name: most})
    drafts.filter(minimum_share__gt=0, minimum_share__lt=LEAST_SHARE).update(minimum_share=LEAST_SHARE)
    editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0018_techniques_have_names"),
    ]

    operations = [
        migrations.RunPython(bring_drafts_within, migrations.RunPython.noop),
        AddConstraintNotValid(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=Q(**{f"{name}__lte": most for name, most in LONGEST.items()}),
                name="product_version_days_within_bounds",
                violation_error_message="A length is at most 366 days, and repayment is expected within 1,830.",
            ),
        ),
        AddConstraintNotValid(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=Q(minimum_share=0) | Q(minimum_share__gte=LEAST_SHARE),
                name="product_version_minimum_asks_for_something",
                violation_error_message="A minimum is at least 0.002 of amount and fee, or 0 for none.",
            ),
        ),
    ]
