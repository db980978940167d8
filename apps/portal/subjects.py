"""What entries, breaks and payments are about: their subjects, such as financing:42, in words and with their pages."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankLine, Instruction
from apps.financing.models import Financing
from apps.ledger import chart
from apps.orders.models import Order, Settlement
from apps.portal.formats import format_day
from apps.portal.tables import Text
from apps.products.models import FinancingProduct, FundingPool
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.warehousing.models import WarehouseReceipt

Named = dict[str, Text]
# What the control totals count.
QUANTITIES: dict[str, Promise | str] = {
    "principal": gettext_lazy("Principal"),
    "fee": gettext_lazy("Fees owed"),
    "interest": gettext_lazy("Interest owed"),
    "penalty": gettext_lazy("Penalties owed"),
    "overpaid": gettext_lazy("Paid too much"),
    "owed_to_sellers": gettext_lazy("Owed to sellers"),
    "cash_collection": gettext_lazy("Cash, collection account"),
    "cash_funding": gettext_lazy("Cash, funding accounts"),
}


def subjects_of(subjects: Iterable[str]) -> Named:
    """By subject its name and its page; one that names no row of ours is left out. One query a kind of subject."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        about, _colon, name = subject.partition(":")
        names[about].add(name)
    found: Named = {}
    for about, of_kind in names.items():
        if about in READ:
            found |= {f"{about}:{name}": text for name, text in READ[about](of_kind).items()}
    return found


def _numbers(names: Collection[str]) -> list[int]:
    return [int(name) for name in names if name.isdecimal()]


def _financings(names: Collection[str]) -> Named:
    rows = Financing.objects.filter(pk__in=_numbers(names)).select_related("seller")
    return {
        str(one.pk): Text(one.number, note=one.seller.name, href=reverse("desk:financing", args=[one.pk]))
        for one in rows
    }


def _sellers(names: Collection[str]) -> Named:
    rows = Seller.objects.filter(pk__in=_numbers(names))
    return {str(one.pk): Text(one.name, href=reverse("desk:seller", args=[one.pk])) for one in rows}


def _pools(names: Collection[str]) -> Named:
    return {str(one.pk): Text(one.name) for one in FundingPool.objects.filter(pk__in=_numbers(names))}


def _products(names: Collection[str]) -> Named:
    return {one.code: Text(one.name) for one in FinancingProduct.objects.filter(code__in=names)}


def _settlements(names: Collection[str]) -> Named:
    rows = Settlement.objects.filter(pk__in=_numbers(names))
    return {str(one.pk): Text(one.payout, href=reverse("desk:settlement", args=[one.pk])) for one in rows}


def _sales(names: Collection[str]) -> Named:
    """Sales days, and payouts of providers (payout:7): what is still to be settled."""
    payouts = {name.removeprefix("payout:") for name in names if name.startswith("payout:")}
    found = {f"payout:{key}": text for key, text in _settlements(payouts).items()}
    for name in names:
        if not name.startswith("payout:"):
            words = _("Settlement of %(day)s") % {"day": format_day(date.fromisoformat(name))}
            found[name] = Text(words, href=_settled_on(name))
    return found


def _settled_on(day: str) -> str:
    """The postings of a sales day on what the payment provider owes."""
    asked = {"account": chart.SETTLEMENT_RECEIVABLE, "currency": current_platform().currency, "first": day, "last": day}
    return reverse("desk:postings", query=asked)


def _bank_lines(names: Collection[str]) -> Named:
    found = {}
    for one in BankLine.objects.filter(pk__in=_numbers(names)).select_related("entry"):
        href = ""
        if one.entry is not None:
            href = f"{reverse('desk:statement', args=[one.entry.statement_id])}?older={one.entry.pk + 1}"
        found[str(one.pk)] = Text(f"L-{one.pk}", note=one.reference, href=href)
    return found


def _instructions(names: Collection[str]) -> Named:
    """Payments asked for, in their batches; one that is in none yet leads to what it pays."""
    rows = list(Instruction.objects.filter(pk__in=_numbers([name.partition(":")[0] for name in names])))
    pays = subjects_of(one.subject for one in rows if one.batch_id is None)
    found = {}
    for one in rows:
        known = pays.get(one.subject)
        href = reverse("desk:batch", args=[one.batch_id]) if one.batch_id else known.href if known else ""
        found[str(one.pk)] = Text(one.reference, href=href)
    return found


def _orders(names: Collection[str]) -> Named:
    rows = Order.objects.filter(pk__in=_numbers(names))
    return {
        str(one.pk): Text(one.external_id, href=reverse("admin:orders_order_change", args=[one.pk])) for one in rows
    }


def _receipts(names: Collection[str]) -> Named:
    rows = WarehouseReceipt.objects.filter(pk__in=_numbers(names))
    page = "admin:warehousing_warehousereceipt_change"
    return {str(one.pk): Text(one.number, href=reverse(page, args=[one.pk])) for one in rows}


READ: dict[str, Callable[[Collection[str]], Named]] = {
    "financing": _financings,
    "seller": _sellers,
    "pool": _pools,
    "product": _products,
    "settlement": _settlements,
    "sales": _sales,
    "bank_line": _bank_lines,
    "instruction": _instructions,
    "order": _orders,
    "receipt": _receipts,
}
