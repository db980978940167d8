"""Every night changes every live financing: pages that keep some room let PostgreSQL do it without touching indexes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("financing", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE financing_financing SET (fillfactor = 50)",
            "ALTER TABLE financing_financing RESET (fillfactor)",
        )
    ]
