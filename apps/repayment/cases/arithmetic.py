"""Adapters for pure arithmetic: day counts, dated rates of return, regulators' APR, the time value of money."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from apps.financing import rates
from apps.financing.apr import DAY, HALF_MONTH, MONTH, WEEK, UnitPeriod, actuarial_apr, european_apr
from apps.financing.daycount import DAY_COUNTS, count_days, year_fraction
from apps.repayment.cases import Case, OutOfScope

NONE = "none"
INFINITE = {"infinity": Decimal("Infinity"), "-infinity": Decimal("-Infinity")}
FUNCTIONS = ("fv", "pv", "pmt", "ipmt", "ppmt", "nper", "rate", "irr", "mirr", "npv")
# A case may leave out what is nothing.
NOTHING_UNLESS_GIVEN = {"fv": ("pmt", "pv"), "pv": ("pmt",), "nper": ("pmt", "pv"), "rate": ("pmt", "pv")}
UNIT_KINDS = {
    "day": (1, DAY),
    "week": (1, WEEK),
    "fortnight": (2, WEEK),
    "half month": (1, HALF_MONTH),
    "semimonth": (1, HALF_MONTH),
    "month": (1, MONTH),
    "quarter": (3, MONTH),
    "half year": (6, MONTH),
    "year": (12, MONTH),
}


def check_day_count(case: Case, _folder: Path) -> list[str]:
    """The days and the share of a year between two dates."""
    convention = _day_count(case["convention"])
    start, end = date.fromisoformat(case["start"]), date.fromisoformat(case["end"])
    termination = _date(case.get("termination_date"))
    first, last = _date(case.get("reference_start")), _date(case.get("reference_end"))
    differences = []
    if "expected_days" in case:
        days = count_days(start, end, convention, termination=termination)
        if days != int(case["expected_days"]):
            differences.append(f"expected {case['expected_days']} days, got {days}")
    if "expected_year_fraction" in case:
        reference = (first, last) if first and last else None
        share = year_fraction(start, end, convention, termination=termination, reference=reference)
        differences += _share_differences(case, share)
    return differences


def _share_differences(case: Case, share: Fraction) -> list[str]:
    if "expected_exact" in case:
        expected = Fraction(case["expected_exact"])
        return [] if share == expected else [f"expected {expected} of a year, got {share}"]
    got = Decimal(share.numerator) / share.denominator
    return _differences(case, case["expected_year_fraction"], got)


def check_dated_rate(case: Case, _folder: Path) -> list[str]:
    """XIRR or XNPV of dated flows."""
    flows, day_count = _flows(case["flows"]), _day_count(case["day_count"])
    if case["kind"] not in ("xirr", "xnpv"):
        raise OutOfScope(f"the kind {case['kind']} is not known")
    try:
        if case["kind"] == "xnpv":
            return _differences(case, case["expected"], rates.xnpv(_number(case["rate"]), flows, day_count=day_count))
        return _differences(case, case["expected"], rates.xirr(flows, day_count=day_count))
    except rates.Unbounded as unbounded:
        return _differences(case, case["expected"], unbounded.rate)
    except rates.NoSolution:
        return _differences(case, case["expected"], None)


def check_apr(case: Case, _folder: Path) -> list[str]:
    """The annual percentage rate as the case's regulator reckons it, in percent."""
    advances, payments = _flows(case["advances"]), _flows(case["payments"])
    method = case["method"]
    try:
        if method.startswith("US Regulation Z"):
            rate = actuarial_apr(advances, payments, _unit_period(case))
        elif method.startswith(("EU ", "UK ")):
            rate = european_apr(advances, payments)
        else:
            raise OutOfScope(f"the method {method} is not known")
    except rates.NoSolution:
        return _differences(case, case["expected_apr_percent"], None)
    return _differences(case, case["expected_apr_percent"], 100 * rate)


def _unit_period(case: Case) -> UnitPeriod | None:
    """The unit period that the case names. None, which leaves it to the regulation, when one payment repays all."""
    if "unit_period" not in case or len(case["payments"]) == 1:
        return None
    matched = re.fullmatch(r"(?:(\d+) )?([a-z ]+?)s?", case["unit_period"])
    if not matched or matched[2] not in UNIT_KINDS:
        raise OutOfScope(f"the unit period {case['unit_period']} is not known")
    number, kind = UNIT_KINDS[matched[2]]
    return UnitPeriod(int(matched[1] or 1) * number, kind)


def check_time_value(case: Case, _folder: Path) -> list[str]:
    """One function of the time value of money."""
    function = case["function"]
    if function not in FUNCTIONS:
        raise OutOfScope(f"the function {function} is not known")
    try:
        got = getattr(rates, function)(**_arguments(function, case["input"]))
    except rates.NoSolution:
        got = None
    return _differences(case, case["expected"], got)


def _arguments(function: str, given: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = dict.fromkeys(NOTHING_UNLESS_GIVEN.get(function, ()), Decimal(0))
    for name, value in given.items():
        match name:
            case "flows":
                arguments["flows"] = [_number(one) for one in value]
            case "due":
                arguments["due"] = value
            case "first_flow_at_time":
                arguments["first_at"] = int(value)
            case _:
                arguments[name] = _number(value)
    return arguments


# How a case is read, and when its figure and ours agree.


def _number(text: str) -> Decimal:
    """A number, or a quotient such as 0.08/12."""
    numerator, _slash, denominator = text.partition("/")
    return Decimal(numerator) / Decimal(denominator) if denominator else Decimal(numerator)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _flows(given: Sequence[Sequence[str]]) -> list[tuple[date, Decimal]]:
    return [(date.fromisoformat(day), Decimal(amount)) for day, amount in given]


def _day_count(convention: str) -> str:
    """Our name of a convention: in capitals, without what explains it in brackets."""
    name = re.sub(r" annex I remark \(c\), period =", "", convention)
    name = re.sub(r" *\(.*\)", "", name).strip().upper()
    if name not in DAY_COUNTS:
        raise OutOfScope(f"the day count {convention} is not known")
    return name


def _differences(case: Case, expected: str, got: Decimal | None) -> list[str]:
    """`got` is None for no solution, and infinite when it is beyond every number."""
    if _agree(case, expected, got):
        return []
    return [f"expected {expected}, got {NONE if got is None else got}"]


def _agree(case: Case, expected: str, got: Decimal | None) -> bool:
    if expected == NONE:
        return got is None or got.is_infinite()
    if expected in INFINITE or got is None or got.is_infinite():
        return got is not None and got == INFINITE.get(expected)
    return abs(got - Decimal(expected)) <= _tolerance(case, Decimal(expected))


def _tolerance(case: Case, expected: Decimal) -> Decimal:
    """How far off still agrees: as the case says, else half a unit of the last digit given."""
    stated = case.get("tolerance") or case.get("tolerance_percent_points") or case.get("rounding") or "last digit"
    if matched := re.fullmatch(r"(\d+) decimals", stated):
        return Decimal(5).scaleb(-int(matched[1]) - 1)
    if stated == "last digit":
        return Decimal(5).scaleb(int(expected.as_tuple().exponent) - 1)
    if stated.startswith("exact"):
        return Decimal(0)
    if stated.endswith(" relative"):
        return abs(expected) * Decimal(stated.removesuffix(" relative"))
    return Decimal(stated)
