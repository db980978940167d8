from django.db import migrations

from apps.core.append_only import append_only, fixed_columns


class Migration(migrations.Migration):
    dependencies = [("banking", "0002_statement_files")]
    operations = [
        append_only("banking_statementfile"),
        append_only("banking_statemententry"),
        append_only("banking_groupedpayment"),
        append_only("banking_paymentanswer"),
        fixed_columns(
            "banking_bankstatement",
            "file_id", "position", "kind", "account_id", "number_key", "digest", "currency", "opening", "closing",
            "net", "adds_up", "difference", "entry_count",
        ),
        fixed_columns(
            "banking_bankline",
            "purpose", "booked_on", "amount", "currency", "reference", "text", "key", "entry_id",
        ),
    ]  # fmt: skip
