"""Apache Fineract's published cases: translated into our terms and events, and compared. No arithmetic here."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.core.money import ZERO, round_money
from apps.financing import schedule_terms as plan
from apps.financing.due_dates import DAYS, MONTHS, WEEKS, Period
from apps.financing.schedule import payable_on, schedule

UNITS = {"DAYS": DAYS, "WEEKS": WEEKS, "MONTHS": MONTHS}
CURRENCIES = {"0": "JPY", "2": "EUR", "3": "KWD"}


def check(case: Mapping[str, Any], _folder: Path) -> list[str]:
    """One case of `fineract_emi.json`: steps that draw, change the rate or pay, and the rows expected after them."""
    terms = _emi_terms(case["terms"], len(case["periods"]))
    periods = tuple(
        Period(int(row["nr"]), date.fromisoformat(row["from"]), date.fromisoformat(row["due"]))
        for row in case["periods"]
    )
    drawdowns: list[plan.Drawdown] = []
    rates: list[plan.Rate] = []
    settled: list[plan.Settled] = []
    differences: list[str] = []
    for step in case["steps"]:
        if step["op"] == "disburse":
            drawdowns.append(plan.Drawdown(date.fromisoformat(step["date"]), Decimal(step["amount"])))
        elif step["op"] == "change_rate":
            rates.append(plan.Rate(date.fromisoformat(step["from"]), share(step["annual_interest_rate_percent"])))
        elif step["op"] in {"pay_principal", "pay_interest"}:
            settled.append(_settled(step))
        else:
            facts = plan.Facts(tuple(sorted(drawdowns)), tuple(sorted(rates)), (), tuple(settled))
            compare = _emi_rows if step["op"] == "expect" else _emi_payable
            differences += compare(step, terms, facts, periods)
    return differences


def _emi_terms(given: Mapping[str, str], count: int) -> plan.ScheduleTerms:
    return plan.ScheduleTerms(
        currency=CURRENCIES[given["currency_decimals"]],
        annual_rate=share(given["annual_interest_rate_percent"]),
        instalments=count,
        every=int(given["repay_every"]),
        unit=UNITS[given["repayment_frequency_type"]],
        interest_by=plan.BY_DAY,
        year_days=_days(given["days_in_year"]),
        month_days=_days(given["days_in_month"]),
        rounding="ROUND_" + given["rounding"],
        even_last=True,
        round_each_part=True,
    )


def share(percent: str) -> Decimal:
    return Decimal(percent).scaleb(-2)


def _days(name: str) -> int:
    return int(name.removeprefix("DAYS_")) if name.startswith("DAYS_") else plan.ACTUAL


def _settled(step: Mapping[str, str]) -> plan.Settled:
    component = step["op"].removeprefix("pay_")
    return plan.Settled(
        date.fromisoformat(step["period_due"]), date.fromisoformat(step["date"]), **{component: Decimal(step["amount"])}
    )


def _emi_rows(
    step: Mapping[str, Any], terms: plan.ScheduleTerms, facts: plan.Facts, periods: tuple[Period, ...]
) -> list[str]:
    rows = schedule(terms, facts, periods)
    differences = []
    for expected in step["rows"]:
        row = rows[int(expected["period"]) - 1]
        ours = {"emi": row.amount, "interest": row.interest, "principal": row.principal, "balance": row.balance}
        differences += unlike(f"line {step['line']}, period {row.number}", expected, ours)
    for row in rows:
        differences += _emi_parts(step, row)
    return differences


def _emi_parts(step: Mapping[str, Any], row: plan.Instalment) -> list[str]:
    """The stretches of one period; the peer lists an empty stretch (rate 0) where a drawdown opens a period."""
    expected = [
        part for part in step["rows"] if int(part["period"]) == row.number and Decimal(part["rate_factor"]) != ZERO
    ]
    if len(expected) != len(row.parts):
        return [f"line {step['line']}, period {row.number}: {len(expected)} stretches expected, ours {len(row.parts)}"]
    differences = []
    for theirs, part in zip(expected, row.parts, strict=True):
        places = Decimal(1).scaleb(Decimal(theirs["rate_factor"]).as_tuple().exponent)  # type: ignore[arg-type]
        ours = {
            "rate_factor": part.factor.quantize(places),
            "interest_part_amount": round_money(part.interest, "EUR"),
        }
        differences += unlike(f"line {step['line']}, period {row.number} from {part.first}", theirs, ours)
    return differences


def _emi_payable(
    step: Mapping[str, Any], terms: plan.ScheduleTerms, facts: plan.Facts, periods: tuple[Period, ...]
) -> list[str]:
    due, on = date.fromisoformat(step["period_due"]), date.fromisoformat(step["date"])
    principal, interest = payable_on(terms, facts, periods, due, on)
    ours = {"payable_principal": principal, "payable_interest": interest}
    return unlike(f"line {step['line']}, payable on {on}", step, ours)


def unlike(where: str, expected: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """A sentence for every figure of `ours` that `expected` gives otherwise."""
    return [
        f"{where}: {name} {expected[name]} expected, ours {value}"
        for name, value in ours.items()
        if expected.get(name) is not None and Decimal(expected[name]) != value
    ]
