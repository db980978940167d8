from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_registry"),
    ]

    operations = [
        migrations.AddField(
            model_name="platform",
            name="signed_as",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The name in its seals, when restored under another one.",
                max_length=63,
            ),
        ),
    ]
