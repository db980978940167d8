"""What happens to goods in store: each act in each state, each of them sent twice, and what forbids it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.evidence.proofs import faults
from apps.warehousing.custody import custody_of, open_steps
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.models.receipt import RECEIPT_STATES
from apps.warehousing.services import (
    ReceiptRefused,
    accept_transfer,
    announce_goods,
    decline_transfer,
    expire_receipts,
    freeze_receipt,
    issue_receipt,
    offer_transfer,
    replace_lost_paper,
    revalidate_receipt,
    split_receipt,
    take_back_transfer,
    turn_away,
    unfreeze_receipt,
    withdraw_receipt,
)
from tests.factories import make_seller, make_warehouse
from tests.warehousing.goods import COTTON, ISSUED_ON, VALID_UNTIL, agreed, issued, put_in_pledge

pytestmark = pytest.mark.usefixtures("platform")
TODAY = date(2025, 3, 14)
AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
D = Decimal


@pytest.fixture
def when(at: datetime) -> dict[str, Any]:
    """Who acts when: a warehouse operator, today."""
    return {"at": at, "by": "user:7"}


def check_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused_by_the_database(words: str) -> Iterator[None]:
    """What is done within, and all that the end of a transaction checks, is refused by the database itself."""
    with pytest.raises(IntegrityError, match=words), transaction.atomic():  # noqa: PT012  and what waits for the end
        yield
        check_now()


def in_state(state: str, **facts: Any) -> WarehouseReceipt:
    """A receipt put into `state` behind everybody's back."""
    receipt = issued(**facts)
    if state == "split":
        split_receipt(receipt_id=receipt.pk, weights=[D(1), D(4999)], on=TODAY, at=AT, by="user:7")
        return WarehouseReceipt.objects.get(pk=receipt.pk)
    frozen = {"frozen_from": "issued", "frozen_by": "user:1"} if state == "frozen" else {}
    WarehouseReceipt.objects.filter(pk=receipt.pk).update(state=state, **frozen)
    return WarehouseReceipt.objects.get(pk=receipt.pk)


ACTS: dict[str, Callable[[WarehouseReceipt, dict[str, Any]], Any]] = {
    "split": lambda one, when: split_receipt(receipt_id=one.pk, weights=[D(2000), D(3000)], on=TODAY, **when),
    "withdraw": lambda one, when: withdraw_receipt(receipt_id=one.pk, on=TODAY, **when),
    "replace": lambda one, when: replace_lost_paper(
        receipt_id=one.pk, number="WR-9", declaration="burnt", on=TODAY, **when
    ),
    "revalidate": lambda one, when: revalidate_receipt(
        receipt_id=one.pk, valid_until=date(2027, 1, 1), insured_until=date(2027, 1, 1), on=TODAY, **when
    ),
    "freeze": lambda one, when: freeze_receipt(receipt_id=one.pk, reason="a dispute", on=TODAY, **when),
    "unfreeze": lambda one, when: unfreeze_receipt(receipt_id=one.pk, reason="settled", on=TODAY, **when),
    "offer": lambda one, when: offer_transfer(
        receipt_id=one.pk, giver_id=one.holder_id, taker_number="S-NEW", on=TODAY, **when
    ),
    "turn_away": lambda one, when: turn_away(receipt_id=one.pk, reason="it never came", **when),
}
# In which states each act is done, or was done already; everywhere else it is refused and nothing changes.
WORKS = {
    "split": {"issued"},
    "withdraw": {"issued", "delivered"},
    "replace": {"issued", "frozen"},
    "revalidate": {"expired"},
    "freeze": {"issued", "pledged", "expired", "invoked", "frozen"},
    "unfreeze": {"frozen"},
    "offer": {"issued"},
    "turn_away": {"requested", "cancelled"},
}


@pytest.mark.parametrize("state", RECEIPT_STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_act_in_every_state(act: str, state: str, when: dict[str, Any]) -> None:
    make_seller(external_id="S-NEW")
    receipt = in_state(state)
    log = Transition.objects.count()
    if state in WORKS[act]:
        ACTS[act](receipt, when)
        return
    with pytest.raises(ReceiptRefused, match="WR-1"):
        ACTS[act](receipt, when)
    receipt.refresh_from_db()
    assert receipt.state == state
    assert Transition.objects.count() == log


def test_goods_are_announced_then_issued_with_what_the_scale_says(when: dict[str, Any]) -> None:
    warehouse, farmer = make_warehouse(), make_seller()
    facts: dict[str, Any] = {
        "number": "WR-1",
        "warehouse": warehouse,
        "seller": farmer,
        "commodity": "cotton",
        "unit": "t",
    }
    asked = announce_goods(**facts, weight=D("4.9"), origin="Xinjiang", **when)
    assert announce_goods(**facts, weight=D("4.9"), origin="Xinjiang", **when) == asked
    assert (asked.state, asked.weight, asked.announced_weight) == ("requested", None, D("4.9"))
    with pytest.raises(ReceiptRefused, match="was given to other goods"):
        announce_goods(**{**facts, "seller": make_seller()}, weight=D(1), **when)
    receipt = issued(warehouse=warehouse, depositor=farmer, at=when["at"])
    assert receipt == asked
    assert (receipt.state, receipt.weight, receipt.unit, receipt.issued_by) == ("issued", D(5000), "kg", "user:7")
    assert [step.verb for step in custody_of(receipt)] == ["create", "issue"]
    assert Record.objects.filter(kind="receipt_issued").count() == 1


def test_an_announcement_is_not_issued_to_somebody_else() -> None:
    asked = announce_goods(
        number="WR-1", warehouse=make_warehouse(), seller=make_seller(), commodity="cotton", unit="kg", weight=D(1),
        at=datetime(2025, 3, 1).astimezone(), by="user:3",
    )  # fmt: skip
    with pytest.raises(ReceiptRefused, match="issued for other goods"):
        issued(warehouse=asked.warehouse)
    assert WarehouseReceipt.objects.get().state == "requested"


@pytest.mark.parametrize("weight", ["0", "-1", "NaN", "1E+30", "0.00001"])
def test_no_impossible_weight_is_announced(weight: str, when: dict[str, Any]) -> None:
    with pytest.raises(ReceiptRefused, match="weight"):
        announce_goods(
            number="WR-1", warehouse=make_warehouse(), seller=make_seller(), commodity="tea", unit="kg",
            weight=D(weight), **when,
        )  # fmt: skip
    assert not WarehouseReceipt.objects.exists()


def test_a_split_adds_up_and_its_parts_carry_everything_on(when: dict[str, Any]) -> None:
    whole = issued()
    parts = ACTS["split"](whole, when)
    check_now()
    assert [(part.number, part.weight, part.state) for part in parts] == [
        ("WR-1/1", D(2000), "issued"),
        ("WR-1/2", D(3000), "issued"),
    ]
    assert {(part.holder, part.lot, part.bin, part.valid_until, part.issued_by) for part in parts} == {
        (whole.holder, whole.lot, whole.bin, whole.valid_until, whole.issued_by)
    }
    assert [step.verb for step in custody_of(parts[0])] == ["create", "issue", "split", "create"]
    assert ACTS["split"](whole, when) == parts
    assert WarehouseReceipt.objects.count() == 3
    with pytest.raises(ReceiptRefused, match="was split"):
        split_receipt(receipt_id=whole.pk, weights=[D(1000), D(4000)], on=TODAY, **when)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (["2000", "2999.9999"], r"The parts add up to 4999\.9999 kg, the receipt is for 5000\.0000 kg"),
        (["2000", "3000.0001"], r"add up to 5000\.0001 kg"),
        (["5000"], "2 to 50 parts"),
        ([], "2 to 50 parts"),
        (["5000", "0"], "more than nothing"),
        (["6000", "-1000"], "more than nothing"),
        (["100"] * 51, "2 to 50 parts"),
    ],
)
def test_a_split_that_does_not_sum_is_refused_with_the_sums(
    weights: list[str], words: str, when: dict[str, Any]
) -> None:
    whole = issued()
    with pytest.raises(ReceiptRefused, match=words):
        split_receipt(receipt_id=whole.pk, weights=[D(one) for one in weights], on=TODAY, **when)
    assert WarehouseReceipt.objects.get().state == "issued"


def test_goods_in_pledge_do_not_leave_from_the_request_on(when: dict[str, Any]) -> None:
    make_seller(external_id="S-NEW")
    receipt = issued()
    held = put_in_pledge(agreed(), receipt)
    for act in ("withdraw", "split", "replace", "offer"):
        with pytest.raises(ReceiptRefused, match="about to be pledged: the request must end first"):
            ACTS[act](receipt, when)
    receipt.move("pledge", **when)
    for act in ("withdraw", "split", "replace", "offer"):
        with pytest.raises(ReceiptRefused, match="are pledged: only the financier can let them go"):
            ACTS[act](receipt, when)
    receipt.move("release", **when)
    for state in ("delivered", "split", "replaced"):
        with refused_by_the_database(r"is held in pledge|do not add up"):
            WarehouseReceipt.objects.filter(pk=receipt.pk).update(state=state)
    held.released_on = TODAY
    held.save()
    assert ACTS["withdraw"](receipt, when).state == "delivered"
    assert ACTS["withdraw"](receipt, when).state == "delivered"
    assert Transition.of(receipt).filter(verb="withdraw").count() == 1


def test_a_receipt_changes_hands_in_two_steps(when: dict[str, Any]) -> None:
    receipt, taker, stranger = issued(), make_seller(external_id="S-NEW"), make_seller()
    giver = receipt.holder
    offer = ACTS["offer"](receipt, when)
    assert ACTS["offer"](receipt, when) == offer
    receipt.refresh_from_db()
    assert receipt.holder == giver
    with pytest.raises(type(offer).DoesNotExist):
        accept_transfer(transfer_id=offer.pk, taker_id=stranger.pk, on=TODAY, **when)
    for _twice in range(2):
        assert accept_transfer(transfer_id=offer.pk, taker_id=taker.pk, on=TODAY, **when).state == "accepted"
    receipt.refresh_from_db()
    assert (receipt.holder, receipt.state, receipt.depositor) == (taker, "issued", giver)
    (step,) = Transition.of(receipt).filter(verb="transfer")
    assert step.reason == "to S-NEW"
    with pytest.raises(ReceiptRefused, match="Only the holder"):
        offer_transfer(receipt_id=receipt.pk, giver_id=giver.pk, taker_number="S-NEW", on=TODAY, **when)


def test_an_offer_that_is_over_moves_nothing(when: dict[str, Any]) -> None:
    receipt, taker = issued(), make_seller(external_id="S-NEW")
    other = make_seller(external_id="S-OTHER")
    first = ACTS["offer"](receipt, when)
    with pytest.raises(ReceiptRefused, match="offered this receipt to somebody else"):
        offer_transfer(receipt_id=receipt.pk, giver_id=receipt.holder_id, taker_number="S-OTHER", on=TODAY, **when)
    take_back_transfer(transfer_id=first.pk, giver_id=receipt.holder_id, **when)
    second = offer_transfer(receipt_id=receipt.pk, giver_id=receipt.holder_id, taker_number="S-OTHER", on=TODAY, **when)
    decline_transfer(transfer_id=second.pk, taker_id=other.pk, **when)
    for offer, whose in ((first, taker), (second, other)):
        with pytest.raises(ReceiptRefused, match="This offer is over"):
            accept_transfer(transfer_id=offer.pk, taker_id=whose.pk, on=TODAY, **when)
    third = ACTS["offer"](receipt, when)
    WarehouseReceipt.objects.filter(pk=receipt.pk).update(state="pledged")
    with pytest.raises(ReceiptRefused, match="are pledged"):
        accept_transfer(transfer_id=third.pk, taker_id=taker.pk, on=TODAY, **when)
    receipt.refresh_from_db()
    assert receipt.holder != taker
    spare = issued(number="WR-2", warehouse=make_warehouse(), depositor=receipt.depositor)
    for number in ("S-NOBODY", spare.holder.external_id, ""):
        with pytest.raises(ReceiptRefused, match="No other seller here"):
            offer_transfer(receipt_id=spare.pk, giver_id=spare.holder_id, taker_number=number, on=TODAY, **when)


def test_a_receipt_expires_after_its_last_valid_day(when: dict[str, Any]) -> None:
    free, pledged = issued(), issued(number="WR-2", warehouse=make_warehouse())
    held = put_in_pledge(agreed(), pledged)
    pledged.move("pledge", **when)
    night = {"at": when["at"], "by": "night"}
    assert expire_receipts(through=date(2026, 2, 28), **night) == 0
    assert expire_receipts(through=VALID_UNTIL, **night) == 2
    assert expire_receipts(through=VALID_UNTIL, **night) == 0
    ahead: dict[str, Any] = {"valid_until": date(2027, 1, 1), "insured_until": date(2027, 1, 1), "on": date(2026, 3, 2)}
    for _twice in range(2):
        assert revalidate_receipt(receipt_id=free.pk, **ahead, **when).state == "issued"
        assert revalidate_receipt(receipt_id=pledged.pk, **ahead, **when).state == "pledged"
    assert Transition.of(pledged).filter(verb="revalidate").count() == 1
    # A pledge that has let the goods go while the receipt was expired does not come back with it.
    expire_receipts(through=date(2027, 1, 1), **night)
    held.released_on = date(2027, 1, 1)
    held.save()
    later: dict[str, Any] = {"valid_until": date(2028, 1, 1), "insured_until": date(2028, 1, 1), "on": date(2027, 1, 2)}
    assert revalidate_receipt(receipt_id=pledged.pk, **later, **when).state == "issued"


def test_revalidation_looks_ahead(when: dict[str, Any]) -> None:
    receipt = in_state("expired")
    with pytest.raises(ReceiptRefused, match="at least through today"):
        revalidate_receipt(
            receipt_id=receipt.pk, valid_until=date(2027, 1, 1), insured_until=date(2025, 3, 13), on=TODAY, **when
        )
    assert WarehouseReceipt.objects.get().state == "expired"


def test_a_lost_paper_is_replaced_and_its_number_void(when: dict[str, Any]) -> None:
    old = issued()
    for number, words in (("WR-9", ""), ("WR-1", "lost"), ("", "lost")):
        with pytest.raises(ReceiptRefused, match=r"what the holder declared|number that no receipt has"):
            replace_lost_paper(receipt_id=old.pk, number=number, declaration=words, on=TODAY, **when)
    new = ACTS["replace"](old, when)
    check_now()
    assert ACTS["replace"](old, when) == new
    old.refresh_from_db()
    assert (old.state, new.state, new.weight, new.lot, new.replaces) == ("replaced", "issued", D(5000), "L-1", old)
    assert [(step.verb, step.number) for step in custody_of(new)] == [
        ("create", "WR-1"), ("issue", "WR-1"), ("replace", "WR-1"), ("create", "WR-9"),
    ]  # fmt: skip
    assert [step.verb for step in open_steps(new)] == ["issue", "replace"]
    with refused_by_the_database("is not for the goods"):
        WarehouseReceipt.objects.filter(pk=new.pk).update(weight=5001)


def test_a_frozen_receipt_waits_for_another_person(when: dict[str, Any]) -> None:
    receipt = issued()
    held = put_in_pledge(agreed(), receipt)
    receipt.move("pledge", **when)
    with pytest.raises(ReceiptRefused, match="Say why"):
        freeze_receipt(receipt_id=receipt.pk, reason=" ", on=TODAY, **when)
    assert ACTS["freeze"](receipt, when).state == "frozen"
    assert ACTS["freeze"](receipt, when).frozen_from == "pledged"
    with pytest.raises(ReceiptRefused, match="another person must lift it"):
        ACTS["unfreeze"](receipt, when)
    other = {**when, "by": "user:8"}
    assert ACTS["unfreeze"](receipt, other).state == "pledged"
    ACTS["freeze"](receipt, when)
    held.released_on = TODAY
    held.save()
    assert ACTS["unfreeze"](receipt, other).state == "issued"


def test_an_announcement_is_turned_away_with_a_reason(when: dict[str, Any]) -> None:
    asked = announce_goods(
        number="WR-1", warehouse=make_warehouse(), seller=make_seller(), commodity="tea", unit="kg", weight=D(1), **when
    )
    with pytest.raises(ReceiptRefused, match="Say why"):
        turn_away(receipt_id=asked.pk, reason="", **when)
    assert turn_away(receipt_id=asked.pk, reason="wet", **when).state == "cancelled"
    with pytest.raises(ReceiptRefused, match="issued for other goods"):
        issue_receipt(
            number="WR-1", warehouse=asked.warehouse, depositor=asked.depositor, goods=COTTON, issued_on=ISSUED_ON,
            valid_until=VALID_UNTIL, **when,
        )  # fmt: skip


def test_every_step_is_in_the_evidence_log_without_a_name(when: dict[str, Any]) -> None:
    make_seller(external_id="S-NEW")
    receipt = issued(depositor=make_seller(name="Farmer Ana"))
    ACTS["freeze"](receipt, {**when})
    ACTS["unfreeze"](receipt, {**when, "by": "user:8"})
    ACTS["replace"](receipt, when)
    part, _rest = split_receipt(
        receipt_id=WarehouseReceipt.objects.get(number="WR-9").pk, weights=[D(1), D(4999)], on=TODAY, **when
    )
    ACTS["withdraw"](part, when)
    kinds = list(Record.objects.order_by("position").values_list("kind", flat=True))
    assert kinds == [
        "receipt_issued", "receipt_frozen", "receipt_unfrozen", "receipt_replaced", "receipt_replaced", "receipt_split",
        "receipt_split", "receipt_split", "receipt_withdrawn",
    ]  # fmt: skip
    payloads = "".join(Record.objects.values_list("payload", flat=True))
    assert "Ana" not in payloads
    assert "dispute" not in payloads
    assert faults() == []
