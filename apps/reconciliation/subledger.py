"""The rows behind the control accounts as they stood at the end of a business date: opening, moved, closing.

What a row says now, less what later dates moved, is what it said then. Rows that neither stood at anything nor moved
are left out. Amounts are in each row's own currency.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.ledger import chart
from apps.repayment.models import Movement
from apps.sellers.models import Seller
from apps.warehousing.models import PledgedReceipt

# What a financing calls each quantity, and what its movements call the change of it.
OF_FINANCINGS = {
    "principal": "principal",
    "fee": "fee",
    "interest": "interest",
    "penalty": "penalty",
    "overpaid": "surplus",
}
OF_SELLERS = "owed_to_sellers"
# Of one seller: entries about the seller, or about a financing of theirs, on dates that {when} the one given.
SELLER_MOVED = """
(SELECT coalesce(sum(CASE WHEN posting.credit_id = account.id THEN posting.amount ELSE -posting.amount END), 0)
 FROM ledger_entry AS entry
 JOIN ledger_posting AS posting ON posting.entry_id = entry.id
 JOIN ledger_account AS account ON account.id IN (posting.debit_id, posting.credit_id) AND account.code = %s
 WHERE entry.business_date {when} %s
   AND entry.subject IN (SELECT 'seller:' || sellers_seller.id
                         UNION ALL
                         SELECT 'financing:' || id FROM financing_financing WHERE seller_id = sellers_seller.id))
"""
AMOUNT: DecimalField[Any, Any] = DecimalField(max_digits=19, decimal_places=4)
NOTHING = Value(ZERO, output_field=AMOUNT)


def _moved(what: Any, **when: Any) -> Any:
    """The sum of `what` over a financing's movements on dates as in `when`."""
    sums = Movement.objects.filter(financing=OuterRef("pk"), **when).order_by().values("financing")
    return Coalesce(Subquery(sums.annotate(summed=Sum(what)).values("summed")), NOTHING)


def owed_on(on: date) -> dict[str, Any]:
    """Annotations of financings: `principal_then`, and `owed_then` of all four components, at the end of `on`."""
    parts = F("principal") + F("fee") + F("interest") + F("penalty")
    return {
        "principal_then": F("principal") - _moved("principal", business_date__gt=on),
        "owed_then": parts - _moved(parts, business_date__gt=on),
    }


def financings_on(name: str, on: date) -> QuerySet[Any, Any]:
    """Financings with the `opening`, `moved` and `closing` of one quantity of OF_FINANCINGS on `on`."""
    later, moved = (_moved(OF_FINANCINGS[name], **when) for when in ({"business_date__gt": on}, {"business_date": on}))
    return _standing(Financing.objects.select_related("seller").annotate(closing=F(name) - later, moved=moved))


def sellers_on(on: date) -> QuerySet[Any, Any]:
    """Sellers with what was owed to them, in the same three figures."""
    later, moved = (
        RawSQL(  # noqa: S611  # nosec B611  the text is ours
            SELLER_MOVED.format(when=when), (chart.SELLER_PAYABLE, on), output_field=AMOUNT
        )
        for when in (">", "=")
    )
    return _standing(Seller.objects.annotate(closing=F("balance") - later, moved=moved))


def pledged_on(unit: str, on: date) -> QuerySet[Any, Any]:
    """Receipts in pledge whose goods are counted in `unit`, in the same three figures, as quantities."""
    came = Case(When(secured_on=on, then=F("weight")), default=NOTHING)
    went = Case(When(released_on=on, then=F("weight")), default=NOTHING)
    left = Case(When(Q(released_on__lte=on), then=NOTHING), default=F("weight"))
    held = PledgedReceipt.objects.filter(receipt__unit=unit, secured_on__lte=on)
    return _standing(
        held.filter(Q(released_on=None) | Q(released_on__gte=on))
        .select_related("receipt", "pledge__seller")
        .annotate(closing=left, moved=came - went)
    )


def _standing(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return rows.filter(~Q(closing=ZERO) | ~Q(moved=ZERO)).annotate(opening=F("closing") - F("moved"))


def sums_of(rows: QuerySet[Any, Any]) -> dict[str, Decimal]:
    """The three figures of all `rows` together."""
    found = rows.aggregate(opening_sum=Sum("opening"), moved_sum=Sum("moved"), closing_sum=Sum("closing"))
    return {name.removesuffix("_sum"): total or ZERO for name, total in found.items()}
