"""A demo platform's days go on: no marketplace and no bank is behind it, so what they would tell is made up here."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from apps.banking.models import PaymentBatch
from apps.banking.services import approve_and_send
from apps.core.dates import DAY, days_between
from apps.core.money import round_money
from apps.orders.models import IN_RETURN_WINDOW, Order
from apps.orders.services import Refund, SettlementLine, record_refunds, record_settlement
from apps.portal.demo.feed import take_in_orders
from apps.portal.demo.market import MARKETS, Market
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.night import missing_dates
from apps.tenants.models import Platform

BY = "demo"
CLERK = "demo:clerk"
SETTLED_AFTER = timedelta(days=14)
# Orders on their way for longer than this bring no more news.
NEWS_WITHIN = timedelta(days=14)
BANK_LOOKS_BACK = timedelta(days=10)


def go_on(*, platform: Platform, at: datetime) -> None:
    """Bring a demo platform up to instant `at`: new orders and returns (once an hour), the day's settlement, and what
    the bank booked of all that was asked for. Asked again, it adds what is new.

    While yesterday's night is still to run nothing happens: its books are about to be closed.
    """
    today = platform.business_date(at)
    market = next((one for one in MARKETS if one.schema_name == platform.schema_name), None)
    if market is None or missing_dates(platform=platform, through=today - DAY):
        return
    _orders(market, platform, at)
    _returns(market, platform, today, at)
    _settlement(platform, today, at)
    _bank(platform, today, at)
