"""The function behind every append-only table, once, where all platforms' triggers find it."""

from django.db import migrations

from apps.core.append_only import CREATE_FUNCTION


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunSQL(CREATE_FUNCTION, reverse_sql="DROP FUNCTION public.granary_append_only() CASCADE")]
