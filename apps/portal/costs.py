"""How the cost of a financing is laid out: money first, the annualised rate beside it. The same before and after."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.financing.pricing import Cost, Projection
from apps.portal.charts import Balance, Chart, Course, projection_chart
from apps.portal.formats import format_money, format_share
from apps.portal.tables import Amount, Column, Day, Line, Share, Table, Text
from apps.products.terms import Terms


def cost_lines(
    cost: Cost,
    *,
    fee: Decimal,
    currency: str,
    days: int | None,
    due_on: date | None,
    late_costs: bool = False,
    instalments: int = 0,
) -> list[Line]:
    """What comes, what it costs, what is to be repaid. `days` is how long an advance is expected to run; `late_costs`
    says whether being late costs more; `instalments` how many there are, where it is repaid in them."""
    if instalments:
        return _in_instalments(cost, fee, currency, due_on, instalments)
    interest = cost.charge - fee
    lines = [Line(_("You get"), Amount(cost.amount, currency))]
    if fee:
        once = _("Once, however long it takes. Nothing else is charged.")
        if late_costs:
            once = _("Once, however long it takes. Only being late costs more.")
        lines.append(Line(_("Fee"), Amount(fee, currency), note=once))
    if interest:
        until = _("Each day on what is still open.")
        lines.append(Line(_("Interest until the due date"), Amount(interest, currency), note=until))
    lines.append(Line(_("You repay in all"), Amount(cost.total, currency), strong=True))
    lines.append(Line(_("Annualised rate"), Share(cost.annualised_rate), note=_rate_note(days)))
    if due_on is not None:
        lines.append(Line(_("Due on"), Day(due_on)))
    return lines


def _in_instalments(cost: Cost, fee: Decimal, currency: str, due_on: date | None, instalments: int) -> list[Line]:
    number = ngettext("in %(number)s instalment", "in %(number)s instalments", instalments) % {"number": instalments}
    agreed = _("If each instalment is paid on its day. Sooner costs less, later more.")
    lines = [
        Line(_("You get"), Amount(cost.amount, currency)),
        Line(_("Fees"), Amount(fee, currency)) if fee else None,
        Line(_("Interest"), Amount(cost.charge - fee, currency), note=agreed),
        Line(_("You repay in all"), Amount(cost.total, currency), note=number, strong=True),
        Line(_("Annualised rate"), Share(cost.annualised_rate), note=_rate_note(None)),
        Line(_("The last one is due on"), Day(due_on)) if due_on else None,
    ]
    return [line for line in lines if line is not None]


def _rate_note(days: int | None) -> str:
    if days is None:
        return _("All costs, as a rate for a year.")
    return ngettext(
        "All costs, as a rate for a year, if it takes %(days)s day.",
        "All costs, as a rate for a year, if it takes %(days)s days.",
        days,
    ) % {"days": days}


def fine_words(terms: Terms) -> list[str]:
    """What else the terms say, a sentence each: what being late costs, what repaying early saves, limits, checks."""
    money = {"fee": format_money(terms.dispute_fee, terms.currency)}
    shares = {
        "rate": format_share(terms.penalty_rate),
        "back": format_share(terms.fee_rebate),
        "most": format_share(terms.maximum_share),
        "near": format_share(terms.near_breach_share),
        "thousandths": f"{terms.penalty_per_thousand.normalize():f}",
        "days": terms.period_days,
    }
    said = (
        (terms.penalty_rate, _("What is late costs %(rate)s a year, day by day, after the days of grace.")),
        (terms.penalty_per_thousand, _("Each 1,000 that are late cost %(thousandths)s a day after the days of grace.")),
        (terms.dispute_fee, _("A payment that the bank takes back costs %(fee)s.")),
        (terms.fee_rebate, _("Repay everything early and %(back)s of the fee for the days not used comes back.")),
        (terms.maximum_share, _("In %(days)s days no more than %(most)s of all you owe is kept from sales.")),
        (terms.near_breach_checks, _("We tell you when you are below %(near)s of even progress to the minimum.")),
        (terms.season_shaped, _("The minimums follow the months of your last year: less when you sell less.")),
    )
    return [sentence % {**money, **shares} for applies, sentence in said if applies]


def projection_picture(projections: Sequence[Projection], *, total: Decimal, start: date, currency: str) -> Chart:
    """How what is owed goes down when sales are slow, as expected, or fast. Raises ValueError without a projection."""
    return projection_chart("outlook", [_course(one, total) for one in projections], start=start, currency=currency)


def _course(one: Projection, total: Decimal) -> Course:
    return Course(
        one.case,  # type: ignore[arg-type]  # PACES names the three cases as the chart does
        [Balance(0, total), Balance(one.days - 1, one.last), Balance(one.days, Decimal(0))],
    )


def case_lines(projections: Sequence[Projection]) -> list[Line]:
    """The annualised rate of each case, with the days it takes."""
    names = {"slow": _("If sales are slow"), "expected": _("If sales are as expected"), "fast": _("If sales are fast")}
    return [
        Line(
            names[one.case],
            Share(one.effective_rate),
            note=ngettext("repaid in %(days)s day", "repaid in %(days)s days", one.days) % {"days": one.days},
        )
        for one in projections
    ]


def assigned_orders(orders: Sequence[tuple[str, date, Decimal]], *, currency: str) -> Table:
    """The orders that a financing rests on: number, day on which the money is expected, what each counts for."""
    columns = (Column(_("Order")), Column(_("Money expected on")), Column(_("Counts for"), numeric=True))
    rows = [(Text(number), Day(expected_on), Amount(value, currency)) for number, expected_on, value in orders]
    return Table(_("The orders it rests on"), columns, rows)
