"""What each piece of the night does: one call into the app that knows how, and a report in plain numbers."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum

from apps.banking.models import Instruction, PaymentBatch
from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.evidence.services import record, seal
from apps.financing.models import Contract
from apps.financing.services import lapse_unsigned, refresh_offers
from apps.ledger import calendar
from apps.ledger.models import DailyTotal
from apps.orders.services import close_return_windows
from apps.reconciliation import control, matching
from apps.reconciliation.breaks import open_breaks
from apps.reconciliation.models import Break, NightlyChunk, NightlyRun, SetAside
from apps.repayment.closing import close_sellers
from apps.repayment.models import Movement
from apps.risk.services import assess_sellers
from apps.tenants.models import Platform

RETURN_WINDOW = timedelta(days=7)
Report = dict[str, Any]


def do(chunk: NightlyChunk, *, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    """Do one piece of the night and report {step: {done, skipped, total}}."""
    work = {
        "orders": _orders,
        "close": _close,
        "offers": _offers,
        "papers": _papers,
        "payouts": _payouts,
        "match": _match,
        "prove": _prove,
    }[chunk.work]
    return work(chunk, platform, business_date, at, by)


def as_decimal(text: str) -> Decimal:
    return Decimal(text)


def is_clean(run: NightlyRun) -> bool:
    """Whether nothing is unexplained and nobody was set aside."""
    return not Break.objects.unexplained().exists() and not SetAside.objects.filter(resolved_at=None).exists()


def _orders(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    midnight = datetime.combine(business_date + timedelta(days=1), time.min, tzinfo=platform.zone)
    completed = close_return_windows(
        first_seller=chunk.first_seller,
        last_seller=chunk.last_seller,
        through=midnight - RETURN_WINDOW,
        at=at,
        by=by,
    )
    return {"age_orders": {"done": completed}}


def _close(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    behind = _behind(chunk, business_date)
    counts = close_sellers(
        first_seller=chunk.first_seller,
        last_seller=chunk.last_seller,
        business_date=business_date,
        payout_batch=payout_batch(business_date, platform.currency, by).pk,
        behind=behind,
        at=at,
        by=by,
    )
    SetAside.objects.filter(work="close", seller_id__in=list(behind), resolved_at=None).update(resolved_at=at)
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


def _offers(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    assessments = assess_sellers(
        first_seller=chunk.first_seller,
        last_seller=chunk.last_seller,
        business_date=business_date,
        zone=platform.zone,
        currency=platform.currency,
    )
    counts = refresh_offers(
        first_seller=chunk.first_seller,
        last_seller=chunk.last_seller,
        business_date=business_date,
        zone=platform.zone,
        assessments=assessments,
        at=at,
        by=by,
    )
    return {
        "limits_and_offers": {"done": len(assessments)},
        "offers": {
            "issued": counts.issued,
            "replaced": counts.replaced,
            "expired": counts.expired,
            "cancelled": counts.cancelled,
        },
    }


def _papers(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    lapsed = lapse_unsigned(through=business_date, at=at, by=by)
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


def _payouts(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    batch = payout_batch(business_date, platform.currency, by)
    _instruct_transfers(batch, business_date)
    sums = batch.instructions.aggregate(number=Count("id"), total=Sum("amount"))
    batch.number_of_payments, batch.total = sums["number"], sums["total"] or ZERO
    batch.save(update_fields=["number_of_payments", "total"])
    log_birth([batch], at=at, by=by)
    return {"payout_batch": {"done": batch.number_of_payments, "total": str(batch.total)}}


def _instruct_transfers(batch: PaymentBatch, business_date: date) -> None:
    """What was swept goes from the collection account to the pools that it repays, one payment a pool."""
    swept = (
        Movement.objects.filter(business_date=business_date, kind=Movement.Kind.SWEEP)
        .values_list("financing__pool_id")
        .annotate(total=-Sum(F("principal") + F("fee") + F("interest") + F("penalty")))
        .order_by("financing__pool_id")
    )
    Instruction.objects.bulk_create(
        [
            Instruction(
                key=f"transfer:{business_date}:{pool_id}",
                reference=f"T{business_date:%Y%m%d}-{pool_id}",
                kind=Instruction.Kind.TRANSFER,
                subject=f"pool:{pool_id}",
                from_purpose="collection",
                amount=amount,
                currency=batch.currency,
                business_date=business_date,
                batch=batch,
            )
            for pool_id, amount in swept
        ]
    )


def _match(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    matched = matching.match_bank_lines(business_date=business_date, at=at, by=by)
    return {"match": {"done": matched.lines, "total": str(matched.total)}}


def _prove(chunk: NightlyChunk, platform: Platform, business_date: date, at: datetime, by: str) -> Report:
    run = chunk.run
    totals = control.control_totals(run=run, business_date=business_date, currency=platform.currency)
    found = [
        *matching.differences(business_date=business_date, country=platform.country, currency=platform.currency),
        *control.differences(totals, business_date),
    ]
    opened = open_breaks(run=run, found=found, business_date=business_date, at=at, by=by)
    books = {
        f"{row['account__code']} {row['account__currency']}": [str(row["debit_sum"]), str(row["credit_sum"])]
        for row in DailyTotal.objects.trial_balance(business_date)
    }
    record(
        kind="day_closed",
        subject=f"night:{business_date}",
        payload={"books": books, "controls": {one.name: str(one.closing) for one in totals}, "breaks": len(opened)},
        business_date=business_date,
        at=at,
        by=by,
    )
    seal(business_date=business_date, at=at, by=by)
    calendar.close(business_date)
    return {"control_totals": {"done": len(totals), "total": str(sum((abs(one.amount) for one in opened), ZERO))}}
