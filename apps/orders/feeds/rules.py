"""What an order must keep to land. One place for every format; read by the database over all orders of a feed at once.

Each rule is what is wrong, as a condition on the columns of an order as told (see `landing`), and how that is said.
The first that holds is the reason for rejecting its line.
"""

from datetime import datetime

MOST = 10**12
EARLIEST = "2000-01-01"
NEWS = (
    "placed", "paid", "shipped", "delivered", "cancelled",
    "refund_requested", "refunded", "partially_refunded", "refused", "charged_back",
)  # fmt: skip
GIVEN_BACK = ("refunded", "partially_refunded", "charged_back")
ENDED = ("cancelled", *GIVEN_BACK)

Rule = tuple[str, str]


def rules(currency: str, latest: datetime) -> list[Rule]:
    """The rules of a platform with `currency`; nothing can have happened after `latest`."""
    return [*_identity(currency), *_amounts(), *_times(latest), *_states()]


def _identity(currency: str) -> list[Rule]:
    return [
        ("seller_id IS NULL", "The seller is unknown here."),
        ("length(category) > 80", "The category has more than 80 characters."),
        (f"currency <> '{currency}'", f"The amounts are not in {currency}, the currency of the platform."),
        (f"state NOT IN {NEWS}", f"The status is none of {', '.join(NEWS)}."),
    ]


def _amounts() -> list[Rule]:
    return [
        (f"greatest(goods, paid) >= {MOST}", "An amount is 10^12 or more, which cannot be."),
        ("refunded > paid", "The refund is larger than what was paid."),
    ]


def _times(latest: datetime) -> list[Rule]:
    return [
        ("placed_at IS NULL", "It is not said when the order was placed."),
        (f"placed_at < '{EARLIEST}'", "The order was placed before the year 2000, which cannot be."),
        (
            f"greatest(placed_at, paid_at, shipped_at, delivered_at, ended_at) > '{latest.isoformat()}'",
            "Something of the order happened in the future.",
        ),
        ("paid_at < placed_at", "The order was paid before it was placed."),
        ("shipped_at < placed_at", "The order was shipped before it was placed."),
        ("delivered_at < coalesce(shipped_at, placed_at)", "The order was delivered before it was shipped."),
        ("ended_at < placed_at", "The order ended before it was placed."),
    ]


def _states() -> list[Rule]:
    return [
        ("state = 'placed' AND (paid > 0 OR paid_at IS NOT NULL)", "The order is only placed, but paid already."),
        ("paid_at IS NULL AND state NOT IN ('placed', 'cancelled')", "It is not said when the order was paid."),
        ("shipped_at IS NULL AND state IN ('shipped', 'delivered')", "It is not said when the order was shipped."),
        ("delivered_at IS NULL AND state = 'delivered'", "It is not said when the order was delivered."),
        (f"ended_at IS NULL AND state IN {ENDED}", "It is not said when the order ended."),
        ("state = 'refunded' AND (refunded < paid OR paid = 0)", "A refunded order was paid, and given back in full."),
        (
            "state = 'partially_refunded' AND (refunded = 0 OR refunded = paid)",
            "A partial refund is more than nothing and less than what was paid.",
        ),
        (f"refunded > 0 AND state NOT IN {GIVEN_BACK}", "The order has a refund that its status does not tell of."),
    ]
