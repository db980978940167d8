"""The order of the night: which work is done in which phase, over whom, and which steps it reports on."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from apps.reconciliation.pieces import Over


@dataclass(frozen=True, slots=True)
class Work:
    """One phase of the night, cut into pieces over whom `over` names; a night without any skips it and says `idle`.

    `steps` are the lines of the night that it reports on, done in one pass whose time stands beside `timed` (the first
    unless named).
    """

    name: str
    steps: tuple[str, ...]
    over: Over = "platform"
    timed: str = ""
    idle: str = gettext_noop("Nobody sells here yet.")


NIGHT = (
    Work("orders", ("age_orders",), over="sellers"),
    Work("expiry", ("expire_receipts",), over="ending_receipts", idle=gettext_noop("No receipt ends today.")),
    Work("receipts", ("value_receipts",), over="pledgors", idle=gettext_noop("Nothing is pledged.")),
    Work("close", ("raise_demands", "accrue", "sweep", "age_financings"), over="sellers", timed="sweep"),
    Work("offers", ("limits_and_offers",), over="sellers"),
    Work("papers", ("contracts",)),
    Work("payouts", ("payout_batch",)),
    Work("match", ("match",)),
    Work("prove", ("control_totals",)),
    Work("messages", ("messages",), over="people", idle=gettext_noop("No seller has signed up yet.")),
)
CHUNK_OF_SELLERS = 5_000
PIECES_AT_ONCE = 2  # by one worker process: one computes while the database writes the other
