"""Prices have revisions, the moment they became known and the file they came in; commodities say how far a price is
believed. Prices that stand there already are taken as recorded now: nobody wrote down when."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("warehousing", "0002_database_guards")]
    operations = [
        migrations.CreateModel(
            name="Commodity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.SlugField(
                        help_text="As receipts and prices name it; USD for a currency.", max_length=40, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "max_price_age",
                    models.PositiveSmallIntegerField(
                        default=45,
                        help_text="In days. An older price is stale: it still counts, but lends nothing new and raises a break.",
                        verbose_name="maximum age of a price",
                    ),
                ),
                (
                    "largest_step",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("5"),
                        help_text="From one price to the next it may rise or fall by this factor; more waits for a person.",
                        max_digits=8,
                        validators=[django.core.validators.MinValueValidator(Decimal("1.01"))],
                    ),
                ),
                (
                    "bushel_kg",
                    models.DecimalField(
                        blank=True, decimal_places=8, max_digits=14, null=True, verbose_name="kilograms a bushel"
                    ),
                ),
                (
                    "bag_kg",
                    models.DecimalField(
                        blank=True, decimal_places=8, max_digits=14, null=True, verbose_name="kilograms a bag"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Goods are valued by it alone; empty: by any.",
                        max_length=60,
                        verbose_name="source that counts",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "commodities",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("largest_step__gt", 1)), name="commodity_step_is_factor"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("bushel_kg", None), ("bushel_kg__gt", 0), _connector="OR"),
                            models.Q(("bag_kg", None), ("bag_kg__gt", 0), _connector="OR"),
                        ),
                        name="commodity_weights_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("taken_in_at", models.DateTimeField()),
                (
                    "steps_accepted",
                    models.BooleanField(default=False, help_text="Prices landed however far they rose or fell."),
                ),
                ("told", models.PositiveIntegerField(default=0)),
                ("landed", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("by", models.CharField(max_length=80)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("sha256", "steps_accepted"), name="price_file_once")],
            },
        ),
        migrations.AlterField(
            model_name="commodityprice",
            name="price",
            field=models.DecimalField(decimal_places=10, max_digits=25),
        ),
        migrations.AddField(
            model_name="commodityprice",
            name="revision",
            field=models.PositiveSmallIntegerField(default=1, help_text="The highest of a date counts."),
        ),
        migrations.AddField(
            model_name="commodityprice",
            name="recorded_at",
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="commodityprice",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prices",
                to="warehousing.pricefile",
            ),
        ),
        migrations.RemoveConstraint(model_name="commodityprice", name="price_once_a_date"),
        migrations.AddConstraint(
            model_name="commodityprice",
            constraint=models.UniqueConstraint(
                fields=("commodity", "unit", "currency", "on", "source", "revision"), name="price_once_a_revision"
            ),
        ),
    ]
