"""The order of the night: which work is done in which phase, over which sellers, and which steps it reports on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """One phase of the night. `by_seller` work is cut into chunks over sellers; the rest is one piece.

    `steps` are the lines of the night that it reports on, done in one pass whose time stands beside `timed` (the first
    unless named). Work with a reason for being `skipped` is not done at all.
    """

    name: str
    steps: tuple[str, ...]
    by_seller: bool = False
    timed: str = ""
    skipped: str = ""


NIGHT = (
    Work("orders", ("age_orders",), by_seller=True),
    Work("expiry", ("expire_receipts",)),
    Work("receipts", ("value_receipts",), by_seller=True),
    Work("close", ("raise_demands", "accrue", "sweep", "age_financings"), by_seller=True, timed="sweep"),
    Work("offers", ("limits_and_offers",), by_seller=True),
    Work("papers", ("contracts",)),
    Work("payouts", ("payout_batch",)),
    Work("match", ("match",)),
    Work("prove", ("control_totals",)),
    Work("messages", ("messages",), by_seller=True),
)
CHUNK_OF_SELLERS = 5_000
PIECES_AT_ONCE = 2  # by one worker process: one computes while the database writes the other
