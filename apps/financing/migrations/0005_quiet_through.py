"""Financings to which nothing happens by themselves are closed in one statement. Platforms that were cloned before now
lack the room on their pages that 0002 gave the template: it is given again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("financing", "0004_plans_and_successors")]
    operations = [
        migrations.AddField(
            model_name="financing",
            name="quiet_through",
            field=models.DateField(
                blank=True,
                help_text="Through this date nothing happens to it by itself; empty: the night looks at it each day.",
                null=True,
            ),
        ),
        migrations.RunSQL("ALTER TABLE financing_financing SET (fillfactor = 50)", migrations.RunSQL.noop),
    ]
