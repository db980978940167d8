"""What the database itself holds about the books: one currency a posting, and nothing ever changed."""

from django.db import migrations

from apps.core.append_only import append_only

ONE_CURRENCY = """
ALTER TABLE ledger_posting
    ADD CONSTRAINT posting_entry_currency FOREIGN KEY (entry_id, currency) REFERENCES ledger_entry (id, currency),
    ADD CONSTRAINT posting_debit_currency FOREIGN KEY (debit_id, currency) REFERENCES ledger_account (id, currency),
    ADD CONSTRAINT posting_credit_currency FOREIGN KEY (credit_id, currency) REFERENCES ledger_account (id, currency);
"""
DROP_ONE_CURRENCY = """
ALTER TABLE ledger_posting
    DROP CONSTRAINT posting_entry_currency,
    DROP CONSTRAINT posting_debit_currency,
    DROP CONSTRAINT posting_credit_currency;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(ONE_CURRENCY, reverse_sql=DROP_ONE_CURRENCY),
        append_only("ledger_entry"),
        append_only("ledger_posting"),
    ]
