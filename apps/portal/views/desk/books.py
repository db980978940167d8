"""The trial balance through a business date."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.core.money import ZERO
from apps.ledger.models import Books, DailyTotal, Kind
from apps.portal.doors import SignedIn, shown_date
from apps.portal.forms import ThroughForm
from apps.portal.states import class_name
from apps.portal.tables import Amount, Column, Count, Share, Table, Text
from apps.portal.traces import postings_url
from apps.repayment.provisions import Provisioned, provisions
from apps.users.access import for_roles
from apps.users.models import Role

KINDS: dict[str, Promise | str] = {
    Kind.ASSET: gettext_lazy("Asset"),
    Kind.LIABILITY: gettext_lazy("Liability"),
    Kind.EQUITY: gettext_lazy("Equity"),
    Kind.INCOME: gettext_lazy("Income"),
    Kind.EXPENSE: gettext_lazy("Expense"),
}


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def books(request: SignedIn) -> HttpResponse:
    """Every account's debits, credits and balance through the end of a date; the open one unless another is asked."""
    today = shown_date(timezone.now())
    form = ThroughForm(request.GET if "through" in request.GET else None, initial={"through": today})
    through = form.cleaned_data["through"] if form.is_bound and form.is_valid() else today
    rows = list(DailyTotal.objects.trial_balance(through))
    return render(
        request,
        "desk/books.html",
        {
            "form": form,
            "through": through,
            "calendar": Books.objects.filter(id=1).first(),
            "table": _table(rows, through),
            "sums": _sums(rows),
            "provisions": provision_table(provisions()),
        },
    )


def provision_table(lines: Sequence[Provisioned]) -> Table:
    """Running financings by class of provisioning, as things stand."""
    columns = (
        Column(_("Class")),
        Column(_("From days late"), numeric=True),
        Column(_("Owed"), numeric=True),
        Column(_("Share"), numeric=True),
        Column(_("To be set aside"), numeric=True),
    )
    cells = [
        (
            Text(class_name(one.risk.code), href=reverse("desk:owing", args=[one.risk.code])),
            Count(one.risk.first_day),
            Amount(one.owed, one.currency),
            Share(one.risk.rate),
            Amount(one.aside, one.currency),
        )
        for one in lines
    ]
    return Table(_("To set aside, as things stand today"), columns, cells, empty=_("Nothing is owed."))


def _table(rows: list[dict[str, Any]], through: date) -> Table:
    first = through.replace(day=1)
    columns = (
        Column(_("Account")),
        Column(_("Kind")),
        Column(_("Debits"), numeric=True),
        Column(_("Credits"), numeric=True),
        Column(_("Debits less credits"), numeric=True),
    )
    cells = [
        (
            Text(
                row["account__code"],
                href=postings_url(row["account__code"], row["account__currency"], first, through),
            ),
            Text(str(KINDS[row["account__kind"]])),
            Amount(row["debit_sum"], row["account__currency"]),
            Amount(row["credit_sum"], row["account__currency"]),
            Amount(row["debit_sum"] - row["credit_sum"], row["account__currency"]),
        )
        for row in rows
    ]
    return Table(_("Trial balance"), columns, cells, empty=_("Nothing was posted through this date."))


def _sums(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Debits and credits of all accounts together, a currency a line: equal, or the books are broken."""
    debits: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    credits: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        debits[row["account__currency"]] += row["debit_sum"]
        credits[row["account__currency"]] += row["credit_sum"]
    return [
        {"currency": code, "debits": debits[code], "credits": credits[code], "off": debits[code] - credits[code]}
        for code in sorted(debits)
    ]
