"""The rows of a date added up by product and pool, for the dates that are made already too."""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.models
from apps.core.append_only import append_only

OF_DATES_MADE = """
INSERT INTO reconciliation_portfolioflow (day_id, product_id, pool_id, income, expected, collected)
SELECT day_id, product_id, pool_id, sum(fee_income + interest_income + penalty_income), sum(expected), sum(collected)
FROM reconciliation_portfoliorow GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0008_portfolio"),
    ]

    operations = [
        migrations.CreateModel(
            name="PortfolioFlow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "income",
                    apps.core.models.AmountField(
                        decimal_places=4, help_text="Fees, interest and penalties earned on the date.", max_digits=19
                    ),
                ),
                (
                    "expected",
                    apps.core.models.AmountField(
                        decimal_places=4, help_text="What the date should have brought in.", max_digits=19
                    ),
                ),
                (
                    "collected",
                    apps.core.models.AmountField(decimal_places=4, help_text="What it did.", max_digits=19),
                ),
                (
                    "day",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flows",
                        to="reconciliation.portfolioday",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.fundingpool",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.financingproduct",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "product", "pool"), name="portfolio_flow_once"),
                    models.CheckConstraint(condition=models.Q(("expected__gte", 0)), name="portfolio_flow_sensible"),
                ],
            },
        ),
        migrations.RunSQL(OF_DATES_MADE, migrations.RunSQL.noop),
        append_only("reconciliation_portfolioflow"),
    ]
