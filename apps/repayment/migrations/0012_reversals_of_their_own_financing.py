"""The database itself holds that an event takes back only what was done to the same financing."""

from django.db import migrations

OF_ONE_FINANCING = """
ALTER TABLE repayment_event ADD CONSTRAINT event_of_its_financing UNIQUE (id, financing_id);
ALTER TABLE repayment_event ADD CONSTRAINT event_reverses_its_own
    FOREIGN KEY (reverses_id, financing_id) REFERENCES repayment_event (id, financing_id);
"""
DROP = """
ALTER TABLE repayment_event DROP CONSTRAINT event_reverses_its_own;
ALTER TABLE repayment_event DROP CONSTRAINT event_of_its_financing;
"""


class Migration(migrations.Migration):
    dependencies = [("repayment", "0011_births_of_decided_demands")]
    operations = [migrations.RunSQL(OF_ONE_FINANCING, reverse_sql=DROP)]
