"""How the rows behind a sum of the desk are laid out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.financing.models import Financing
from apps.portal.financings import days_late
from apps.portal.formats import format_count
from apps.portal.tables import Amount, Column, Count, Table, Text
from apps.portal.traces import postings_url
from apps.reconciliation.tracing import Earned
from apps.warehousing.models import PledgedReceipt


def income_table(rows: Iterable[Earned], day: date) -> Table:
    """Accounts of income with what came to them on `day`."""
    cells = [_income(one, day) for one in rows]
    columns = (Column(_("Account")), Column(_("Earned"), numeric=True))
    return Table(_("By account"), columns, cells, empty=_("Nothing was earned on this date."))


def _income(one: Earned, day: date) -> tuple[Text, Amount]:
    account = one.account
    href = postings_url(account.code, account.currency, day, day)
    return Text(account.code, href=href), Amount(one.amount, account.currency, href=href)


def late_table(rows: Sequence[Any]) -> Table:
    """Late financings with what was owed then and what is past due of it as they stand."""
    cells = [
        (
            _financing(one),
            Amount(one.owed_then, one.currency),
            Amount(one.past_due or None, one.currency),
            days_late(one),
        )
        for one in rows
    ]
    columns = (
        Column(_("Financing")), Column(_("Owed then"), numeric=True), Column(_("Past due now"), numeric=True),
        Column(_("Days late now"), numeric=True),
    )  # fmt: skip
    return Table(_("Late financings"), columns, cells, empty=_("Nothing was past due then."))


def owing_table(rows: Sequence[Financing]) -> Table:
    """Running financings with what each owes, and the days late of its seller."""
    cells = [
        (
            _financing(one),
            Amount(one.outstanding, one.currency),
            Amount(one.past_due or None, one.currency),
            Count(one.seller.worst_days_past_due or None),
        )
        for one in rows
    ]
    columns = (
        Column(_("Financing")), Column(_("Owed"), numeric=True), Column(_("Past due"), numeric=True),
        Column(_("Days late"), numeric=True),
    )  # fmt: skip
    return Table(_("Running financings"), columns, cells, empty=_("Nothing is owed."))


def goods_table(rows: Sequence[PledgedReceipt], worths: Mapping[int, Amount]) -> Table:
    """Receipts in pledge with what counts of each and what it is worth; `worths` by the receipts' keys."""
    cells = [
        (
            Text(one.receipt.number, note=one.receipt.commodity,
                 href=reverse("admin:warehousing_warehousereceipt_change", args=[one.receipt_id])),
            Text(one.pledge.number, note=one.pledge.seller.name,
                 href=reverse("admin:warehousing_pledge_change", args=[one.pledge_id])),
            Text(f"{format_count(one.counted.normalize())} {one.receipt.unit}"),
            worths.get(one.receipt_id, Amount(None, one.pledge.currency, note=_("no price"))),
        )
        for one in rows
    ]  # fmt: skip
    columns = (
        Column(_("Receipt")), Column(_("Pledge")), Column(_("Counts"), numeric=True), Column(_("Worth"), numeric=True),
    )  # fmt: skip
    return Table(_("Goods in pledge"), columns, cells, empty=_("Nothing was in pledge then."))


def _financing(one: Financing) -> Text:
    return Text(one.number, note=one.seller.name, href=reverse("desk:financing", args=[one.pk]))
