"""What an order must keep to land. One place for every format; read by the database over all orders of a feed at once.

Each rule is what is wrong, as a condition on the columns of an order as told (see `landing`), and how that is said.
The first that holds is the reason for rejecting its line.
"""

from apps.core.money import quantum

MOST = 10**12
EARLIEST = "2000-01-01"
NEWS = (
    "placed", "paid", "shipped", "delivered", "cancelled",
    "refund_requested", "refunded", "partially_refunded", "refused", "charged_back",
)  # fmt: skip
UNPAID = ("placed", "cancelled")
ENDED = ("cancelled", "refunded", "partially_refunded", "charged_back")
GIVEN_BACK = ("refunded", "partially_refunded", "charged_back")


def rules(currency: str, latest: str) -> list[tuple[str, str]]:
    """Conditions and reasons, for a platform with `currency`; `latest` is the instant, in ISO 8601, after which nothing
    can have happened yet."""
    decimals = -int(quantum(currency).as_tuple().exponent)
    return [
        *_identity(currency),
        *_amounts(currency, decimals),
        *_times(latest),
        *_states(),
    ]


def _identity(currency: str) -> list[tuple[str, str]]:
    return [
        ("seller_id IS NULL", "The seller is unknown here."),
        ("length(order_id) > 64", "The order's id has more than 64 characters."),
        ("length(category) > 80", "The category has more than 80 characters."),
        (f"currency <> '{currency}'", f"The amounts are not in {currency}, the currency of the platform."),
        (f"state NOT IN {NEWS}", f"The status is none of {', '.join(NEWS)}."),
    ]


def _amounts(currency: str, decimals: int) -> list[tuple[str, str]]:
    return [
        ("least(goods, freight, paid, refunded) < 0", "An amount is negative."),
        (f"greatest(goods, freight, paid) > {MOST}", "An amount is larger than 10^12, which cannot be."),
        ("refunded > paid", "The refund is larger than what was paid."),
        (
            " OR ".join(f"{name} <> round({name}, {decimals})" for name in ("goods", "freight", "paid", "refunded")),
            f"An amount has smaller parts than {currency} has.",
        ),
    ]


def _times(latest: str) -> list[tuple[str, str]]:
    return [
        (f"placed_at < '{EARLIEST}'", "The order was placed before the year 2000, which cannot be."),
        (
            f"greatest(placed_at, paid_at, shipped_at, delivered_at, ended_at) > '{latest}'",
            "Something of the order happened in the future.",
        ),
        ("paid_at < placed_at", "The order was paid before it was placed."),
        ("shipped_at < placed_at", "The order was shipped before it was placed."),
        ("delivered_at < coalesce(shipped_at, placed_at)", "The order was delivered before it was shipped."),
        ("ended_at < placed_at", "The order ended before it was placed."),
    ]


def _states() -> list[tuple[str, str]]:
    return [
        ("state = 'placed' AND (paid > 0 OR paid_at IS NOT NULL)", "The order is only placed, but paid already."),
        (f"state NOT IN {UNPAID} AND paid_at IS NULL", "It is not said when the order was paid."),
        ("state IN ('shipped', 'delivered') AND shipped_at IS NULL", "It is not said when the order was shipped."),
        ("state = 'delivered' AND delivered_at IS NULL", "It is not said when the order was delivered."),
        (f"state IN {ENDED} AND ended_at IS NULL", "It is not said when the order ended."),
        ("state = 'refunded' AND (refunded < paid OR paid = 0)", "A refunded order was paid, and given back in full."),
        (
            "state = 'partially_refunded' AND (refunded = 0 OR refunded = paid)",
            "A partial refund is more than nothing and less than what was paid.",
        ),
        (f"refunded > 0 AND state NOT IN {GIVEN_BACK}", "The order has a refund that its status does not tell of."),
    ]
