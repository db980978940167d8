"""Nothing of the table changes: the techniques have names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0017_withdrawals_of_income"),
    ]

    operations = [
        migrations.AlterField(
            model_name="financingproduct",
            name="technique",
            field=models.CharField(
                choices=[
                    ("sales", "Advance on sales"),
                    ("receivable", "Early payment"),
                    ("order", "Loan in instalments"),
                    ("receipt", "Loan on goods in store"),
                    ("payable", "Payment of suppliers"),
                ],
                max_length=12,
                verbose_name="technique",
            ),
        ),
    ]
