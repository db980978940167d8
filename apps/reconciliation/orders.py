"""Orders = settlement: what buyers paid against what the platform and its providers settled for it.

More settled than paid never lands (docs/settlements.md); what is left to find is money that stays away.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce, Substr

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.orders.models import Order, Proceeds
from apps.reconciliation.breaks import Difference
from apps.reconciliation.models import Break
from apps.tenants.services import current_platform

SETTLED_WITHIN = timedelta(days=45)  # after delivery: the longest return window, and what providers take
RECEIPTS_WITHIN = timedelta(days=7)  # the receipts of one order, after the first of them
KEY = "order:"


def order_differences(business_date: date) -> list[Difference]:
    """Orders of which no money came SETTLED_WITHIN their delivery, or not all of it RECEIPTS_WITHIN the first of it.

    Looked at on the one night on which that time is over, and on every night while their break is open. Orders that
    arrived before the platform's first day are history: nobody says where their money went.
    """
    platform = current_platform()
    opened = datetime.combine(platform.opened_on, time(), tzinfo=platform.zone)
    without, in_part = _due_without_money(business_date), _due_in_part(business_date)
    late = set(without.union(in_part, _of_open_breaks()))
    if not late:
        return []
    orders = (
        Order.objects.filter(pk__in=late)
        .exclude(delivered_at__lt=opened)
        .annotate(settled=Coalesce(Sum("proceeds__amount", filter=Q(proceeds__kind=Proceeds.Kind.CAPTURE)), ZERO))
    )
    short = orders.exclude(settled__gte=F("paid")).exclude(settled=0, refunded__gte=F("paid"))
    return [_difference(one, one.settled) for one in short.order_by("pk")]


def _due_without_money(business_date: date) -> QuerySet[Order, int]:
    """Only of sellers whose settlements name orders: where they are sums, no order can be missed in them."""
    zone = current_platform().zone
    begin = datetime.combine(business_date - SETTLED_WITHIN, time(), tzinfo=zone)
    arrived = Order.objects.delivered_unsettled(begin + DAY).filter(delivered_at__gte=begin, proceeds=None)
    named = Proceeds.objects.filter(seller=OuterRef("seller")).exclude(order=None)
    return arrived.filter(Exists(named)).values_list("pk", flat=True)


def _due_in_part(business_date: date) -> QuerySet[Proceeds, int]:
    came = Proceeds.objects.booked(business_date - RECEIPTS_WITHIN).filter(kind=Proceeds.Kind.CAPTURE)
    return came.exclude(order=None).values_list("order", flat=True)


def _of_open_breaks() -> QuerySet[Break, int]:
    about = Break.objects.unexplained().filter(key__startswith=KEY)
    key = Cast(Substr("key", len(KEY) + 1), BigIntegerField())
    return about.annotate(order=key).values_list("order", flat=True)


def _difference(order: Order, settled: Decimal) -> Difference:
    name = f"Order {order.external_id} of {order.paid} {order.currency}"
    kind, text = "missing_external", f"{name} is delivered; no settlement names it."
    if settled:
        kind, text = "amount", f"{name}: {settled} {order.currency} is settled."
    return Difference(f"{KEY}{order.pk}", kind, f"{KEY}{order.pk}", order.paid - settled, order.currency, text)
