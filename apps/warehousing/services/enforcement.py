"""Taking over the goods of a pledge whose call ran out, by two people, and recording what they brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.evidence.services import record
from apps.warehousing.models import GoodsSale, MarginCall, PledgedReceipt
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services.releases import end_enforcement, enforce_pledge


@dataclass(frozen=True, slots=True)
class Sold:
    """What the goods brought, in the pledge's currency: `price` paid by `buyer`, of which `costs` of the sale and
    `surplus` beyond what was owed. With `to_pledgee` the financier is the buyer and takes title."""

    price: Decimal
    costs: Decimal
    surplus: Decimal
    buyer: str
    to_pledgee: bool = False


def ask_to_enforce(*, call_id: int, reason: str, on: date, at: datetime, by: str) -> MarginCall:
    """Ask that the goods behind an overdue call be taken over; another person agrees or does not.

    Asked again by anybody while it waits, it stays as first asked. Raises PledgeRefused without a reason or when
    the call is not overdue, MarginCall.DoesNotExist.
    """
    if not reason.strip():
        raise PledgeRefused(_("Say why: the reason stands in the history for good."))
    with transaction.atomic():
        call = _locked(call_id)
        if call.enforcement_asked_by:
            return call
        _must_be_overdue(call)
        call.enforcement_asked_by, call.enforcement_reason = by, reason.strip()[:300]
        call.save(update_fields=["enforcement_asked_by", "enforcement_reason"])
        _attest("enforcement_asked", call, {"reason": call.enforcement_reason}, on=on, at=at, by=by)
        return call


def withdraw_request(*, call_id: int, on: date, at: datetime, by: str) -> MarginCall:
    """Turn down, or take back, a request that waits for its second person."""
    with transaction.atomic():
        call = _locked(call_id)
        if call.state == "overdue" and call.enforcement_asked_by:
            call.enforcement_asked_by = call.enforcement_reason = ""
            call.save(update_fields=["enforcement_asked_by", "enforcement_reason"])
            _attest("enforcement_withdrawn", call, {}, on=on, at=at, by=by)
        return call


def enforce(*, call_id: int, on: date, at: datetime, by: str) -> MarginCall:
    """Agree, as the second person: the call and the pledge are enforced and every receipt is invoked.

    Done before, it answers the call. Raises PledgeRefused when nobody has asked, when `by` asked, when the call is
    not overdue any more, or while a receipt is frozen or expired: its goods have to be cleared up first.
    """
    with transaction.atomic():
        call = _locked(call_id)
        if call.state == "enforcing":
            return call
        _must_be_overdue(call)
        if not call.enforcement_asked_by:
            raise PledgeRefused(_("Nobody has asked for this yet: one person asks with a reason, another agrees."))
        if call.enforcement_asked_by == by:
            raise PledgeRefused(_("You asked for this, so another person has to agree. Nothing was changed."))
        pledge = enforce_pledge(pledge_id=call.pledge_id, reason=call.enforcement_reason, on=on, at=at, by=by)
        call.pledge = pledge
        call.move("enforce", at=at, by=by, reason=call.enforcement_reason, enforced_by=by)
        payload = {"reason": call.enforcement_reason, "asked_by": call.enforcement_asked_by}
        _attest("margin_call_enforced", call, payload, on=on, at=at, by=by)
        return call


def must_be_enforced(call_id: int) -> MarginCall:
    """The call, locked, whose goods are being sold. Raises PledgeRefused when they are not."""
    call = _locked(call_id)
    if call.state != "enforcing" or call.pledge.state != "enforcing":
        raise PledgeRefused(_("The goods of %(number)s were not taken over.") % {"number": call.pledge.number})
    return call


def record_sale(*, call: MarginCall, sold: Sold, line: BankLine, on: date, at: datetime, by: str) -> GoodsSale:
    """Keep the sale of all goods of the enforced pledge of `call`, within the caller's transaction, which holds it and
    has booked the money: receipts sold (or their title transferred), pledge sold, goods out of pledge."""
    pledge = call.pledge
    receipts = list(PledgedReceipt.objects.securing().filter(pledge=pledge).values_list("receipt_id", flat=True))
    sale = GoodsSale.objects.create(
        pledge=pledge,
        sold_on=on,
        price=sold.price,
        costs=sold.costs,
        surplus=sold.surplus,
        currency=pledge.currency,
        buyer=sold.buyer,
        to_pledgee=sold.to_pledgee,
        line=line,
        recorded_by=by,
    )
    end_enforcement(
        pledge_id=pledge.pk, sold=[] if sold.to_pledgee else receipts, reason=sold.buyer, on=on, at=at, by=by
    )
    payload = {
        "price": sold.price, "costs": sold.costs, "surplus": sold.surplus, "line": line.pk,
        "to_pledgee": sold.to_pledgee,
    }  # fmt: skip
    _attest("goods_sold", call, payload, on=on, at=at, by=by)
    return sale


def _locked(call_id: int) -> MarginCall:
    return MarginCall.objects.select_for_update(of=("self",)).select_related("pledge").get(pk=call_id)


def _must_be_overdue(call: MarginCall) -> None:
    if call.state != "overdue":
        raise PledgeRefused(_("Only the goods of a call that ran out can be taken over; this one did not."))


def _attest(kind: str, call: MarginCall, payload: Mapping[str, object], *, on: date, at: datetime, by: str) -> None:
    record(
        kind=kind,
        subject=f"margin_call:{call.pk}",
        payload={"pledge": call.pledge.number, **payload},
        business_date=on,
        at=at,
        by=by,
    )
