"""Money that a financier puts into a pool, and the bounds of what it may be lent to."""

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.core.money import amount_text, is_payable
from apps.evidence.services import record
from apps.ledger import chart
from apps.ledger.calendar import booking_date
from apps.ledger.models import Entry
from apps.ledger.services import Line, post, take_the_books
from apps.products.limits import PRODUCT, SELLER
from apps.products.models import FinancingProduct, Funder, FundingPool, PoolLimit
from apps.sellers.models import Seller
from apps.tenants.services import current_platform


def commit_funding(
    *, pool_id: int, amount: Decimal, reference: str, business_date: date, at: datetime, by: str
) -> FundingPool:
    """Add `amount` (payable, in the pool's currency) to what a pool can lend, once for each `reference`.

    Raises ValueError for an amount that is not positive and payable, KeyReused when `reference` named another amount.
    """
    with transaction.atomic():
        take_the_books()
        pool = FundingPool.objects.select_for_update().get(pk=pool_id)
        key = f"funding:{pool.pk}:{reference}"
        is_new = not Entry.objects.filter(key=key).exists()
        entry = post(
            key=key,
            kind="funding",
            business_date=business_date,
            currency=pool.currency,
            lines=[Line(chart.FUNDING_CASH, chart.FUNDING_CAPITAL, amount)],
            subject=f"pool:{pool.pk}",
            at=at,
            by=by,
        )
        if is_new:
            # The financier's transfer, as the bank booked it: the funding account's statement starts with it.
            BankLine.objects.create(
                purpose="funding",
                booked_on=business_date,
                amount=amount,
                currency=pool.currency,
                reference=reference,
                key=key,
                matched_to=f"entry:{key}",
                carried_by=entry,
            )
            pool.committed += amount
            pool.save(update_fields=["committed"])
        return pool


class LimitRefused(ValueError):
    """The limit cannot be set like this; the message says why. Nothing was changed."""


def set_limit(*, limit: PoolLimit, at: datetime, by: str) -> PoolLimit:
    """Save a limit, new or changed. What it was and is, and why, goes to the evidence log; alike, nothing changes.

    Money that is out already stays out: a limit below it only lets nothing more through. Raises LimitRefused for a
    limit without a reason, of neither or both of amount and share, for a product or seller that nobody knows.
    """
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        pool = FundingPool.objects.select_for_update().get(pk=limit.pool_id)
        stored = PoolLimit.objects.filter(pk=limit.pk).first() if limit.pk else None
        before = _said(stored) if stored else {}
        if before == _said(limit):
            return limit
        limit.pool, limit.set_by, limit.set_at = pool, by, at
        check_limit(limit)
        limit.save()
        record(
            kind="pool_limit_set",
            subject=f"pool:{pool.pk}",
            payload={"before": before, "after": _said(limit), "because": limit.because},
            business_date=today,
            at=at,
            by=by,
        )
        return limit


def check_limit(limit: PoolLimit) -> None:
    """Raises LimitRefused with the reason when `limit` cannot be set like this."""
    limit.value, limit.because = limit.value.strip(), limit.because.strip()
    try:
        limit.full_clean(exclude=["set_by", "set_at"])
    except ValidationError as error:
        raise LimitRefused(" ".join(error.messages)) from error
    if limit.most is not None and not is_payable(limit.most, limit.pool.currency):
        raise LimitRefused(_("Please type an amount without smaller parts than the currency has."))
    is_unknown = {
        PRODUCT: not FinancingProduct.objects.filter(code=limit.value).exists(),
        SELLER: not Seller.objects.filter(external_id=limit.value).exists(),
    }
    if limit.value and is_unknown.get(limit.kind):
        raise LimitRefused(_("%(value)s is no product or seller here. Nothing was changed.") % {"value": limit.value})


def set_funder(*, funder: Funder, at: datetime, by: str) -> Funder:
    """Save who funds a product beside its own pool, new or changed; what it was and is goes to the evidence log.

    Contracts that are signed keep whoever funded them. Raises LimitRefused for shares that cannot be.
    """
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        product = FinancingProduct.objects.select_for_update().get(pk=funder.product_id)
        stored = Funder.objects.filter(pk=funder.pk).first() if funder.pk else None
        try:
            funder.full_clean()
        except ValidationError as error:
            raise LimitRefused(" ".join(error.messages)) from error
        funder.save()
        record(
            kind="funder_set",
            subject=f"product:{product.code}",
            payload={"before": _taken(stored) if stored else {}, "after": _taken(funder)},
            business_date=today,
            at=at,
            by=by,
        )
        return funder


def _taken(funder: Funder) -> dict[str, str | bool]:
    share = format(funder.share.normalize(), "f")
    return {"pool": funder.pool.name, "part": funder.part, "share": share, "in_force": funder.is_in_force}


def _said(limit: PoolLimit) -> dict[str, str | bool]:
    """What a limit says, as the evidence log keeps it."""
    most = amount_text(limit.most, limit.pool.currency) if limit.most is not None else ""
    share = format(limit.most_share.normalize(), "f") if limit.most_share is not None else ""
    return {
        "kind": limit.kind, "value": limit.value, "most": most, "share": share, "in_force": limit.is_in_force,
    }  # fmt: skip
