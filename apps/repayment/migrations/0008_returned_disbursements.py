from django.db import migrations, models


class Migration(migrations.Migration):
    """A movement and an event of its own for a disbursement that the bank gave back."""

    dependencies = [("repayment", "0007_relief_requests")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("payment", "Payment"),
                    ("reversal", "Reversal"),
                    ("refund", "Refund"),
                    ("waiver", "Waiver"),
                    ("charge", "Charge"),
                    ("rate", "Rate"),
                    ("pause", "Pause"),
                    ("resume", "Resume"),
                    ("lower_share", "Lower Share"),
                    ("due_date", "Due Date"),
                    ("write_off", "Write Off"),
                    ("recovery", "Recovery"),
                    ("chargeback", "Chargeback"),
                    ("reschedule", "Reschedule"),
                    ("restructure", "Restructure"),
                    ("carried", "Carried"),
                    ("refill", "Refill"),
                    ("returned", "Returned"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("disbursement", "Disbursement"),
                    ("accrual", "Accrual"),
                    ("sweep", "Sweep"),
                    ("payment", "Payment"),
                    ("waiver", "Waiver"),
                    ("charge", "Charge"),
                    ("write_off", "Write Off"),
                    ("refund", "Refund"),
                    ("penalty", "Penalty"),
                    ("rebate", "Rebate"),
                    ("refill", "Refill"),
                    ("restructure", "Restructure"),
                    ("carried", "Carried"),
                    ("returned", "Returned"),
                ],
                max_length=12,
            ),
        ),
    ]
