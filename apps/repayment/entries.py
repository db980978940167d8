"""Which accounts a movement of a financing moves. Pure: drafts of lines, nothing is posted here."""

from decimal import Decimal

from apps.core.money import ZERO
from apps.ledger import chart
from apps.ledger.services import Line
from apps.repayment.waterfall import Parts

PART_ACCOUNTS = {
    "penalty": chart.PENALTY, "fee": chart.FEE, "interest": chart.INTEREST, "principal": chart.PRINCIPAL,
}  # fmt: skip
PART_INCOME = {"penalty": chart.PENALTY_INCOME, "fee": chart.DEFERRED_FEES, "interest": chart.INTEREST_INCOME}
COLLECTED = ("sweep", "payment")  # money that goes to the pool
CASH = (*COLLECTED, "refill")


def paid_lines(source: str, paid: Parts, surplus: Decimal = ZERO) -> list[Line]:
    """Money from the account `source` that pays `paid`, component by component, and `surplus` beyond what is owed; a
    fee is earned when it is paid."""
    lines = [
        Line(source, PART_ACCOUNTS[name], amount) for name, amount in zip(Parts._fields, paid, strict=True) if amount
    ]
    if paid.fee:
        lines.append(Line(chart.DEFERRED_FEES, chart.FEE_INCOME, paid.fee))
    if surplus:
        lines.append(Line(source, chart.OVERPAYMENTS, surplus))
    return lines


def movement_lines(kind: str, change: Parts, surplus: Decimal, source: str) -> list[Line]:
    """The lines that carry one movement: `change` of what is owed by component, `surplus` beyond it; money comes from
    the account `source`."""
    if kind in CASH:
        return paid_lines(source, Parts(*(-amount for amount in change)), surplus)
    if kind == "refund":
        return [Line(chart.OVERPAYMENTS, chart.SELLER_PAYABLE, -surplus)]
    lines = []
    for name, amount in zip(Parts._fields, change, strict=True):
        other = _other_side(kind, name)
        if amount > 0:
            lines.append(Line(PART_ACCOUNTS[name], other, amount))
        elif amount < 0:
            lines.append(Line(other, PART_ACCOUNTS[name], -amount))
    return lines


def _other_side(kind: str, component: str) -> str:
    """The account that a change of `component` without money moves besides its own."""
    if kind in {"restructure", "carried"}:
        return chart.CARRIED
    if kind == "returned" and component == "principal":
        return chart.FUNDING_CASH
    if kind == "rebate" and component == "principal":
        return chart.FEE_INCOME  # the part of the fee that was paid, and so earned, before its time
    if kind == "write_off" and component != "fee":
        return chart.WRITE_OFFS
    return PART_INCOME.get(component, chart.WRITE_OFFS)
