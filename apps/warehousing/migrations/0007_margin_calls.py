"""Enforcement of margin calls by two people, what was owed beside what goods were worth, and sales of goods."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import apps.core.models
from apps.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("banking", "0001_initial"),
        ("sellers", "0005_tax_numbers"),
        ("warehousing", "0006_pledging"),
    ]

    operations = [
        migrations.CreateModel(
            name="GoodsSale",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sold_on", models.DateField()),
                (
                    "price",
                    apps.core.models.AmountField(
                        decimal_places=4, help_text="What the buyer paid, as the bank's line says.", max_digits=19
                    ),
                ),
                (
                    "costs",
                    apps.core.models.AmountField(
                        decimal_places=4,
                        help_text="Of the sale, charged to the financing and paid from the price.",
                        max_digits=19,
                    ),
                ),
                ("currency", apps.core.models.CurrencyField(max_length=3)),
                (
                    "surplus",
                    apps.core.models.AmountField(
                        decimal_places=4, help_text="Beyond what was owed: the depositor's.", max_digits=19
                    ),
                ),
                ("buyer", models.CharField(max_length=140)),
                (
                    "to_pledgee",
                    models.BooleanField(default=False, help_text="The financier took title itself, at this price."),
                ),
                ("recorded_by", models.CharField(max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name="margincall",
            name="enforced_by",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="margincall",
            name="enforcement_asked_by",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="margincall",
            name="enforcement_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="pledge",
            name="outstanding",
            field=apps.core.models.AmountField(
                blank=True,
                decimal_places=4,
                help_text="What was owed at the last night's valuation.",
                max_digits=19,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="margincall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "enforcing"), _negated=True),
                    models.Q(
                        models.Q(("enforcement_asked_by", ""), _negated=True),
                        models.Q(("enforcement_reason", ""), _negated=True),
                        models.Q(("enforced_by", ""), _negated=True),
                        models.Q(("enforced_by", models.F("enforcement_asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="margin_call_enforced_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outstanding", None),
                    models.Q(("outstanding__gte", 0), ("valued_on__isnull", False)),
                    _connector="OR",
                ),
                name="pledge_outstanding_beside_value",
            ),
        ),
        migrations.AddField(
            model_name="goodssale",
            name="line",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="banking.bankline"
            ),
        ),
        migrations.AddField(
            model_name="goodssale",
            name="pledge",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="sale", to="warehousing.pledge"
            ),
        ),
        migrations.AddConstraint(
            model_name="goodssale",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("costs__gte", 0),
                    ("price__gt", 0),
                    ("surplus__gte", 0),
                    (
                        "price__gte",
                        django.db.models.expressions.CombinedExpression(models.F("costs"), "+", models.F("surplus")),
                    ),
                ),
                name="goods_sale_amounts_sensible",
            ),
        ),
        migrations.AddConstraint(
            model_name="goodssale",
            constraint=models.CheckConstraint(
                condition=models.Q(("buyer", ""), _negated=True), name="goods_sale_names_buyer"
            ),
        ),
        append_only("warehousing_goodssale"),
    ]
