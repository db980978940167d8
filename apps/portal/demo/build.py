"""Making the demo platforms. One that is being made is suspended and has no people: its doors open when it is whole,
and by that the next start knows one whose making was cut short."""

import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Max, Min
from django_tenants.utils import tenant_context

from apps.banking.services import open_account
from apps.core.dates import DAY, local_date
from apps.core.states import log_birth
from apps.portal.demo.days import catch_up
from apps.portal.demo.feed import take_in_orders
from apps.portal.demo.lived import SCRIPT, Act, LivedDays
from apps.portal.demo.market import MARKETS, PASSWORD, Market, market_of
from apps.portal.demo.requests import ask_in_the_queue, say_who_may_approve
from apps.portal.demo.stores import fill_warehouses
from apps.products.models import FinancingProduct, FundingPool, ProductVersion
from apps.products.plan import EQUAL_INSTALMENTS
from apps.products.starter import start_products
from apps.repayment.news import tell_of_the_night
from apps.sellers.models import Seller
from apps.sellers.services import Newcomer, onboard_from_platform
from apps.tenants.models import TEMPLATE_SCHEMA, Domain, Platform
from apps.tenants.services import create_platform, entered, resume, suspend
from apps.users.models import User
from apps.warehousing.models import Warehouse
from apps.warehousing.services import appoint_operator

BY = "demo"
TIME_ZONE = "Asia/Shanghai"
CURRENCY = "CNY"
# Early, so that a visitor meets yesterday closed whatever the hour.
CUT_OFF = time(0, 10)


class DemoRefused(ValueError):
    """Demo platforms are not made here; the message says why. Nothing was changed."""


def markets_to_make(markets: Sequence[Market] = MARKETS) -> list[Market]:
    """The markets whose demo platform is not there, or was left half made. On a database with platforms of its own only
    half-made ones count.

    Raises DemoRefused where DEBUG is off: everybody knows the passwords.
    """
    if not settings.DEBUG:
        raise DemoRefused(
            "Demo platforms are for trying out: their passwords are known to all. Set DEBUG=1 to make them."
        )
    has_others = Platform.objects.filter(is_demo=False).exclude(schema_name=TEMPLATE_SCHEMA).exists()
    demo = {one.schema_name: one for one in Platform.objects.filter(is_demo=True)}
    return [
        market
        for market in markets
        if (_is_half_made(demo[market.schema_name]) if market.schema_name in demo else not has_others)
    ]


def _is_half_made(platform: Platform) -> bool:
    """Whether its making was cut short: people are let in when the doors open, so nobody has ever been inside."""
    with tenant_context(platform):
        return platform.suspended_at is not None and not User.objects.exists()


def catch_up_with(*, at: datetime) -> Iterator[str]:
    """Let every demo platform live through the dates that it missed, and tell which did."""
    for platform in Platform.objects.working().filter(is_demo=True).order_by("schema_name"):
        with entered(platform.schema_name):
            days = catch_up(market=market_of(platform.schema_name), platform=platform, at=at)
        if days:
            yield f"{platform.name}: {days} missed days lived through"


def drop(platform: Platform) -> None:
    """Remove a demo platform with everything in it, files included."""
    with tenant_context(platform):
        folder = Path(default_storage.path(""))
    shutil.rmtree(folder, ignore_errors=True)
    Domain.objects.filter(tenant=platform).delete()
    platform.delete(force_drop=True)  # type: ignore[no-untyped-call]  # django-tenants is untyped


def make_platform(market: Market, *, at: datetime, script: Sequence[Act] = SCRIPT) -> Generator[str, None, None]:
    """Make one demo platform whose last closed date is the one before `at`, and tell each step in a line.

    What a start that was cut short left of it is dropped first. Two who make it at once come one after the other, and
    the second finds it there.
    """
    with _alone(market):
        there = Platform.objects.filter(schema_name=market.schema_name, is_demo=True).first()
        if there is not None and not _is_half_made(there):
            return
        if there is not None:
            yield f"{market.name}: was left half made, so it is made again"
            drop(there)
        platform = _found(market, at)
        yield from _fill(market, platform, at, script)
        with tenant_context(platform), transaction.atomic():
            _let_people_in(market)
            _tell_of_last_night(platform, at)
            resume(platform=platform, by=BY)
        yield f"{market.name}: ready"


@contextmanager
def _alone(market: Market) -> Iterator[None]:
    """Nobody else makes this platform meanwhile; whoever wants to waits."""
    key = [f"demo {market.schema_name}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", key)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", key)


def _fill(market: Market, platform: Platform, at: datetime, script: Sequence[Act]) -> Iterator[str]:
    last = platform.business_date(at) - DAY
    with tenant_context(platform):
        morning = datetime.combine(platform.opened_on, time(8), tzinfo=platform.zone)
        _onboard(market, platform, morning)
        yield f"{market.name}: {market.number_of_sellers} sellers"
        midnight = datetime.combine(last + DAY, time.min, tzinfo=platform.zone)
        history = take_in_orders(market, platform, first=market.first_day(platform.opened_on), known_at=midnight)
        yield f"{market.name}: {history.landed if history else 0:,} orders"
        _put_on_offer(market, morning)
        say_who_may_approve(at=morning, by=BY)
        _open_accounts(market, morning)
        if market.has_warehouses:
            receipts = fill_warehouses(platform=platform, seed=market.seed, last=last, by=BY)
            yield f"{market.name}: {receipts} warehouse receipts"
        for month in LivedDays(market=market, platform=platform, last=last, script=script).run():
            yield f"{market.name}: lived through {month.month}, {month.financings} financings"
        if ask_in_the_queue(platform=platform, on=last + DAY, at=at, by=BY):
            yield f"{market.name}: a request waits for people"


def _found(market: Market, at: datetime) -> Platform:
    with transaction.atomic():
        with connection.cursor() as cursor:  # platforms are cloned one at a time
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('demo'))")
        platform = create_platform(
            schema_name=market.schema_name,
            name=market.name,
            name_zh=market.name_zh,
            domain=market.domain,
            currency=CURRENCY,
            time_zone=TIME_ZONE,
            cut_off=CUT_OFF,
            opened_on=market.opens_on(local_date(at, ZoneInfo(TIME_ZONE)) - DAY),
            is_demo=True,
            by=BY,
        )
        suspend(platform=platform, at=at, by=BY)
    return platform


def _onboard(market: Market, platform: Platform, at: datetime) -> None:
    newcomers = [
        Newcomer(
            external_id=one.external_id,
            name=one.name,
            joined_on=one.joined_on,
            category=one.goods.code,
            region=one.region,
            language=one.language,
            tax_number=f"DEMO-{one.external_id}",
        )
        for one in market.sellers(platform.opened_on)
    ]
    onboard_from_platform(sellers=newcomers, currency=platform.currency, at=at, by=BY)


def _open_accounts(market: Market, at: datetime) -> None:
    """The platform's own accounts, of which its bank's files speak."""
    for purpose, number in (("collection", "6222020200000000001"), ("funding", "6222020200000000002")):
        open_account(purpose=purpose, holder=market.name, number=number, currency=CURRENCY, at=at, by=BY)


def _put_on_offer(market: Market, at: datetime) -> None:
    """The pool, three products that lend, and one that a financier has only begun."""
    start_products(
        currency=CURRENCY,
        financier=market.financier,
        funding=market.funding,
        business_date=at.date(),
        at=at,
        least=market.least,
        most=market.most,
    )
    draft = market.draft
    product = FinancingProduct.objects.create(
        code=draft.code,
        name=draft.name,
        name_zh=draft.name_zh,
        technique=draft.technique,
        pool=FundingPool.objects.get(),
    )
    version = ProductVersion(
        product=product,
        number=1,
        advance_rate=draft.advance_rate,
        annual_rate=draft.annual_rate,
        expected_days=draft.expected_days,
        instalments=draft.instalments,
        repayment_method=EQUAL_INSTALMENTS if draft.instalments else "",
        minimum_amount=market.least,
        maximum_amount=market.most,
        made_by=BY,
    )
    version.full_clean()
    version.save()
    log_birth([version], at=at, by=BY)


def _tell_of_last_night(platform: Platform, at: datetime) -> None:
    """Nobody is told anything before they sign up: so that people find messages here, what the last night brought is
    told to them now."""
    with_people = Seller.objects.filter(user__isnull=False).aggregate(first=Min("pk"), last=Max("pk"))
    tell_of_the_night(
        first_seller=with_people["first"],
        last_seller=with_people["last"],
        business_date=platform.business_date(at) - DAY,
        at=at,
    )


def _let_people_in(market: Market) -> None:
    for person in market.people:
        facts = {"email": person.email, "password": PASSWORD, "name": person.name, "language": person.language}
        if person.works_in:
            appoint_operator(warehouse=Warehouse.objects.get(code=person.works_in), **facts, by=BY)
            continue
        user = User.objects.create_user(role=person.role, **facts)
        if person.sells_as is not None:
            Seller.objects.filter(external_id=market.seller_number(person.sells_as)).update(user=user)
