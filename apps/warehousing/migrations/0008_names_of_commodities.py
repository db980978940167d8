"""Names of commodities in Chinese."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("warehousing", "0007_margin_calls")]

    operations = [
        migrations.AddField(
            model_name="commodity",
            name="name_zh",
            field=models.CharField(blank=True, max_length=120, verbose_name="name in Chinese"),
        ),
    ]
