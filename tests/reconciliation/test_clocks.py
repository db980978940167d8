"""Nights and clocks: missed nights, leap days, clock changes, zones from UTC-10 to UTC+14, clocks that are wrong.

Platforms here live by a clock that the test moves; only the last tests look at the real one, which is the database's.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.utils import timezone

from apps.core.dates import days_between
from apps.financing.models import Financing, Offer
from apps.reconciliation.faults import until
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyRun, PortfolioDay
from apps.reconciliation.night import NightRefused, close_days, missing_dates, run_night
from apps.reconciliation.tasks import run_one_night, shared_clock, work_on_nights
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.processes import Worker
from tests.story import DAY, FIRST, Story

D = Decimal
HOUR = timedelta(hours=1)
ZONES = [f"Etc/GMT{-hours:+}" for hours in range(-10, 15)]  # in these names the sign is turned round
Make = Callable[..., Platform]


def live_through(platform: Platform, since: datetime, hours: int) -> Iterator[tuple[datetime, date]]:
    """Look every hour whether a night is due, as the scheduler does; yields each night with the hour that ran it."""
    for number in range(hours):
        now = since + number * HOUR
        through = platform.last_due_date(now)
        for run in close_days(platform=platform, through=through, clock=lambda: now, by="night"):  # noqa: B023
            yield now, run.business_date


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("Europe/Berlin", date(2028, 2, 26), 33),  # leap day, and the clock goes forward on 26 March
        ("Europe/Berlin", date(2028, 10, 26), 8),  # the clock goes back on 29 October
        ("America/New_York", date(2028, 12, 28), 8),  # the year ends
        pytest.param("Europe/Berlin", date(2028, 1, 15), 366, marks=pytest.mark.soak),
        pytest.param("America/New_York", date(2028, 1, 15), 366, marks=pytest.mark.soak),
        pytest.param("Pacific/Auckland", date(2028, 1, 15), 366, marks=pytest.mark.soak),
    ],
)
def test_hour_by_hour_through_leap_days_and_clock_changes_each_financing_accrues_once_a_day(
    platform: Platform, zone: str, first: date, days: int
) -> None:
    """1,000.00 at 12 % over 360: 0.333... a day, so every day posts 0.33 or 0.34."""
    platform.time_zone = zone
    story = Story(platform, first=first)
    for name in ("One", "Two"):
        story.delivered(story.seller(name, daily="400.00", days=60), "4000.00", first)
    story.night(first)
    for offer in Offer.objects.open().filter(product_code="early-payment").order_by("seller_id"):
        story.draw(offer, "1000", first + DAY)
    noon = story.at(first + DAY, 12).astimezone(UTC)
    lived = list(live_through(platform, noon, 24 * days))
    nights = [day for _now, day in lived]
    assert nights == list(days_between(first + DAY, first + days * DAY))
    for now, day in lived:
        cut_off = datetime.combine(day + DAY, platform.cut_off, tzinfo=platform.zone)
        assert timedelta(0) <= now - cut_off.astimezone(UTC) < HOUR
    for financing in Financing.objects.all():
        accruals = Movement.objects.filter(financing=financing, kind="accrual").order_by("business_date")
        assert list(accruals.values_list("business_date", flat=True)) == nights[1:]  # lent on the first: from the next
        assert {one.interest for one in accruals} == {D("0.33"), D("0.34")}
        exact = D("1000") * D("0.12") * (len(nights) - 1) / 360
        assert sum(one.interest for one in accruals) == exact.quantize(D("0.01"))
    assert Financing.objects.count() == 2


@pytest.mark.parametrize("zone", ZONES)
def test_from_utc_minus_10_to_plus_14_each_hour_has_its_business_date(platform: Platform, zone: str) -> None:
    platform.time_zone = zone
    offset = -int(zone.removeprefix("Etc/GMT"))
    story = Story(platform)
    seller = story.seller(days=1)
    midnight = datetime.combine(FIRST, time(), tzinfo=UTC) - offset * HOUR
    for hour in range(48):
        assert platform.business_date(midnight + hour * HOUR) == FIRST + (hour // 24) * DAY
    for hour in (0, 23, 24):
        day = platform.business_date(midnight + hour * HOUR)
        assert story.settle(day, seller, "1.00", key=f"at {hour}").booked_on == FIRST + (hour // 24) * DAY
    lived = list(live_through(platform, midnight, 52))
    assert lived == [(midnight + 26 * HOUR, FIRST), (midnight + 50 * HOUR, FIRST + DAY)]
    sweeps = seller.sweeps.order_by("business_date").values_list("business_date", "captured")
    assert list(sweeps) == [(FIRST, D("2.00")), (FIRST + DAY, D("1.00"))]


def where_it_is_noon(now: datetime) -> str:
    """A zone whose wall shows 12 or so at `now`: no midnight and no cut-off passes there while a test runs."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+}"


def recent(fresh_platform: Make) -> tuple[Platform, date]:
    """A platform with a financing at interest, its books closed through four days ago; and the last date due now."""
    zone = where_it_is_noon(shared_clock())
    due = shared_clock().astimezone(ZoneInfo(zone)).date() - DAY
    platform = fresh_platform(time_zone=zone, opened_on=due - 4 * DAY)
    with entered(platform.schema_name):
        story = Story(platform, first=due - 4 * DAY)
        seller = story.seller()
        story.delivered(seller, "4000.00", due - 4 * DAY)
        story.night(due - 4 * DAY)
        story.draw(story.offer(seller, "early-payment"), "1000", due - 3 * DAY)
        story.night(due - 3 * DAY)
        for number in range(3):
            story.settle(due - number * DAY, seller, "100.00")
    return platform, due


def test_a_scheduler_dead_for_three_nights_catches_up_to_the_books_of_three_nights(
    fresh_platform: Make, start_worker: Callable[[], Worker]
) -> None:
    platform, due = recent(fresh_platform)
    others = Platform.objects.working().exclude(pk=platform.pk).filter(nights_by_hand=False)
    names = list(others.values_list("schema_name", flat=True))
    others.update(nights_by_hand=True)
    try:
        start_worker()
        current_app.send_task("reconciliation.start_due_nights")
        current_app.send_task("reconciliation.start_due_nights")  # as every task may be: delivered twice
        until(lambda: closed_through(platform, due), "three nights")
        until(lambda: has_portfolio(platform, due), "the portfolio that the night asks for")
    finally:
        Platform.objects.filter(schema_name__in=names).update(nights_by_hand=False)
    punctual, _due = recent(fresh_platform)
    with entered(punctual.schema_name):
        for day in days_between(due - 2 * DAY, due):
            after = datetime.combine(day + DAY, time(2), tzinfo=punctual.zone)
            run_night(platform=punctual, business_date=day, clock=lambda: after, by="night")  # noqa: B023
        lines = book_lines()
    assert not has_portfolio(punctual, due)
    current_app.send_task("reconciliation.make_portfolios_everywhere")  # nights run by hand have told no worker
    until(lambda: has_portfolio(punctual, due), "the portfolio that a look finds missing")
    with entered(platform.schema_name):
        assert [run.business_date for run in NightlyRun.objects.order_by("pk")][-3:] == [due - 2 * DAY, due - DAY, due]
        assert first_difference(lines, book_lines()) is None
        assert Movement.objects.filter(kind="accrual").count() == 3


def closed_through(platform: Platform, day: date) -> bool:
    with entered(platform.schema_name):
        run = NightlyRun.objects.filter(business_date=day).first()
        return run is not None and run.is_over


def has_portfolio(platform: Platform, day: date) -> bool:
    with entered(platform.schema_name):
        return PortfolioDay.objects.filter(business_date=day).exists()


@pytest.mark.parametrize("wrong_by", [timedelta(hours=-2), timedelta(days=1), timedelta(days=30)])
def test_a_worker_whose_clock_is_wrong_accrues_nothing_twice_and_nothing_early(
    fresh_platform: Make, monkeypatch: pytest.MonkeyPatch, wrong_by: timedelta
) -> None:
    platform, due = recent(fresh_platform)
    name = platform.schema_name
    work_on_nights(platform=name)
    with entered(name):
        assert missing_dates(platform=platform, through=due) == []
        before = book_lines()
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + wrong_by)
    assert abs(timezone.now() - shared_clock() - wrong_by) < timedelta(minutes=1)
    work_on_nights(platform=name)
    run_one_night(platform=name, business_date=str(due))
    with pytest.raises(NightRefused, match="lies in the future"):
        run_one_night(platform=name, business_date=str(due + 2 * DAY))
    with entered(name):
        assert first_difference(before, book_lines()) is None
        assert NightlyRun.objects.latest("business_date").business_date == due
        assert Movement.objects.filter(kind="accrual").count() == 3


def test_a_future_date_is_refused_and_freezes_nothing(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    before_midnight = datetime.combine(FIRST, time(), tzinfo=platform.zone) - HOUR
    with pytest.raises(NightRefused, match="2025-03-01 lies in the future of Meadow"):
        run_night(platform=platform, business_date=FIRST, clock=lambda: before_midnight, by="night")
    assert not NightlyRun.objects.exists()
    assert story.settle(FIRST, seller, "1.00").booked_on == FIRST
