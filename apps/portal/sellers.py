"""What the desk lays out about one seller."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.financing.models import Contract, Financing, Offer
from apps.portal.financings import days_late
from apps.portal.formats import format_day
from apps.portal.tables import Amount, Column, Day, State, Table, Text
from apps.repayment.models import Sweep


def financing_table(financings: Iterable[Financing]) -> Table:
    """What was drawn, and how much of it is still owed."""
    rows = [
        (
            Text(
                one.number,
                note=one.version.product.local_name(get_language() or "en"),
                href=reverse("desk:financing", args=[one.pk]),
            ),
            State("financing", "overdue" if one.days_past_due else one.state),
            Day(one.disbursed_on, short=True),
            Amount(one.amount, one.currency),
            Amount(one.outstanding, one.currency),
            days_late(one),
        )
        for one in financings
    ]
    columns = (
        Column(_("Financing")),
        Column(_("State")),
        Column(_("Paid out on")),
        Column(_("Drawn"), numeric=True),
        Column(_("Owed"), numeric=True),
        Column(_("Days late"), numeric=True),
    )
    return Table(_("Financings"), columns, rows, empty=_("Nothing was drawn yet."))


def offer_table(offers: Iterable[Offer]) -> Table:
    """What was offered."""
    rows = [
        (
            Text(one.version.product.local_name(get_language() or "en")),
            State("offer", one.state),
            Amount(one.maximum_amount, one.currency),
            Day(one.made_on, short=True),
            Day(one.expires_on, short=True),
        )
        for one in offers
    ]
    columns = (
        Column(_("Product")),
        Column(_("State")),
        Column(_("Up to"), numeric=True),
        Column(_("Made on")),
        Column(_("Open until")),
    )
    return Table(_("Offers"), columns, rows, empty=_("No offer was made yet."))


def contract_table(contracts: Iterable[Contract]) -> Table:
    """The papers, each to be opened."""
    rows = [
        (
            Text(one.number, href=reverse("portal:paper", args=[one.pk]) if one.document else ""),
            State("contract", one.state),
            Amount(one.application.approved_amount, one.application.currency),
            Day(one.application.business_date, short=True),
        )
        for one in contracts
    ]
    columns = (Column(_("Contract")), Column(_("State")), Column(_("Amount"), numeric=True), Column(_("Drawn up on")))
    return Table(_("Contracts"), columns, rows, empty=_("There is no contract yet."))


def sales_day_table(days: Iterable[Sweep]) -> Table:
    """The last sales days: what came in, what was kept, what was paid out, what is carried."""
    rows = [
        (
            Text(format_day(one.business_date), href=reverse("desk:run", args=[one.business_date])),
            Amount(one.captured, one.currency),
            Amount(-one.refunded - one.charged_back, one.currency),
            Amount(one.kept, one.currency),
            Amount(one.paid_out, one.currency),
            Amount(one.carried_forward, one.currency),
        )
        for one in days
    ]
    columns = (
        Column(_("Sales day")),
        Column(_("Gross sales"), numeric=True),
        Column(_("Given back"), numeric=True),
        Column(_("Kept"), numeric=True),
        Column(_("Paid out"), numeric=True),
        Column(_("Carried"), numeric=True),
    )
    return Table(_("Last sales days"), columns, rows, empty=_("No settled sales yet."))
