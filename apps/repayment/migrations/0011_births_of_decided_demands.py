"""Demands that a night raised and decided at once came into being without a line in the log of moves: they get one."""

from django.db import migrations

LOG = """
INSERT INTO core_transition (model, object_id, verb, source, target, by, reason, at)
SELECT 'repayment.demand', id, 'create', '', state, 'upgrade', 'was decided in the night that raised it', now()
FROM repayment_demand AS demand
WHERE state <> 'open' AND NOT EXISTS (
    SELECT FROM core_transition WHERE model = 'repayment.demand' AND object_id = demand.id
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_exports"),
        ("repayment", "0010_events_keep_what_was_asked"),
    ]
    operations = [migrations.RunSQL(LOG, migrations.RunSQL.noop)]
