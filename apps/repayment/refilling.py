"""Refill: a new financing pays off the one before out of its own money, and the seller gets the rest.

The contract holds back what paying off costs at most while it can be signed. When the bank has paid the rest, the old
financing is paid off on that date in the same transaction, and what was held back and not needed is the seller's.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext as _

from apps.banking.models import Instruction
from apps.core.money import ZERO
from apps.financing.models import Contract, Financing, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services.acceptance import DAYS_TO_SIGN, Refill, accept_offer
from apps.repayment.changes import apply, payoff_of, plan
from apps.repayment.models import Event


def refill_of(*, financing_id: int, seller_id: int, on: date) -> Refill:
    """What paying off the seller's running financing costs at most from `on` until a contract of that day lapses.

    Raises OfferRefused when it does not run any more, or waits for another new financing already.
    """
    old = (
        Financing.objects.select_related("version__product__pool")
        .filter(pk=financing_id, seller_id=seller_id, state="active")
        .first()
    )
    if old is None or old.refilled_by.exclude(state="cancelled").exists():
        raise OfferRefused(_("That financing does not run any more, or is being paid off already."))
    dear = max(payoff_of(old, on + timedelta(days=days)).total for days in (0, DAYS_TO_SIGN))
    return Refill(financing=old.pk, number=old.number, amount=dear, frees=old.principal)


def accept_refill(
    *, offer_id: int, seller_id: int, financing_id: int, amount: Decimal, business_date: date, zone: ZoneInfo,
    language: str, at: datetime, by: str,
) -> Contract:  # fmt: skip
    """Accept an offer whose money pays off `financing_id` first. As `accept_offer`; raises OfferRefused also when the
    amount does not leave the seller anything."""
    refill = refill_of(financing_id=financing_id, seller_id=seller_id, on=business_date)
    pools = Offer.objects.filter(pk=offer_id).values("version__product__pool")
    if not Financing.objects.filter(pk=financing_id, pool__in=pools).exists():
        raise OfferRefused(_("One fund cannot pay off what another one lent. Repay %(number)s first.")
                           % {"number": refill.number})  # fmt: skip
    if amount <= refill.amount:
        raise OfferRefused(_("Choose more than what paying off %(number)s takes.") % {"number": refill.number})
    return accept_offer(
        offer_id=offer_id, seller_id=seller_id, amount=amount, business_date=business_date, zone=zone,
        language=language, at=at, by=by, refill=refill,
    )  # fmt: skip


def held_back(new: Financing) -> Decimal:
    """What the contract of `new` holds back of its amount for the financing before it."""
    if new.refills_id is None:
        return ZERO
    return new.amount - Instruction.objects.get(key=f"disbursement:{new.pk}").amount


def pay_off(new: Financing, *, on: date, at: datetime, by: str) -> Event | None:
    """What `new` held back pays the financing before it on `on`; what is left over is owed to the seller.

    A financing that was repaid meanwhile takes nothing: all of it is left over, as if paid too much.
    """
    amount = held_back(new)
    old = (
        Financing.objects.select_for_update(of=("self",))
        .select_related("version__product__pool", "seller", "offer", "contract")
        .filter(pk=new.refills_id)
        .first()
    )
    if old is None or not amount:
        return None
    known = Event.objects.filter(financing=old, key=f"refill:{new.pk}").first()
    if known is not None:
        return known
    event = apply(plan(old, _event(old, "refill", new, amount, on, at, by)), at=at, by=by)
    if old.overpaid:
        apply(plan(old, _event(old, "refund", new, old.overpaid, on, at, by)), at=at, by=by)
    return event


def _event(old: Financing, kind: str, new: Financing, amount: Decimal, on: date, at: datetime, by: str) -> Event:
    last = Event.objects.filter(financing=old).aggregate(last=Max("number"))["last"] or 0
    details: dict[str, Any] = {"by_financing": new.number}
    if old.closed_through is not None and old.closed_through >= on:
        details["after_the_night"] = True
    return Event(
        financing=old, number=last + 1, kind=kind, key=f"{kind}:{new.pk}", effective_on=on, business_date=on,
        amount=amount, details=details, reason=new.number, by=by, at=at,
        state="done",
    )  # fmt: skip
