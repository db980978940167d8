"""What each piece of the night does: one call into the app that knows how, and a report in plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Sum

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.evidence.services import record, seal
from apps.financing.models import Contract
from apps.financing.services import lapse_unsigned, refresh_offers, release_repaid
from apps.ledger import calendar
from apps.ledger.models import DailyTotal
from apps.orders.services import close_return_windows
from apps.products.models import FundingPool
from apps.reconciliation import control, goods, matching
from apps.reconciliation.breaks import open_breaks
from apps.reconciliation.models import Break, NightlyChunk, SetAside
from apps.reconciliation.suggesting import accept_sure_ones, suggest
from apps.repayment.booking import Booking
from apps.repayment.closing import close_sellers
from apps.repayment.goods import owed_on
from apps.repayment.models import Movement
from apps.repayment.news import tell_of_the_night
from apps.risk.services import assess_sellers
from apps.tenants.models import Platform
from apps.warehousing.services import expire_receipts
from apps.warehousing.services.margin import revalue

RETURN_WINDOW = timedelta(days=7)
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a night: what to work on, for whom, for which date, at what instant, on whose word; and where a
    close is booked that comes after the others."""

    chunk: NightlyChunk
    platform: Platform
    date: date
    at: datetime
    by: str
    booking: Booking | None = None


def do(piece: Piece) -> Report:
    """Do one piece of the night and report {step: {done, skipped, total}}."""
    work = {
        "orders": _orders,
        "expiry": _expiry,
        "receipts": _receipts,
        "close": _close,
        "offers": _offers,
        "papers": _papers,
        "payouts": _payouts,
        "match": _match,
        "prove": _prove,
        "messages": _messages,
    }[piece.chunk.work]
    return work(piece)


def is_clean() -> bool:
    """Whether nothing is unexplained and nobody was set aside."""
    return not Break.objects.unexplained().exists() and not SetAside.objects.filter(resolved_at=None).exists()


def _orders(piece: Piece) -> Report:
    midnight = datetime.combine(piece.date + timedelta(days=1), time.min, tzinfo=piece.platform.zone)
    completed = close_return_windows(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        through=midnight - RETURN_WINDOW,
        at=piece.at,
        by=piece.by,
    )
    return {"age_orders": {"done": completed}}


def _expiry(piece: Piece) -> Report:
    expired = expire_receipts(through=piece.date, at=piece.at, by=piece.by)
    return {"expire_receipts": {"done": expired}}


def _receipts(piece: Piece) -> Report:
    """Value what is pledged and move the margin calls. What the day's payments and its goods cured is cured here."""
    counts = revalue(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        on=piece.date,
        country=piece.platform.country,
        owed=owed_on,
        at=piece.at,
        by=piece.by,
    )
    return {
        "value_receipts": {"done": counts.pledges, "total": str(counts.value)},
        "margin_calls": {
            "stale": counts.stale,
            "watched": counts.watched,
            "called": counts.called,
            "cured": counts.cured,
            "overdue": counts.overdue,
        },
    }


def _close(piece: Piece) -> Report:
    counts = close_sellers(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        business_date=piece.date,
        booking=piece.booking or Booking(piece.date, payout_batch(piece.date, piece.platform.currency, piece.by).pk),
        behind=_behind(piece.chunk, piece.date),
        at=piece.at,
        by=piece.by,
    )
    return {
        "raise_demands": {"done": counts.demands_raised},
        "accrue": {"done": counts.financings, "total": str(counts.accrued)},
        "sweep": {"done": counts.sellers, "total": str(counts.kept)},
        "age_financings": {"done": counts.financings, "total": str(counts.past_due)},
        "sums": {"sales": str(counts.sales), "fees_earned": str(counts.fees_earned), "paid_out": str(counts.paid_out)},
    }


def _behind(chunk: NightlyChunk, business_date: date) -> Mapping[int, date]:
    """Sellers of the chunk whose earlier nights were set aside, with the first date that they missed."""
    rows = SetAside.objects.filter(
        work="close",
        resolved_at=None,
        seller_id__range=(chunk.first_seller, chunk.last_seller),
        run__business_date__lt=business_date,
    ).values_list("seller_id", "run__business_date")
    missed: dict[int, date] = {}
    for seller_id, day in rows:
        missed[seller_id] = min(day, missed.get(seller_id, day))
    return missed


def _offers(piece: Piece) -> Report:
    assessments = assess_sellers(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        business_date=piece.date,
        zone=piece.platform.zone,
        currency=piece.platform.currency,
    )
    counts = refresh_offers(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        business_date=piece.date,
        zone=piece.platform.zone,
        assessments=assessments,
        at=piece.at,
        by=piece.by,
    )
    return {
        "limits_and_offers": {"done": len(assessments)},
        "offers": {
            "issued": counts.issued,
            "replaced": counts.replaced,
            "expired": counts.expired,
            "cancelled": counts.cancelled,
            "held": counts.held,
        },
    }


def _papers(piece: Piece) -> Report:
    lapsed = lapse_unsigned(through=piece.date, at=piece.at, by=piece.by)
    release_repaid(on=piece.date, at=piece.at, by=piece.by)
    return {"contracts": {"done": lapsed, "skipped": Contract.objects.waiting_for_paper().count()}}


def payout_batch(business_date: date, currency: str, by: str) -> PaymentBatch:
    """The batch that the night's payouts join; its totals are set when all of them are known."""
    batch, _made = PaymentBatch.objects.get_or_create(
        key=f"payouts:{business_date}",
        defaults={
            "business_date": business_date,
            "currency": currency,
            "number_of_payments": 0,
            "total": ZERO,
            "built_by": by,
        },
    )
    return batch


def _payouts(piece: Piece) -> Report:
    # Whoever closes a seller beside the night holds the batch too: before this, or after it and too late to join.
    batch = PaymentBatch.objects.select_for_update(no_key=True).get(key=f"payouts:{piece.date}")
    Instruction.objects.left_behind(piece.date).update(batch=batch)
    _instruct_transfers(batch, piece.date)
    sums = batch.instructions.aggregate(number=Count("id"), total=Sum("amount"))
    batch.number_of_payments, batch.total = sums["number"], sums["total"] or ZERO
    batch.save(update_fields=["number_of_payments", "total"])
    log_birth([batch], at=piece.at, by=piece.by)
    return {"payout_batch": {"done": batch.number_of_payments, "total": str(batch.total)}}


def _instruct_transfers(batch: PaymentBatch, business_date: date) -> None:
    """What was swept, and what else was collected, goes from the collection account to the pools that it repays, one
    payment a pool. What was swept for financings that pools share waits at each pool since its seller's day was closed.
    What a reversal took back is kept off the next ones."""
    swept = dict(
        Movement.objects.filter(
            business_date=business_date, kind=Movement.Kind.SWEEP, event=None, financing__is_shared=False
        )
        .values_list("financing__pool_id")
        .annotate(swept=-Sum(F("principal") + F("fee") + F("interest") + F("penalty")))
    )
    for pool in FundingPool.objects.select_for_update().order_by("pk"):
        amount = swept.get(pool.pk, ZERO) + pool.collected
        if amount > 0:
            Instruction.objects.create(
                key=f"transfer:{business_date}:{pool.pk}",
                reference=f"T{business_date:%Y%m%d}-{pool.pk}",
                kind=Instruction.Kind.TRANSFER,
                subject=f"pool:{pool.pk}",
                from_purpose="collection",
                amount=amount,
                currency=batch.currency,
                business_date=business_date,
                batch=batch,
            )
        left = min(amount, ZERO)
        if left != pool.collected:
            FundingPool.objects.filter(pk=pool.pk).update(collected=left)


def _match(piece: Piece) -> Report:
    if not BankLine.objects.unmatched_through(piece.date).exists():
        return {"match": {"done": 0, "total": str(ZERO)}}
    exact = matching.match_bank_lines(business_date=piece.date, at=piece.at, by=piece.by)
    found = accept_sure_ones(business_date=piece.date, currency=piece.platform.currency, at=piece.at, by=piece.by)
    return {"match": {"done": exact.lines + found.lines, "total": str(exact.total + found.total)}}


def _prove(piece: Piece) -> Report:
    calendar.close(piece.date)  # first, as whoever acts holds the calendar first and the evidence last
    run = piece.chunk.run
    totals = control.control_totals(run=run, business_date=piece.date, currency=piece.platform.currency)
    found = [
        *matching.differences(
            business_date=piece.date, country=piece.platform.country, currency=piece.platform.currency
        ),
        *control.differences(totals, piece.date),
        *goods.differences(business_date=piece.date, currency=piece.platform.currency),
    ]
    opened = open_breaks(
        run=run, found=found, business_date=piece.date, country=piece.platform.country, at=piece.at, by=piece.by
    )
    suggest(business_date=piece.date, currency=piece.platform.currency, at=piece.at, by=piece.by)
    books = {
        f"{row['account__code']} {row['account__currency']}": [str(row["debit_sum"]), str(row["credit_sum"])]
        for row in DailyTotal.objects.trial_balance(piece.date)
    }
    record(
        kind="day_closed",
        subject=f"night:{piece.date}",
        payload={"books": books, "controls": {one.name: str(one.closing) for one in totals}, "breaks": len(opened)},
        business_date=piece.date,
        at=piece.at,
        by=piece.by,
    )
    seal(business_date=piece.date, at=piece.at, by=piece.by)
    ours = [abs(one.amount) for one in opened if one.currency == piece.platform.currency]
    return {"control_totals": {"done": len(totals), "total": str(sum(ours, ZERO))}}


def _messages(piece: Piece) -> Report:
    told = tell_of_the_night(
        first_seller=piece.chunk.first_seller,
        last_seller=piece.chunk.last_seller,
        business_date=piece.date,
        at=piece.at,
    )
    return {"messages": {"done": told}}
