"""What holds after every step of the machine in `test_machine.py`, whatever was done: section by section what must
never happen, asked of the product's own proofs where it has them and of the rows where it has none."""

import hashlib
import json
from collections import Counter
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q, Sum
from hypothesis.stateful import RuleBasedStateMachine, invariant
from psycopg import sql

from apps.banking.models import BankLine
from apps.core import standing
from apps.evidence.models import Record
from apps.financing.models import Application, Contract, FinancedOrder, Financing, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services.preview import preview
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal, Entry
from apps.products.models import FundingPool
from apps.repayment import proofs as repayment_proofs
from apps.repayment.changes import plan
from apps.repayment.instalment_rows import stored_rows
from apps.repayment.instalments import settled
from apps.repayment.models import Demand, Event, Sweep
from apps.sellers.models import Seller
from apps.warehousing.models import PledgedReceipt
from tests.story import DAY, Story

D = Decimal
WRITTEN_ONCE = ("ledger_entry", "ledger_posting", "repayment_movement", "financing_share", "core_transition")
# An application in one of these was decided, and what the decision rested on is frozen with it.
DECIDED = ("approved", "contracted", "lapsed")
RESTED_ON = {"score", "grade", "default_probability", "limit", "features", "version"}
OF_A_SUCCESSOR = {"restructures", "agreement"}
MAY_HOLD_ORDERS = ("pending", "active", "overpaid", "written_off")


class Promises(RuleBasedStateMachine):
    """What is promised of the books. The machine that does things says where it stands and whose life has changed."""

    story: Story
    today: date
    financings: list[int]
    moved: set[int]  # the places whose life has changed since it was last told

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, tuple[int, str]] = {}
        self.decided: dict[int, tuple[Any, str]] = {}
        self.quoted: set[int] = set()  # applications whose contract was read
        self.shown: set[tuple[int, date]] = set()  # offers that were looked at, and when

    def financing(self, place: int) -> Financing:
        return Financing.objects.select_related("version__product__pool", "seller").get(pk=self.financings[place])

    @invariant()
    def the_books_hold(self) -> None:
        assert proofs.faults() == []
        assert repayment_proofs.faults() == []

    @invariant()
    def nothing_is_below_zero(self) -> None:
        below = Q(principal__lt=0) | Q(fee__lt=0) | Q(interest__lt=0) | Q(penalty__lt=0) | Q(overpaid__lt=0)
        owing = ~Q(principal=0) | ~Q(fee=0) | ~Q(interest=0) | ~Q(penalty=0)
        assert not Financing.objects.filter(below).exists()
        assert not Financing.objects.filter(owing).exclude(state="active").exists()
        assert not Financing.objects.filter(~Q(overpaid=0)).exclude(state="overpaid").exists()
        assert not Financing.objects.filter(state="overpaid", overpaid=0).exists()
        assert not Financing.objects.filter(state="active", principal=0, fee=0, interest=0, penalty=0).exists()
        assert not Demand.objects.filter(paid__gt=F("amount")).exists()
        assert not FundingPool.objects.filter(Q(drawn__lt=0) | Q(reserved__lt=0)).exists()
        assert not FundingPool.objects.filter(drawn__gt=F("committed") - F("reserved")).exists()
        for one in Sweep.objects.all():
            assert one.kept <= max(one.net + min(one.brought_forward, D(0)), D(0))

    @invariant()
    def the_banks_cash_is_explained(self) -> None:
        for purpose, code in (("collection", chart.COLLECTION_CASH), ("funding", chart.FUNDING_CASH)):
            explained = BankLine.objects.filter(purpose=purpose).exclude(matched_to="")
            total = explained.aggregate(total=Sum("amount"))["total"] or D(0)
            assert DailyTotal.objects.balance(code, "CNY", self.today + DAY) == total

    @invariant()
    def what_was_written_stays_as_it_was(self) -> None:
        for table in WRITTEN_ONCE:
            last, digest = self.known.get(table, (0, _digest_of_none()))
            through, whole, before = _digests(table, last)
            assert before == digest, f"{table}: a row that was there was changed or is gone"
            self.known[table] = (through, whole)

    @invariant()
    def no_state_moved_without_its_transition(self) -> None:
        assert standing.faults() == []

    @invariant()
    def nothing_is_financed_or_pledged_twice(self) -> None:
        financed, pledged = FinancedOrder.objects.filter(released_on=None), PledgedReceipt.objects.live()
        assert not financed.values("order").annotate(times=Count("pk")).filter(times__gt=1).exists()
        assert not financed.exclude(financing__state__in=MAY_HOLD_ORDERS).exists()
        assert not pledged.values("receipt").annotate(times=Count("pk")).filter(times__gt=1).exists()
        assert not pledged.filter(pledge__state__in=["cancelled", "released"]).exists()

    @invariant()
    def a_decision_keeps_what_it_rested_on(self) -> None:
        for one in Application.objects.filter(state__in=DECIDED).select_related("contract"):
            kept = set(one.decision)
            assert {"decided_at", "decided_by"} <= kept
            assert kept >= RESTED_ON or kept >= OF_A_SUCCESSOR, sorted(kept)
            terms = one.contract.terms
            assert hashlib.sha256(terms.encode()).hexdigest() == one.contract.terms_sha256
            assert self.decided.setdefault(one.pk, (one.decision, terms)) == (one.decision, terms)
        assert set(self.decided) <= set(Application.objects.values_list("pk", flat=True))

    @invariant()
    def no_price_stands_without_its_annualised_rate(self) -> None:
        """In what was signed, and of what is on offer: of the whole, and of each speed of sales."""
        for contract in Contract.objects.exclude(application__in=self.quoted):
            self.quoted.add(contract.application_id)
            terms = json.loads(contract.terms)
            shown = [terms["annualised_rate"], *(one["annualised_rate"] for one in terms["projections"])]
            assert all(D(rate) > 0 or not D(terms["charge"]) for rate in shown), (contract.number, shown)
        offers = Offer.objects.open().select_related("version__product__pool", "seller", "assessment")
        for offer in offers.exclude(pk__in=[key for key, on in self.shown if on == self.today]):
            self.shown.add((offer.pk, self.today))
            with suppress(OfferRefused):  # its orders do not carry it today: then no price is shown
                seen = preview(offer=offer, amount=offer.maximum_amount, on=self.today, zone=self.story.platform.zone)
                rates = [seen.cost.annualised_rate, *(one.effective_rate for one in seen.projections)]
                assert all(rate > 0 or not seen.cost.charge for rate in rates), (offer.pk, rates)

    @invariant()
    def a_life_told_again_is_the_life_that_was_lived(self) -> None:
        while self.moved:
            financing = self.financing(self.moved.pop())
            if financing.state in {"written_off", "restructured"}:
                continue
            told = plan(financing, _no_event(financing, self.today))
            assert (told.undone, told.told) == ((), ()), financing.number
            assert told.after == told.before, financing.number
            stored = stored_rows(financing)
            if stored:
                through = financing.closed_through or self.today
                assert settled(told.life.rows, {one.number: one for one in stored}, through) == stored
                continue
            paid = dict(Demand.objects.filter(financing=financing).values_list("pk", "paid"))
            assert {one.id: one.paid for one in told.life.demands} == paid, financing.number

    @invariant()
    def a_seller_is_as_late_as_the_latest_financing(self) -> None:
        for seller in Seller.objects.all():
            worst = seller.financings.active().aggregate(worst=Max("days_past_due"))["worst"] or 0
            assert seller.worst_days_past_due == worst

    def every_event_has_its_entry(self) -> None:
        for event in Event.objects.exclude(reason="").exclude(state="proposed"):
            moved = event.movements.exclude(entry_key__in=Entry.objects.values("key"))
            assert not moved.exists()
        done = Event.objects.filter(state="done")
        assert not Event.objects.filter(reason="").exists()
        recorded = Counter(Record.objects.filter(kind__in=Event.Kind.values).values_list("kind", flat=True))
        assert recorded == Counter(done.values_list("kind", flat=True))


def _no_event(financing: Financing, today: date) -> Event:
    """An event that changes nothing, on the last date of interest of `financing`."""
    dates = (financing.closed_through, financing.accrued_through)
    return Event(
        financing=financing, number=999, kind="resume", key="again", reason="none", by="test",
        effective_on=today, business_date=max(one for one in dates if one), details={},
    )  # fmt: skip


def _digests(table: str, last: int) -> tuple[int, str, str]:
    """The key of the last row of `table`, and a digest of all rows and of those up to the key `last`."""
    query = sql.SQL(
        """
        SELECT coalesce(max(id), 0), md5(coalesce(string_agg(one::text, ' ' ORDER BY id), '')),
               md5(coalesce(string_agg(one::text, ' ' ORDER BY id) FILTER (WHERE id <= {last}), ''))
        FROM {table} AS one
        """
    ).format(table=sql.Identifier(table), last=sql.Literal(last))
    with connection.cursor() as cursor:
        cursor.execute(query)
        through, whole, before = cursor.fetchone()
    return through, whole, before


def _digest_of_none() -> str:
    return hashlib.md5(b"", usedforsecurity=False).hexdigest()
