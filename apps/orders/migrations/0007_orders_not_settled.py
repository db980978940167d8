"""Orders whose money stays away are found by the day on which they arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_file_lines")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("settled_on", None), ("state__in", ["delivered", "completed"])),
                fields=["delivered_at"],
                name="order_not_settled",
            ),
        )
    ]
