"""A change is planned: the life told again with the event in it, against what the books say."""

from django.utils.translation import gettext as _

from apps.financing.models import Financing
from apps.repayment.changes.balances import closed_by, owed_by, start_of
from apps.repayment.changes.change import Change, Recorded, Standing
from apps.repayment.changes.facts import facts_of, standing_events, standing_of
from apps.repayment.life import Refused, Told, tell
from apps.repayment.models import Event


def plan(financing: Financing, event: Event) -> Change:
    """What `event`, not saved yet, changes on `financing` as it stands. Writes nothing.

    Raises life.Refused when it cannot be true together with what happened since, or would leave something owed beside
    money that was paid too much.
    """
    standing = standing_of(financing)
    events = [*standing_events(financing, without=event.reverses), event]
    start = start_of(financing)._replace(closed_through=closed_by(financing, event))
    life = tell(start, facts_of(standing, events), event.business_date, financing.currency)
    if life.surplus and life.owed.total:
        raise Refused(
            _("Something would be owed beside money that was paid too much. Let it count from a later day instead.")
        )
    recorded = {(one.on, one.identity): one for one in standing}
    wanted = {(one.on, one.identity): one for one in life.told}
    undone = [one for key, one in recorded.items() if key not in wanted or not _same(one, wanted[key])]
    told = [one for key, one in wanted.items() if key not in recorded or not _same(recorded[key], one)]
    return Change(
        financing=financing,
        event=event,
        before=Standing(owed_by(financing), financing.overpaid, financing.past_due, financing.days_past_due),
        after=Standing(life.owed, life.surplus, life.past_due, life.days_past_due),
        undone=tuple(sorted(undone)),
        told=tuple(sorted(told)),
        life=life,
        events=tuple(events),
    )


def _same(recorded: Recorded, told: Told) -> bool:
    return recorded.change == told.change and recorded.surplus == told.surplus
