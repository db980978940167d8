"""The database's own word on a seller's payout account: while a change is open nothing is paid out, and the account of
a seller who was let in becomes another only by a change that two people have checked."""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION public.granary_payout_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stands_in_the_way boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I.sellers_payoutchange WHERE seller_id = $1 AND state IN (''asked'', ''checked_once''))',
        TG_TABLE_SCHEMA) INTO stands_in_the_way USING NEW.id;
    IF stands_in_the_way AND NOT NEW.payout_frozen THEN
        RAISE EXCEPTION 'payouts of seller % wait until the changed account is decided', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.payout_account_id IS DISTINCT FROM OLD.payout_account_id AND OLD.state IN ('verified', 'suspended') THEN
        EXECUTE format(
            'SELECT NOT EXISTS (SELECT FROM %I.sellers_payoutchange
                WHERE seller_id = $1 AND account_id = $2 AND state = ''in_force'')',
            TG_TABLE_SCHEMA) INTO stands_in_the_way USING NEW.id, NEW.payout_account_id;
        IF stands_in_the_way THEN
            RAISE EXCEPTION 'the payout account of seller % changes only when two people have checked it', NEW.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION public.granary_payout_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_paid boolean;
BEGIN
    EXECUTE format('SELECT NOT payout_frozen FROM %I.sellers_seller WHERE id = $1', TG_TABLE_SCHEMA)
        INTO is_paid USING NEW.seller_id;
    IF is_paid THEN
        RAISE EXCEPTION 'freeze the payouts of seller % before their account is to change', NEW.seller_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER seller_payout_account BEFORE UPDATE ON sellers_seller
    FOR EACH ROW WHEN (
        NEW.payout_account_id IS DISTINCT FROM OLD.payout_account_id OR (OLD.payout_frozen AND NOT NEW.payout_frozen)
    ) EXECUTE FUNCTION public.granary_payout_account();
CREATE TRIGGER payout_change_freezes BEFORE INSERT ON sellers_payoutchange
    FOR EACH ROW WHEN (NEW.state <> 'in_force' AND NEW.state <> 'refused') EXECUTE FUNCTION public.granary_payout_change();
CREATE TRIGGER payout_change_is_kept BEFORE DELETE ON sellers_payoutchange
    FOR EACH ROW EXECUTE FUNCTION public.granary_kept();
"""
DROP_TRIGGERS = """
DROP TRIGGER seller_payout_account ON sellers_seller;
DROP TRIGGER payout_change_freezes ON sellers_payoutchange;
DROP TRIGGER payout_change_is_kept ON sellers_payoutchange;
"""


class Migration(migrations.Migration):
    dependencies = [("sellers", "0002_joining"), ("orders", "0003_orders_have_sellers")]
    operations = [
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
