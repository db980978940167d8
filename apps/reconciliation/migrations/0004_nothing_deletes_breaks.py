"""What was once unexplained stays on record: breaks, what was suggested, said and cleared, and the rules of the day."""

from django.db import migrations

from apps.core.append_only import CREATE_NO_DELETE, append_only, no_delete


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0003_breaks_are_worked")]
    operations = [
        migrations.RunSQL(CREATE_NO_DELETE, migrations.RunSQL.noop),
        append_only("reconciliation_breaknote"),
        *map(
            no_delete,
            (
                "reconciliation_break",
                "reconciliation_suggestion",
                "reconciliation_clearing",
                "reconciliation_rulebook",
            ),
        ),
    ]
