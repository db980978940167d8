"""A plan is how instalments are repaid; what minimum periods ask for is called by its own name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("financing", "0006_amount_in_mind")]
    operations = [migrations.RenameField(model_name="financing", old_name="plan", new_name="minimums")]
