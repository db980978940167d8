from django.db import migrations

from apps.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_settlement_files")]
    operations = [append_only("orders_settlement")]
