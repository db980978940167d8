"""A piece says when it was done, which is the night's heartbeat too."""

from django.db import migrations, models

CARRY_OVER = """
UPDATE reconciliation_nightlychunk AS chunk SET done_at = coalesce(run.ended_at, run.started_at, now())
FROM reconciliation_nightlyrun AS run WHERE run.id = chunk.run_id AND chunk.is_done
"""


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0001_initial")]
    operations = [
        migrations.AddField("nightlychunk", "done_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RemoveIndex("nightlychunk", "chunk_waiting"),
        migrations.RemoveField("nightlychunk", "is_done"),
        migrations.RemoveField("nightlyrun", "heartbeat_at"),
        migrations.AddIndex(
            "nightlychunk",
            models.Index(condition=models.Q(("done_at", None)), fields=["run", "phase", "id"], name="chunk_waiting"),
        ),
    ]
