"""A seller with much behind them: 10,000 orders, 50 running financings with a month of nights each, 300 messages, goods
in store, an offer to take today, and one row of every other model."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from apps.financing.models import Application, Contract, Financing
    from apps.sellers.models import Seller
    from apps.users.models import User

ORDERS, FINANCINGS, NIGHTS, MESSAGES = 10_000, 50, 30, 300
PLACE_ORDERS = """
INSERT INTO orders_order (seller_id, external_id, currency, goods, freight, paid, refunded, category, placed_at,
    paid_at, shipped_at, delivered_at, expected_at, flagged, state, articles, article_prices, article_freights)
SELECT %s, 'B' || n, 'CNY', 50, 0, 50, 0, '', at, at, at + interval '1 day', at + interval '3 days',
    at + interval '9 days', false, 'completed', '{}', '{}', '{}'
FROM generate_series(1, %s) AS n, LATERAL (SELECT now() - n * interval '50 minutes' AS at) AS placed
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """Who signs in, and the seller that they are."""

    user: "User"
    seller: "Seller"


def open_shop() -> Shop:
    """Fill the entered platform; all in one transaction."""
    from apps.sellers.models import Seller
    from apps.users.models import Role
    from tests.tenants.test_pages import fill_platform

    with transaction.atomic():
        user = fill_platform("River Orchard")[Role.SELLER]
        seller = Seller.objects.get(user=user)
        with connection.cursor() as cursor:
            cursor.execute(PLACE_ORDERS, [seller.pk, ORDERS])
        _finance(seller)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Shop(user, seller)


def _finance(seller: "Seller") -> None:
    from apps.financing.models import Offer
    from tests import factories

    first = Offer.objects.filter(seller=seller).earliest("pk")
    for _number in range(FINANCINGS):
        offer = factories.make_offer(
            seller=seller, version=first.version, assessment=first.assessment, state="paid_out"
        )
        application = factories.make_application(offer=offer, state="contracted")
        _nights(
            factories.make_financing(
                contract=_in_force(application), state="active", principal=Decimal(9000),
                disbursed_on=factories.DAY, closed_through=factories.DAY,
            )
        )  # fmt: skip
    for _number in range(MESSAGES):
        factories.make_message(seller=seller)


def _in_force(application: "Application") -> "Contract":
    from tests import factories

    return factories.make_contract(
        application=application, state="in_force", document="contracts/busy.pdf", document_sha256="0" * 64,
        media_type="application/pdf", rendered_at=factories.AT, signed_by="River Orchard", signed_at=factories.AT,
    )  # fmt: skip


def _nights(financing: "Financing") -> None:
    from tests import factories

    for night in range(NIGHTS):
        factories.make_movement(
            financing=financing, business_date=factories.DAY + timedelta(days=night), kind="deduction",
            reason="kept_from_sales", principal=Decimal(-12), fee=Decimal(0), outstanding=Decimal(9000 - 12 * night),
        )  # fmt: skip
