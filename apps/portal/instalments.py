"""How instalments are laid out: as agreed before signing, and as they stand on a financing that runs."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.financing.instalments import Planned
from apps.financing.models import Financing
from apps.portal.financings import demand_table
from apps.portal.formats import format_money
from apps.portal.tables import Amount, Column, Day, State, Table
from apps.repayment.changes import Change, balance_of, instalments_after
from apps.repayment.instalment_rows import stored_rows
from apps.repayment.instalments import Rows, Standing, expected
from apps.repayment.waterfall import Parts


def agreed_table(schedule: Sequence[Planned], currency: str) -> Table:
    """The instalments of an offer: when, how much, and what of it repays the amount itself."""
    rows = [
        (Day(one.due_on), Amount(one.amount, currency), Amount(one.principal, currency), Amount(one.balance, currency))
        for one in schedule
    ]
    columns = (
        Column(_("Due on")),
        Column(_("Instalment"), numeric=True),
        Column(_("Of it principal"), numeric=True),
        Column(_("Principal left"), numeric=True),
    )
    return Table(_("The instalments"), columns, rows)


def due_table(financing: Financing) -> Table:
    """What is to be repaid by when, and how far that is: the instalments, minimums or maturity of `financing`."""
    if financing.version.terms.plan is None:
        return demand_table(financing.demands.order_by("number"), financing.currency)
    return _rows_table(_as_expected(financing), financing.currency)


def _as_expected(financing: Financing) -> Rows:
    """Its instalments, with the interest that those to come will ask for if each is paid on its day."""
    if financing.state != "active":
        return stored_rows(financing)
    balance = balance_of(financing)
    now = Standing(balance.owed, balance.accrued, balance.accrued_posted, balance.accrued_through, balance.rows)
    return expected(now, balance, balance.rate, financing.currency)


def schedule_of(change: Change) -> Table | None:
    """The instalments as a planned change leaves them; None for what is not repaid in instalments."""
    return _rows_table(instalments_after(change), change.financing.currency) if change.life.rows else None


def _rows_table(rows: Rows, currency: str) -> Table:
    cells: list[tuple[Any, ...]] = [
        (
            Day(row.due_on),
            Amount(row.owed.total, currency, note=_parts(row.owed, currency)),
            Amount(row.paid.total, currency),
            State("demand", row.state),
        )
        for row in rows
    ]
    columns = (
        Column(_("Due on")),
        Column(_("Instalment"), numeric=True),
        Column(_("Repaid"), numeric=True),
        Column(_("State")),
    )
    return Table(_("The instalments"), columns, cells, empty=_("They are fixed on the day the money is paid out."))


def _parts(owed: Parts, currency: str) -> str:
    """What an instalment consists of, where that is more than one thing."""
    names = {_("principal"): owed.principal, _("fee"): owed.fee, _("interest"): owed.interest}
    parts = [f"{format_money(amount, currency)} {name}" for name, amount in names.items() if amount]
    return _(", ").join(parts) if len(parts) > 1 else ""
