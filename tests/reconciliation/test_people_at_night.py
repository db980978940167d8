"""Check 13: two hundred repayments by people at the desk while a night runs over all of them, and waivers and charges
besides."""

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Sum
from django.test import RequestFactory
from django.test.client import ClientHandler
from django.utils import timezone

from apps.evidence import proofs as evidence
from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.ledger import proofs
from apps.ledger.services import take_the_books
from apps.portal.bank_lines import LONGEST_LIST
from apps.reconciliation import works
from apps.reconciliation.faults import plan
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.rehearsal import FIRST, NIGHT, clock_of, close, prepare
from apps.repayment import proofs as repayment_proofs
from apps.repayment.events import Act, perform
from apps.repayment.models import Event, Movement
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.conftest import PlatformClient
from tests.factories import make_bank_line, make_user
from tests.portal.test_desk_financing import shown
from tests.story import DAY
from tests.threads import at_once

SELLERS, PEOPLE, EACH = 20, 10, 20
PAYMENTS = PEOPLE * EACH
TODAY = NIGHT + DAY
MOST_WAITING = LONGEST_LIST // PEOPLE - 1  # the page offers no more lines of the bank than its longest list
CHARGE, WAIVER = Decimal("2.50"), Decimal("0.10")


class Pace:
    """How far the people are, and whether the night is over: each of its first pieces waits, its sellers in hand, for
    ten more payments to have begun."""

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self.began = self.pieces = 0
        self.night_is_over = False
        self.began_too_late = 0
        self.someone_failed: Exception | None = None

    def begin(self) -> None:
        with self.moved:
            self.began += 1
            self.began_too_late += self.night_is_over
            self.moved.notify_all()

    def hold(self, do: Callable[[works.Piece], works.Report], piece: works.Piece) -> works.Report:
        of_piece = Seller.objects.filter(pk__range=(piece.chunk.first_seller, piece.chunk.last_seller))
        list(of_piece.order_by("pk").select_for_update())  # as the piece itself will
        with self.moved:
            self.pieces += 1
            ahead = min(PAYMENTS, PEOPLE * self.pieces)
            self.moved.wait_for(lambda: self.began >= ahead or self.someone_failed is not None, timeout=60)
        return do(piece)

    def end(self) -> None:
        with self.moved:
            self.night_is_over = True

    def fail(self, error: Exception) -> None:
        """Nobody waits for someone who will not come."""
        with self.moved:
            self.someone_failed = error
            self.moved.notify_all()


class Person:
    """One of the staff at the desk's page: shown what will change, does it, and comes back where the page says 409."""

    def __init__(self, platform: Platform, number: int, financings: list[int], pace: Pace) -> None:
        self.number, self.pace = number, pace
        self.financings = financings
        self.platform = platform
        client = PlatformClient(platform)
        client.sign_in(make_user())
        # The handler that Django's client calls, without what that keeps of every template rendered in any thread.
        self.requests = RequestFactory(HTTP_HOST=client.defaults["HTTP_HOST"])
        self.requests.cookies = client.cookies
        self.handler: Any = ClientHandler(enforce_csrf_checks=False)
        self.answers: Counter[int] = Counter()

    def pay_all(self) -> Counter[int]:
        try:
            return self._pay_all()
        except Exception as error:
            self.pace.fail(error)
            raise

    def _pay_all(self) -> Counter[int]:
        waiting: deque[tuple[str, dict[str, Any]]] = deque()
        for number in range(EACH):
            financing = self.financings[(self.number * 7 + number) % len(self.financings)]
            with entered(self.platform.schema_name):
                line = make_bank_line(amount=Decimal(3) + self.number, booked_on=TODAY)
            typed = {"line": line.pk, "reason": "by transfer", "key": f"{self.number}:{number}"}
            waiting.append((f"/desk/financings/{financing}/payment/", typed))
            self.pace.begin()
            self._pay(waiting)
            while len(waiting) > MOST_WAITING:
                time.sleep(0.02)
                self._pay(waiting)
        while waiting:
            time.sleep(0.02)  # sooner than Retry-After asks
            self._pay(waiting)
        return self.answers

    def _pay(self, waiting: deque[tuple[str, dict[str, Any]]]) -> None:
        """Try the payment that waits longest; one that meets a busy seller, or a change of what was shown, waits on."""
        address, typed = waiting.popleft()
        page = self._post(address, typed)
        if page.status_code == 200:
            page = self._post(address, {**shown(page), **typed})
        if page.status_code == 409:
            assert int(page["Retry-After"]) > 0
        elif page.status_code == 422:
            assert "look again" in page.content.decode(), words_of(page)
        if page.status_code != 302:
            waiting.append((address, typed))

    def _post(self, address: str, typed: dict[str, Any]) -> Any:
        page = self.handler(self.requests.post(address, typed).environ)
        self.answers[page.status_code] += 1
        assert page.status_code in {200, 302, 409, 422}, words_of(page)
        return page


def words_of(page: Any) -> str:
    """What a page says between its head and its foot."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode().partition("<main")[2]).split())


def act_all(platform: Platform, act: Act, among: list[int]) -> None:
    """The same act `EACH` times, through the service; SellerBusy is its 409."""
    for number in range(EACH):
        while True:
            try:
                perform(
                    financing_id=among[number % len(among)], act=act, key=f"{act.kind}:{number}", asked_on=TODAY,
                    at=clock_of(platform)(), by="user:1",
                )  # fmt: skip
                break
            except SellerBusy:
                time.sleep(0.02)


def test_two_hundred_payments_by_people_during_the_night_are_exact(
    fresh_platform: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=SELLERS)
    plan(platform)
    monkeypatch.setattr(timezone, "now", clock_of(platform))  # the pages, too, are looked at on the day after NIGHT
    pace = Pace()
    monkeypatch.setattr(works, "do", partial(pace.hold, works.do))
    with entered(platform.schema_name):
        financings = list(Financing.objects.active().order_by("pk").values_list("pk", flat=True))
        with_fee = Financing.objects.active().filter(fee__gt=0).order_by("pk").values_list("pk", flat=True)
        waived = list(with_fee[:4])  # nobody pays these, so that there is a fee to waive
        paid = [one for one in financings if one not in waived]
        people = [Person(platform, number, paid, pace) for number in range(PEOPLE)]

    def night() -> NightlyRun:
        run = close(platform)
        pace.end()
        return run

    others = [
        partial(act_all, platform, Act("charge", "a reminder", parts={"penalty": CHARGE}), paid),
        partial(act_all, platform, Act("waiver", "goodwill", parts={"fee": WAIVER}), waived),
    ]
    circles = _deadlocks()
    works_of_people = [person.pay_all for person in people]
    run, *answers = at_once(platform.schema_name, [night, *works_of_people, *others])
    assert [str(one) for one in (run, *answers) if isinstance(one, BaseException)] == []
    assert (run.state, _deadlocks()) == ("balanced", circles)
    assert (pace.began, pace.began_too_late) == (PAYMENTS, 0), "the night was over before everybody had begun"
    answered: Counter[int] = sum((person.answers for person in people), Counter())
    assert max(answered) < 500
    assert answered[302] == PAYMENTS == 200
    assert answered[409] > 0, "nobody met the night"
    with entered(platform.schema_name):
        done = {"payment": 200, "charge": EACH, "waiver": EACH}
        assert Counter(Event.objects.values_list("kind", flat=True)) == done
        assert -_moved("payment") == sum(EACH * (Decimal(3) + person) for person in range(PEOPLE)) == Decimal("1500")
        assert _moved("charge") == EACH * CHARGE == Decimal("50")
        assert -_moved("waiver") == EACH * WAIVER == Decimal("2")
        act_all(platform, Act("charge", "a reminder", parts={"penalty": CHARGE}), paid)  # the same keys again: nothing
        assert Event.objects.count() == 240
        close(platform, TODAY)
        assert [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()] == []


def _moved(kind: str) -> Decimal:
    """What acts of one kind changed in all; what was told again cancels out."""
    parts = F("principal") + F("fee") + F("interest") + F("penalty")
    return Movement.objects.filter(kind=kind).aggregate(sum=Sum(parts - F("surplus")))["sum"] or Decimal(0)


def test_a_piece_that_waits_in_a_circle_is_undone_and_done_again(fresh_platform: Callable[..., Platform]) -> None:
    """Someone has the books and wants a seller, whom the night holds while it wants the books: the database breaks the
    circle at the expense of the night, which waited first, and the piece is done after all."""
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=2)
    plan(platform)
    has_books = threading.Event()

    def night() -> NightlyRun:
        has_books.wait(timeout=60)
        return close(platform)

    def someone() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            take_the_books()
            has_books.set()
            while not _waits_for_a_turn(cursor):
                time.sleep(0.02)
            return len(Seller.objects.select_for_update())

    before = _deadlocks()
    run, sellers = at_once(platform.schema_name, [night, someone])
    assert (run.state, sellers) == ("balanced", 2)
    assert _deadlocks() == before + 1
    with entered(platform.schema_name):
        assert [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()] == []


def _waits_for_a_turn(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND objid = hashtext(current_schema())::bigint & 4294967295)"
    )
    return bool(cursor.fetchone()[0])


def _deadlocks() -> int:
    """How many circles the database has broken in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
