"""Celery's part of the night: a clock that looks which nights are due, and workers that take pieces of them."""

from datetime import date, datetime

import structlog
from celery import current_app, shared_task
from django.db import connection

from apps.reconciliation.back_tests import run_back_test, tend_back_tests
from apps.reconciliation.letters import write_due_letters
from apps.reconciliation.models import MonthEnd
from apps.reconciliation.months import MonthRefused, make_month_end
from apps.reconciliation.night import missing_dates, run_night
from apps.reconciliation.plan import PIECES_AT_ONCE
from apps.reconciliation.portfolio import make_missing_days, missing_days
from apps.tenants.models import Platform
from apps.tenants.services import current_platform, entered
from apps.tenants.tasks import nudge, platform_task

WORKERS_A_NIGHT = 2
PORTFOLIO = "reconciliation.make_portfolio"


def shared_clock() -> datetime:
    """Now, as the database tells it: one clock for all workers, so that a host whose own is wrong closes no day early
    and none late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


@shared_task(name="reconciliation.start_due_nights")
def start_due_nights() -> None:
    """Nudge workers for every platform whose cut-off has passed and whose books are not closed through that date.

    Runs every half minute, so it also resumes nights whose workers died: the rows say what is left, a nudge only tells.
    """
    now = shared_clock()
    for platform in Platform.objects.working().filter(nights_by_hand=False):
        try:
            with entered(platform.schema_name):
                dates = missing_dates(platform=platform, through=platform.last_due_date(now))
        except Exception:  # noqa: BLE001  one platform's fault must not keep the others from their night
            structlog.get_logger().exception("nights not looked at", platform=platform.schema_name)
            continue
        if dates:
            for _worker in range(WORKERS_A_NIGHT):
                current_app.send_task("reconciliation.work_on_nights", kwargs={"platform": platform.schema_name})


@platform_task("reconciliation.work_on_nights")
def work_on_nights() -> None:
    """Take part in the platform's missed nights, oldest first, until they are over or others hold the rest."""
    platform = current_platform()
    for day in missing_dates(platform=platform, through=platform.last_due_date(shared_clock())):
        run = run_night(
            platform=platform,
            business_date=day,
            clock=shared_clock,
            by="night",
            wait_for_others=False,
            at_once=PIECES_AT_ONCE,
        )
        if not run.is_over:
            return
        nudge(PORTFOLIO)


@shared_task(name="reconciliation.make_portfolios_everywhere")
def make_portfolios_everywhere() -> None:
    """Ask a worker for the portfolio of every platform that lacks a closed date: nudges that were lost, nights that
    were run by hand."""
    for platform in Platform.objects.working():
        with entered(platform.schema_name):
            is_missing = bool(missing_days())
        if is_missing:
            current_app.send_task(PORTFOLIO, kwargs={"platform": platform.schema_name})


@platform_task(PORTFOLIO)
def make_portfolio() -> None:
    """Make the portfolio of the platform's closed dates that lack one."""
    make_missing_days(currency=current_platform().currency, at=shared_clock())


@shared_task(name="reconciliation.write_letters_everywhere")
def write_letters_everywhere() -> None:
    """Ask a worker to look, for every platform, whether its staff is to be written to."""
    for platform in Platform.objects.working().filter(nights_by_hand=False):
        current_app.send_task("reconciliation.write_letters", kwargs={"platform": platform.schema_name})


@platform_task("reconciliation.write_letters")
def write_letters() -> None:
    """Write what is due to the platform's staff, each letter once."""
    write_due_letters(platform=current_platform(), at=shared_clock())


@platform_task("reconciliation.make_month_end")
def make_one_month_end(month: str, by: str) -> None:
    """Make the export of one month, asked for by a person; why it cannot be made is kept on its row."""
    first = date.fromisoformat(month)
    try:
        make_month_end(platform=current_platform(), month=first, at=shared_clock(), by=by)
    except (MonthRefused, OSError) as refusal:  # a full disk, a storage that does not answer
        structlog.get_logger().error("month end not made", month=month, error=str(refusal))
        MonthEnd.objects.filter(month=first, made_at=None).update(error=str(refusal)[:300])


@platform_task("reconciliation.run_night")
def run_one_night(business_date: str) -> None:
    """Take part in one night, asked for by a person."""
    run = run_night(
        platform=current_platform(),
        business_date=date.fromisoformat(business_date),
        clock=shared_clock,
        by="night",
        wait_for_others=False,
        at_once=PIECES_AT_ONCE,
    )
    if run.is_over:
        nudge(PORTFOLIO)


@shared_task(name="reconciliation.tend_back_tests_everywhere")
def tend_back_tests_everywhere() -> None:
    """Ask a worker to look, for every platform, after back-tests that wait or whose worker fell silent."""
    for platform in Platform.objects.working():
        current_app.send_task("reconciliation.tend_back_tests", kwargs={"platform": platform.schema_name})


@platform_task("reconciliation.tend_back_tests")
def tend_waiting_back_tests() -> None:
    """Run the platform's back-tests that wait, after marking those that lost their worker."""
    for back_test_id in tend_back_tests(at=shared_clock(), by="worker"):
        run_back_test(back_test_id=back_test_id, platform=current_platform(), clock=shared_clock, by="worker")


@platform_task("reconciliation.run_back_test")
def run_one_back_test(back_test_id: int) -> None:
    """Run a back-test that a person asked for."""
    run_back_test(back_test_id=back_test_id, platform=current_platform(), clock=shared_clock, by="worker")
