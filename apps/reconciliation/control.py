"""Control totals: opening + movements = closing, where movements come from the ledger and closing from the rows.

Of goods in pledge the movements come from the pledges and the closing from the receipts, a quantity for each unit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.reconciliation.breaks import Difference
from apps.reconciliation.goods import quantities
from apps.reconciliation.models import QUANTITY, ControlTotal, NightlyRun
from apps.sellers.models import Seller


@dataclass(frozen=True, slots=True)
class Control:
    """One quantity: the ledger account that moves it, its sign there, and what the rows say it is now."""

    name: str
    account: str
    sign: int
    closing: Callable[[], Decimal]


def _sum(queryset: "type[Financing] | type[Seller]", field: str) -> Callable[[], Decimal]:
    return lambda: queryset.objects.aggregate(total=Sum(field))["total"] or ZERO


def _cash(purpose: str) -> Callable[[], Decimal]:
    explained = BankLine.objects.filter(purpose=purpose).exclude(matched_to="")
    return lambda: explained.aggregate(total=Sum("amount"))["total"] or ZERO


CONTROLS = (
    Control("principal", chart.PRINCIPAL, 1, _sum(Financing, "principal")),
    Control("fee", chart.FEE, 1, _sum(Financing, "fee")),
    Control("interest", chart.INTEREST, 1, _sum(Financing, "interest")),
    Control("penalty", chart.PENALTY, 1, _sum(Financing, "penalty")),
    Control("overpaid", chart.OVERPAYMENTS, -1, _sum(Financing, "overpaid")),
    Control("owed_to_sellers", chart.SELLER_PAYABLE, -1, _sum(Seller, "balance")),
    Control("cash_collection", chart.COLLECTION_CASH, 1, _cash("collection")),
    Control("cash_funding", chart.FUNDING_CASH, 1, _cash("funding")),
)


def control_totals(*, run: NightlyRun, business_date: date, currency: str) -> list[ControlTotal]:
    """Compute and keep the control totals of the night of `business_date`; asked again, they are computed anew."""
    moved = dict(
        DailyTotal.objects.filter(business_date=business_date, account__currency=currency)
        .values_list("account__code")
        .annotate(net=Sum(F("debits") - F("credits")))
    )
    before = ControlTotal.objects.filter(run__business_date__lt=business_date).order_by("-run__business_date").first()
    opening = {one.name: one.closing for one in before.run.control_totals.all()} if before else {}
    ControlTotal.objects.filter(run=run).delete()
    later = dict(
        DailyTotal.objects.filter(business_date__gt=business_date, account__currency=currency)
        .values_list("account__code")
        .annotate(net=Sum(F("debits") - F("credits")))
    )
    told = {
        control.name: (
            control.sign * moved.get(control.account, ZERO),
            # Between midnight and the night people go on working: the rows know tomorrow's movements already.
            control.closing() - control.sign * later.get(control.account, ZERO),
        )
        for control in CONTROLS
    } | {f"{QUANTITY}{unit}": figures for unit, figures in quantities(business_date).items()}
    totals = [
        ControlTotal(
            run=run,
            name=name,
            currency=currency,
            opening=opening.get(name, ZERO),
            movements=movements,
            closing=closing,
            difference=closing - opening.get(name, ZERO) - movements,
        )
        for name, (movements, closing) in told.items()
    ]
    return ControlTotal.objects.bulk_create(totals)


def differences(totals: list[ControlTotal], business_date: date) -> list[Difference]:
    """A difference for each control total that does not close."""
    return [
        Difference(
            f"control:{one.name}:{business_date}",
            "amount",
            f"control:{one.name}",
            one.difference,
            one.currency,
            f"{one.name}: opening {one.opening} and movements {one.movements} do not make the closing {one.closing}.",
        )
        for one in totals
        if one.difference
    ]
