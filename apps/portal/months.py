"""How the end of a month is laid out: the sub-ledgers beside the ledger, and what was made for auditors."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.portal.formats import format_count, format_month
from apps.portal.subjects import QUANTITIES
from apps.portal.tables import Amount, Column, Moment, State, Table, Text
from apps.portal.traces import postings_url
from apps.reconciliation.models import MonthEnd
from apps.reconciliation.months import Proved
from apps.reconciliation.months.proof import COMMITTED, DRAWN

SUB_LEDGERS: dict[str, Promise | str] = {
    **QUANTITIES,
    DRAWN: gettext_lazy("Drawn from the pools"),
    COMMITTED: gettext_lazy("Committed to the pools"),
}


def proof_table(proofs: Iterable[Proved], first: date, last: date) -> Table:
    """What the rows say and what the account says at the end of `last`; the account opens to its postings."""
    rows = [
        (
            Text(str(SUB_LEDGERS[one.name])),
            Amount(one.rows, one.currency),
            Text(one.account, href=postings_url(one.account, one.currency, first, last)),
            Amount(one.ledger, one.currency),
            State("control_total", "open" if one.difference else "proved"),
            Amount(one.difference or None, one.currency, signed=True),
        )
        for one in proofs
    ]
    columns = (
        Column(_("Sub-ledger")), Column(_("Its rows"), numeric=True), Column(_("Account")),
        Column(_("Ledger"), numeric=True), Column(_("Proof")), Column(_("Open by"), numeric=True),
    )  # fmt: skip
    return Table(_("Sub-ledgers against the ledger"), columns, rows)


def month_table(made: Iterable[MonthEnd], names: Mapping[str, str]) -> Table:
    """What was asked for, the latest month first; what is made can be fetched."""
    rows = [
        (
            Text(format_month(one.month), href=f"{reverse('desk:months')}?month={one.month:%Y-%m}"),
            Text(one.name, href=reverse("desk:month_file", args=[one.pk])) if one.made_at else Text(_standing(one)),
            Text(one.sha256),
            Text(_("%(size)s kB") % {"size": format_count(-(-one.size // 1024))} if one.made_at else ""),
            Moment(one.made_at),
            Text(names.get(one.asked_by, one.asked_by)),
        )
        for one in made
    ]
    columns = (
        Column(_("Month")), Column(_("File")), Column("SHA-256"), Column(_("Size"), numeric=True), Column(_("Made")),
        Column(_("Asked for by")),
    )  # fmt: skip
    return Table(_("For auditors"), columns, rows, empty=_("No month was exported yet. Choose one and have it made."))


def _standing(one: MonthEnd) -> str:
    return one.error or _("under way, %(share)s%%") % {"share": one.progress}
