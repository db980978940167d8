"""Back-tests: asked for by a person, run by a worker, cancelled or asked for again. The tunnel itself only reads."""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import bulk
from apps.core.states import ConcurrentTransition, log_birth
from apps.products.models import ProductVersion
from apps.products.terms import ORDER, RECEIVABLE, SALES, Terms
from apps.reconciliation.models import BackTest, BackTestSeller
from apps.reconciliation.night import no_garbage_collection
from apps.reconciliation.policy import Policy
from apps.reconciliation.tunnel.outcome import Losses, Outcome, SellerLine
from apps.reconciliation.tunnel.past import Course
from apps.reconciliation.tunnel.reading import pasts, readable_sellers
from apps.reconciliation.tunnel.trial import live_through
from apps.tenants.models import Platform
from apps.tenants.tasks import nudge

LONGEST = timedelta(days=3 * 366)
SILENT = timedelta(minutes=2)
# How often a run says how far it is, in seconds: also how soon it notices that it was cancelled.
BREATH = 1
TRIED = (SALES, RECEIVABLE, ORDER)


class BackTestRefused(ValueError):
    """This cannot be tried, or not be done now; the message says why. Nothing was changed."""


class Stopped(Exception):
    """The run is no longer wanted: cancelled, or taken over by another."""


def check_back_test(back_test: BackTest, *, today: date) -> None:
    """Raises BackTestRefused when `back_test`, not stored yet, makes no sense on `today`."""
    technique = back_test.version.product.technique
    if technique not in TRIED:
        raise BackTestRefused(
            _("Loans on goods rest on receipts and prices, which orders do not tell, so they cannot be tried on them.")
        )
    if back_test.last >= today:
        raise BackTestRefused(_("Only days that are over can be lived through again. Choose an earlier last day."))
    if back_test.last - back_test.first > LONGEST:
        raise BackTestRefused(_("At most three years can be lived through at once. Choose a later first day."))
    try:
        back_test.clean_fields(exclude=["asked_by"])
        back_test.validate_constraints()
        back_test.version.full_clean(exclude=["state"])
    except ValidationError as error:
        raise BackTestRefused(" ".join(error.messages)) from error


def ask_back_test(*, back_test: BackTest, today: date, at: datetime, by: str) -> BackTest:
    """Store a back-test and ask a worker for it, against the version that is live now. Raises BackTestRefused."""
    back_test.asked_by = by
    check_back_test(back_test, today=today)
    live = ProductVersion.objects.active().filter(product=back_test.version.product)
    with transaction.atomic():
        back_test.against = live.exclude(pk=back_test.version_id).first()
        back_test.save()
        log_birth([back_test], at=at, by=by)
        nudge("reconciliation.run_back_test", back_test_id=back_test.pk)
    return back_test


def cancel_back_test(*, back_test_id: int, at: datetime, by: str) -> BackTest:
    """Give a waiting or running back-test up; its worker stops within seconds and writes nothing. Again changes
    nothing. Raises BackTestRefused when it is over."""
    with transaction.atomic():
        back_test = BackTest.objects.select_for_update().get(pk=back_test_id)
        if back_test.state != "cancelled":
            _move(back_test, "cancel", at=at, by=by)
        return back_test


def retry_back_test(*, back_test_id: int, at: datetime, by: str) -> BackTest:
    """Run a back-test again, from the start, that failed, was cancelled or lost its worker. Raises BackTestRefused."""
    with transaction.atomic():
        back_test = BackTest.objects.select_for_update().get(pk=back_test_id)
        _move(back_test, "ask_again", at=at, by=by)
        nudge("reconciliation.run_back_test", back_test_id=back_test.pk)
        return back_test


def tend_back_tests(*, at: datetime, by: str) -> list[int]:
    """Mark the runs whose worker fell silent as interrupted; answers the keys of those that wait for a worker."""
    with transaction.atomic():
        silent = BackTest.objects.select_for_update(skip_locked=True).filter(state="running", seen_at__lt=at - SILENT)
        for back_test in silent.order_by("pk"):
            back_test.move("lose", at=at, by=by, reason="its worker fell silent")
    return list(BackTest.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True))


def run_back_test(*, back_test_id: int, platform: Platform, clock: Callable[[], datetime], by: str) -> BackTest:
    """Run a waiting back-test to its end; one that is not waiting is answered as it is.

    Nothing but its progress is written before the end. A run that was cancelled or taken over meanwhile writes
    nothing; a fault leaves it failed, with the error.
    """
    with transaction.atomic():
        back_test = BackTest.objects.select_for_update().get(pk=back_test_id)
        if back_test.state != "waiting":
            return back_test
        back_test.seen_at = clock()
        back_test.move("start", at=clock(), by=by)
    run = _Run(back_test, platform, clock)
    started = time.perf_counter()
    try:
        results, lines = run.results()
        seconds = Decimal(f"{time.perf_counter() - started:.3f}")
        with transaction.atomic():
            back_test.move("finish", at=clock(), by=by, results=results, seconds=seconds)
            bulk.copy_rows(BackTestSeller, ["back_test_id", "side", *SellerLine._fields], lines)
    except (Stopped, ConcurrentTransition):
        structlog.get_logger().info("back-test stopped", back_test=back_test_id)
    except Exception as error:  # noqa: BLE001  whatever it is, the person who waits is told
        structlog.get_logger().exception("back-test failed", back_test=back_test_id)
        _fail(back_test_id, run.attempt, error, clock(), by)
    return BackTest.objects.get(pk=back_test_id)


@dataclass(slots=True)
class _Run:
    """One attempt at a back-test."""

    back_test: BackTest
    platform: Platform
    clock: Callable[[], datetime]

    @property
    def attempt(self) -> int:
        return self.back_test.attempt

    def results(self) -> tuple[dict[str, Any], list[tuple[object, ...]]]:
        """What each side comes to, as it is kept, and the lines of the sellers. Raises Stopped."""
        asked = self.back_test
        sides = {"version": asked.version.terms}
        if asked.against is not None:
            sides["against"] = asked.against.terms
        currency, losses = self.platform.currency, Losses(asked.default_days, asked.loss_share)
        outcomes = {side: Outcome(currency, asked.last, losses) for side in sides}
        lines: list[tuple[object, ...]] = []
        for trials in self._trials(list(sides.values())):
            for side, trial in zip(sides, trials, strict=True):
                line = outcomes[side].add(trial)
                if line.most_offered:
                    lines.append((asked.pk, side, *line))
        told = {side: {**outcomes[side].told(), "terms": _as_text(terms)} for side, terms in sides.items()}
        return told, lines

    def _trials(self, versions: list[Terms]) -> Iterator[list[Any]]:
        asked = self.back_test
        course = Course(asked.first.toordinal(), asked.last.toordinal(), asked.seed, policy_of(asked))
        sellers = readable_sellers(self.platform.business_date(self.clock()))
        BackTest.objects.filter(pk=asked.pk).update(sellers=len(sellers))
        asked.sellers = len(sellers)
        said = time.monotonic()
        for done, past in enumerate(pasts(sellers, course, self.platform.zone)):
            if time.monotonic() - said > BREATH:
                self._say(done)
                said = time.monotonic()
            with no_garbage_collection():
                trials = live_through(past, versions, course)
            yield trials

    def _say(self, done: int) -> None:
        mine = BackTest.objects.filter(pk=self.back_test.pk, state="running", attempt=self.attempt)
        if not mine.update(sellers_done=done, seen_at=self.clock()):
            raise Stopped


def policy_of(back_test: BackTest) -> Policy:
    """What the back-test assumes of people and buyers."""
    return Policy(
        accept_share=float(back_test.accept_share),
        returned_share=float(back_test.returned_share),
        charged_back_share=float(back_test.charged_back_share),
        settlement_days=back_test.settlement_days,
    )


def terms_differ(back_test: BackTest) -> bool:
    """Whether the version's terms were edited since it was tried: a draft may be. Terms that no version had then, as
    Granary did not know them yet, are not compared."""
    results, now = back_test.results, _as_text(back_test.version.terms)
    return results is not None and now | results["version"]["terms"] != now


def _as_text(terms: Terms) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(terms).items()}


def _fail(back_test_id: int, attempt: int, error: Exception, at: datetime, by: str) -> None:
    with transaction.atomic():
        back_test = BackTest.objects.select_for_update().get(pk=back_test_id)
        if back_test.state == "running" and back_test.attempt == attempt:
            text = "".join(traceback.format_exception_only(error)).strip()
            back_test.move("fail", at=at, by=by, reason=text[:300], error=text)


def _move(back_test: BackTest, verb: str, *, at: datetime, by: str) -> None:
    if not back_test.can(verb):
        raise BackTestRefused(_("This back-test has moved on. Nothing was changed. Look at it again."))
    back_test.move(verb, at=at, by=by)
