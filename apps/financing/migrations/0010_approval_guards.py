"""What the database itself holds of approvals: a frozen decision stays, a refusal has one to four reasons."""

from django.db import migrations

from apps.core.append_only import append_only

DECISION_STAYS = """
CREATE TRIGGER financing_application_decision_stays BEFORE UPDATE ON financing_application
    FOR EACH ROW WHEN (OLD.decision IS NOT NULL AND OLD.decision IS DISTINCT FROM NEW.decision)
    EXECUTE FUNCTION public.granary_append_only();
"""
ONE_TO_FOUR_REASONS = """
ALTER TABLE financing_application ADD CONSTRAINT application_refused_for_one_to_four_reasons CHECK (
    jsonb_typeof(reasons) = 'array' AND jsonb_typeof(cautions) = 'array'
    AND (state <> 'rejected' OR jsonb_array_length(reasons) BETWEEN 1 AND 4)
)
"""


class Migration(migrations.Migration):
    dependencies = [("financing", "0009_approvals")]
    operations = [
        migrations.RunSQL(
            DECISION_STAYS,
            reverse_sql="DROP TRIGGER financing_application_decision_stays ON financing_application",
        ),
        migrations.RunSQL(
            ONE_TO_FOUR_REASONS,
            reverse_sql="ALTER TABLE financing_application DROP CONSTRAINT application_refused_for_one_to_four_reasons",
        ),
        append_only("financing_remark"),
        append_only("financing_applicationfile"),
    ]
