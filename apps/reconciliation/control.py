"""Control totals: opening + movements = closing, where movements come from the ledger and closing from the rows.

Of goods in pledge the movements come from the pledges and the closing from the receipts, a quantity for each unit.
"""

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
    """One quantity: the ledger account that moves it, and its sign there."""

    name: str
    account: str
    sign: int


CONTROLS = (
    Control("principal", chart.PRINCIPAL, 1),
    Control("fee", chart.FEE, 1),
    Control("interest", chart.INTEREST, 1),
    Control("penalty", chart.PENALTY, 1),
    Control("overpaid", chart.OVERPAYMENTS, -1),
    Control("owed_to_sellers", chart.SELLER_PAYABLE, -1),
    Control("cash_collection", chart.COLLECTION_CASH, 1),
    Control("cash_funding", chart.FUNDING_CASH, 1),
)


def _said_by_the_rows(currency: str) -> dict[str, Decimal]:
    """What the rows say each quantity is now, in the platform's `currency`."""
    owed = Financing.objects.aggregate(*map(Sum, ("principal", "fee", "interest", "penalty", "overpaid")))
    cash = (
        BankLine.objects.filter(currency=currency)
        .exclude(matched_to="")
        .values_list("purpose")
        .annotate(total=Sum("amount"))
    )
    said = {
        **{name.removesuffix("__sum"): total for name, total in owed.items()},
        "owed_to_sellers": Seller.objects.aggregate(total=Sum("balance"))["total"],
        **{f"cash_{purpose}": total for purpose, total in cash},
    }
    return {name: total or ZERO for name, total in said.items()}


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
    said = _said_by_the_rows(currency)
    told = {
        control.name: (
            control.sign * moved.get(control.account, ZERO),
            # Between midnight and the night people go on working: the rows know tomorrow's movements already.
            said.get(control.name, ZERO) - control.sign * later.get(control.account, ZERO),
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
