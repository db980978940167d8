"""A throwaway platform on the eve of a busy night: live financings and sales of the day, none of it closed yet."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from apps.banking.models import BankAccount
from apps.core import bulk
from apps.core.dates import DAY
from apps.financing.models import Offer
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.ledger import calendar
from apps.orders.models import Order
from apps.orders.services import SettlementLine, record_settlement
from apps.products.starter import start_products
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.night import run_night
from apps.reconciliation.plan import CHUNK_OF_SELLERS
from apps.sellers.models import Consent, Seller
from apps.tenants.models import Platform
from apps.tenants.services import create_platform, entered, tenant_connection

FIRST = date(2025, 3, 1)
NIGHT = FIRST + 2 * DAY
DAYS_OF_SALES = 120
BY = "rehearsal"


@contextmanager
def throwaway_platform(schema_name: str) -> Iterator[Platform]:
    """A platform of one's own in Shanghai, really committed, whose nights nobody else starts; dropped at the end."""
    platform = create_platform(
        schema_name=schema_name,
        name=schema_name,
        domain=f"{schema_name.replace('_', '-')}.localhost",
        currency="CNY",
        time_zone="Asia/Shanghai",
        opened_on=FIRST,
        by=BY,
    )
    try:
        platform.nights_by_hand = True
        platform.save(update_fields=["nights_by_hand"])  # type: ignore[no-untyped-call]  # django-tenants is untyped
        yield platform
    finally:
        tenant_connection.set_schema_to_public()
        platform.delete(force_drop=True)  # type: ignore[no-untyped-call]
        shutil.rmtree(Path(settings.MEDIA_ROOT) / schema_name, ignore_errors=True)


def prepare(platform: Platform, *, sellers: int) -> None:
    """Live through the two days before `NIGHT` on a platform opened on `FIRST`, and record the sales of that day.

    Each seller has one live financing, every other one at daily interest. The same number of sellers gives the same
    books each time.
    """
    with entered(platform.schema_name):
        calendar.open_books(first_date=FIRST)
        start_products(
            currency=platform.currency,
            financier="Rehearsal",
            funding=Decimal(10_000) * sellers,
            business_date=FIRST,
            at=_at(platform, FIRST),
            least=Decimal(100),
            most=Decimal(50_000),
        )
        everybody = [_seller(platform, number) for number in range(sellers)]
        _sold(platform, everybody)
        close(platform, FIRST)
        for seller in everybody:
            _draw(platform, seller)
        book_payments(on=FIRST + DAY)
        match_bank_lines(business_date=FIRST + DAY, at=_at(platform, FIRST + DAY), by=BY)
        close(platform, FIRST + DAY)
        _sales_of_the_day(platform, everybody)


def close(platform: Platform, day: date = NIGHT, chunk_size: int = CHUNK_OF_SELLERS) -> NightlyRun:
    """The night of `day`, run here and now as if it were two in the morning after it."""
    return run_night(platform=platform, business_date=day, clock=clock_of(platform, day), by=BY, chunk_size=chunk_size)


def clock_of(platform: Platform, day: date = NIGHT) -> Callable[[], datetime]:
    """Two in the morning after `day`, on the platform's wall."""
    after = _at(platform, day + DAY, hour=2)
    return lambda: after


def _at(platform: Platform, day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=platform.zone)


def _seller(platform: Platform, number: int) -> Seller:
    name = f"Seller {number:04}"
    seller = Seller(
        external_id=name,
        name=name,
        joined_on=FIRST - timedelta(days=DAYS_OF_SALES),
        payout_account=BankAccount.objects.create(
            purpose="payout", holder=name, number=f"CN{number:06}", currency=platform.currency
        ),
        currency=platform.currency,
        identity_done=True,
        business_done=True,
        payout_account_done=True,
        data_consent_done=True,
    )
    seller.save()
    for verb in ("register", "submit", "verify"):
        seller.move(verb, at=_at(platform, FIRST), by=BY)
    Consent.objects.create(
        seller=seller, data="orders", audience="platform", given_on=seller.joined_on, until=date(2030, 1, 1)
    )
    return seller


def _sold(platform: Platform, sellers: list[Seller]) -> None:
    """An order a day that was settled long ago, and for every other seller one whose money is still to come."""
    orders: list[Order] = []
    for number, seller in enumerate(sellers):
        paid = Decimal(90 + number % 40)
        orders.extend(
            _order(platform, seller, paid, FIRST - timedelta(days=past), settled=True)
            for past in range(1, DAYS_OF_SALES + 1)
        )
        if number % 2:
            orders.append(_order(platform, seller, Decimal(2000), FIRST, settled=False))
    bulk.copy_instances(orders)


def _order(platform: Platform, seller: Seller, paid: Decimal, day: date, *, settled: bool) -> Order:
    arrived = _at(platform, day)
    return Order(
        seller=seller,
        external_id=f"{seller.external_id} {day}",
        currency=seller.currency,
        goods=paid,
        paid=paid,
        placed_at=arrived - 3 * DAY,
        paid_at=arrived - 3 * DAY,
        shipped_at=arrived - 2 * DAY,
        delivered_at=arrived,
        expected_at=arrived + DAY,
        settled_on=day if settled else None,
        state="settled" if settled else "delivered",
    )


def _draw(platform: Platform, seller: Seller) -> None:
    """The seller draws 500 on the order that is to come, if there is one, else on future sales."""
    day, at = FIRST + DAY, _at(platform, FIRST + DAY)
    offer = Offer.objects.open().filter(seller=seller).order_by("product_code").first()
    if offer is None:
        raise ValueError(f"{seller} got no offer, so this would not be a busy night.")
    contract = accept_offer(
        offer_id=offer.pk,
        seller_id=seller.pk,
        amount=Decimal(500),
        business_date=day,
        zone=platform.zone,
        language="en",
        at=at,
        by=BY,
    )
    render_contract(contract_id=contract.pk, as_pdf=False, at=at, by=BY)
    sign_contract(contract_id=contract.pk, seller_id=seller.pk, business_date=day, at=at, by=BY)


def _sales_of_the_day(platform: Platform, sellers: list[Seller]) -> None:
    """Everybody sold something, every fifth one took something back as well."""
    lines = []
    for number, seller in enumerate(sellers):
        captured = Decimal(100 + 7 * (number % 90)) + Decimal("0.35")
        lines.append(_line(f"sale:{number}", seller, "capture", captured))
        if number % 5 == 0:
            lines.append(_line(f"back:{number}", seller, "refund", Decimal(12)))
    record_settlement(lines=lines, settled_on=NIGHT, at=_at(platform, NIGHT), by=BY)


def _line(key: str, seller: Seller, kind: str, amount: Decimal) -> SettlementLine:
    return SettlementLine(key=key, seller_id=seller.pk, order_id=None, kind=kind, amount=amount)
