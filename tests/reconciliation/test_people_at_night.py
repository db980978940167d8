"""Check 13: two hundred repayments, waivers and charges by people in threads while a night runs over all of them."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Sum

from apps.evidence import proofs as evidence
from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.ledger import proofs
from apps.ledger.services import take_the_books
from apps.reconciliation.faults import plan
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.rehearsal import FIRST, NIGHT, clock_of, close, prepare
from apps.repayment import proofs as repayment_proofs
from apps.repayment.events import Act, perform
from apps.repayment.models import Event, Movement
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_bank_line
from tests.story import DAY
from tests.threads import at_once

SELLERS, PEOPLE, EACH = 20, 10, 20
TODAY = NIGHT + DAY


def acts_of(person: int, lines: list[int]) -> list[Act]:
    """What one person does: payments of the given lines of the bank, and as many waivers and charges besides."""
    kinds: itertools.cycle[Callable[[int], Act]] = itertools.cycle(
        [
            lambda line: Act("payment", "by transfer", line_id=line),
            lambda _line: Act("charge", "a reminder", parts={"penalty": Decimal("2.50")}),
            lambda _line: Act("waiver", "goodwill", parts={"fee": Decimal("0.10")}),
            lambda line: Act("payment", "by transfer", line_id=line),
        ]
    )
    return [next(kinds)(line) for line in lines]


def test_two_hundred_acts_by_people_during_the_night_are_exact(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=SELLERS)
    plan(platform)
    with entered(platform.schema_name):
        financings = list(Financing.objects.active().order_by("pk").values_list("pk", flat=True))
        with_fee = Financing.objects.active().filter(fee__gt=0).order_by("pk").values_list("pk", flat=True)
        waived = list(with_fee[:4])  # nobody pays these, so that there is a fee to waive
        lines = [
            [make_bank_line(amount=Decimal(3) + person, booked_on=TODAY).pk for _number in range(EACH)]
            for person in range(PEOPLE)
        ]
    acts = [acts_of(person, lines[person]) for person in range(PEOPLE)]
    night_is_over = threading.Event()
    during: list[bool] = []
    busy: list[str] = []

    def night() -> NightlyRun:
        run = close(platform)
        night_is_over.set()
        return run

    def act_all(person: int) -> list[Event]:
        return [act_until_done(person, number, act) for number, act in enumerate(acts[person])]

    def act_until_done(person: int, number: int, act: Act) -> Event:
        among = waived if act.kind == "waiver" else [one for one in financings if one not in waived]
        financing = among[(person * 7 + number) % len(among)]
        while True:
            during.append(not night_is_over.is_set())
            try:
                return perform(
                    financing_id=financing, act=act, key=f"{person}:{number}", asked_on=TODAY,
                    at=clock_of(platform)(), by=f"user:{person}",
                )  # fmt: skip
            except SellerBusy as answer:  # 409 on the page: come back in a moment
                busy.append(str(answer))
                time.sleep(0.02)

    circles = _deadlocks()
    run, *answers = at_once(platform.schema_name, [night, *(partial(act_all, person) for person in range(PEOPLE))])
    assert not [one for one in (run, *answers) if isinstance(one, BaseException)]
    assert (run.state, _deadlocks()) == ("balanced", circles)
    done = [event for answer in answers for event in answer]
    assert len(done) == PEOPLE * EACH == 200
    assert sum(during) > PEOPLE, "the night was over before anybody came"
    asked = Counter(act.kind for some in acts for act in some)
    with entered(platform.schema_name):
        assert Counter(Event.objects.values_list("kind", flat=True)) == asked
        paid = sum(Decimal(3) + person for person, some in enumerate(acts) for act in some if act.kind == "payment")
        assert -_moved("payment") == paid == Decimal("750")
        assert _moved("charge") == asked["charge"] * Decimal("2.50") == Decimal("125")
        assert -_moved("waiver") == asked["waiver"] * Decimal("0.10") == Decimal("5")
        for person, some in enumerate(acts):  # the same keys again do nothing
            act_until_done(person, 0, some[0])
        assert Event.objects.count() == 200
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
