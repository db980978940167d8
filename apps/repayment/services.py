"""Servicing's single writes: money reaches the seller, and the financing begins to run."""

from datetime import date, datetime

from django.db import transaction

from apps.evidence.services import record
from apps.financing.models import Financing
from apps.financing.services.participations import lend
from apps.ledger import chart
from apps.ledger.services import Line, post
from apps.repayment.instalment_rows import add_rows
from apps.repayment.instalments import Rows, rows_of
from apps.repayment.models import Movement
from apps.repayment.refilling import held_back, pay_off
from apps.sellers.models import Seller
from apps.sellers.services.messages import Notice, tell


def disburse(*, financing_id: int, on: date, at: datetime, by: str) -> Financing:
    """The bank has paid `financing`'s amount on business date `on`: it is active and its principal and fee are owed.

    Told twice, it does nothing the second time. Raises TransitionNotAllowed for a cancelled financing, DateClosed when
    the books of `on` are closed.
    """
    with transaction.atomic():
        known = Financing.objects.only("seller_id").get(pk=financing_id)
        Seller.objects.select_for_update().get(pk=known.seller_id)
        financing = (
            Financing.objects.select_for_update(of=("self",))
            .select_related("offer", "version__product__pool")
            .get(pk=financing_id)
        )
        if financing.disbursed_on is not None:
            return financing
        rows = _planned(financing, on)
        financing.due_on = rows[-1].due_on if rows else financing.due_on
        financing.move("disburse", at=at, by=by, on=on)
        add_rows(financing, rows, at=at, by=by, reason="paid out")
        financing.offer.move("disburse", at=at, by=by)
        key = f"disbursement:{financing.pk}"
        held = held_back(financing)
        lines = [Line(chart.PRINCIPAL, chart.FUNDING_CASH, financing.amount - held)]
        if held:
            lines.append(Line(chart.PRINCIPAL, chart.CARRIED, held))
        if financing.flat_fee:
            lines.append(Line(chart.FEE, chart.DEFERRED_FEES, financing.flat_fee))
        subject = f"financing:{financing.pk}"
        post(
            key=key,
            kind="disbursement",
            business_date=on,
            currency=financing.currency,
            lines=lines,
            subject=subject,
            at=at,
            by=by,
        )
        Movement.objects.create(
            financing=financing,
            business_date=on,
            kind=Movement.Kind.DISBURSEMENT,
            reason="paid_to_seller",
            key="disbursement",
            principal=financing.amount,
            fee=financing.flat_fee,
            outstanding=financing.outstanding,
            entry_key=key,
        )
        lend(financing, key=key, on=on)
        payload = {"number": financing.number, "amount": financing.amount, "currency": financing.currency}
        record(kind="disbursed", subject=subject, payload=payload, business_date=on, at=at, by=by)
        pay_off(financing, on=on, at=at, by=by)
        facts = {"number": financing.number, "amount": str(financing.amount), "currency": financing.currency}
        notice = Notice(financing.seller_id, "paid_out", f"paid_out:{financing.pk}", subject, facts)
        tell(notices=[notice], business_date=on, at=at)
        return financing


def _planned(financing: Financing, on: date) -> Rows:
    """The instalments of a financing paid out on `on`, if it has any: from this day on they are fixed."""
    terms = financing.version.terms
    return rows_of(terms, financing.amount, financing.flat_fee, on) if terms.plan else ()
