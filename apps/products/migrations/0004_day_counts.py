from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0003_collected"),
    ]

    operations = [
        migrations.AlterField(
            model_name="productversion",
            name="day_count",
            field=models.CharField(
                choices=[
                    ("ACT/360", "ACT/360"),
                    ("ACT/365F", "ACT/365F"),
                    ("ACT/ACT ISDA", "ACT/ACT ISDA"),
                    ("30/360 US", "30/360 US"),
                    ("30E/360", "30E/360"),
                ],
                default="ACT/365F",
                max_length=12,
                verbose_name="day count",
            ),
        ),
    ]
