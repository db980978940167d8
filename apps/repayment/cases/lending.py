"""Frappe Lending's published cases: translated into our terms and events, and compared. No arithmetic here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from apps.core.dates import DAY
from apps.core.money import ZERO, round_money
from apps.financing import schedule_terms as plan
from apps.financing.daycount import simple_interest
from apps.financing.due_dates import END_OF_MONTH, SAME_DAY, START_OF_NEXT_MONTH, add_months, due_dates
from apps.financing.headroom import within_limit
from apps.financing.penalties import Overdue, penalty_interest
from apps.financing.schedule import periods_of, schedule
from apps.products.buckets import Bucket, bucket_of
from apps.repayment.cases import OutOfScope
from apps.repayment.course import SETTLED, Course, course
from apps.repayment.course_events import CourseTerms, Event, Kind
from apps.repayment.delinquency import worst
from apps.warehousing.valuation import (
    LendingTerms,
    Quote,
    StoredGoods,
    Valuation,
    margin,
    release_refusal,
    value_goods,
)

CURRENCY = "INR"
WHOLE = Decimal(1)
NPA = "npa"
START = date(2024, 1, 1)  # for cases that give no dates
LONGEST = 1200  # instalments of a fixed amount end when nothing is left
CLOSING = {"repaid": "closure requested"}  # a person there asks for the closing that follows here by itself
RULES = {
    "end_of_current_month": END_OF_MONTH,
    "start_of_next_month": START_OF_NEXT_MONTH,
    "as_per_start_date": SAME_DAY,
    "same_day": SAME_DAY,
}
WATERFALL = tuple(
    f"{standing}_{component}"
    for standing in ("past_due", "due", "in_advance")
    for component in ("penalty", "fee", "interest", "principal")
)
Given = Mapping[str, Any]
Answer = dict[str, Any]


def check(case: Given, _folder: Path) -> list[str]:
    """One case of `frappe_lending.json`. Raises OutOfScope for a kind of case we do not know."""
    answer = ANSWERS.get(case["kind"])
    if answer is None:
        raise OutOfScope(f"kind {case['kind']}")
    ours = answer(case)
    unknown = set(case["expected"]) - set(ours) - {"rounding_of_expected"}
    if unknown:
        raise OutOfScope(f"figure {', '.join(sorted(unknown))} of {case['kind']}")
    whole = case["expected"].get("rounding_of_expected") == "whole unit"
    return [
        f"{name}: {case['expected'][name]} expected, ours {mine}"
        for name, mine in ours.items()
        if name in case["expected"] and not _same(case["expected"][name], mine, whole)
    ]


def _same(expected: Any, ours: Any, whole: bool) -> bool:
    if isinstance(expected, Mapping):
        return all(_same(expected[name], ours[name], whole) for name in expected)
    if isinstance(expected, list):
        pairs = zip(expected, ours, strict=False)
        return len(expected) == len(ours) and all(_same(one, other, whole) for one, other in pairs)
    if isinstance(ours, Decimal):
        return Decimal(expected) == (_whole(ours) if whole else ours)
    return bool(expected == (str(ours).lower() if isinstance(ours, bool) else str(ours)))


def _share(percent: str) -> Decimal:
    return Decimal(percent).scaleb(-2)


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(WHOLE, rounding=ROUND_HALF_UP)


# Schedules


def _terms(given: Given, **more: Any) -> plan.ScheduleTerms:
    """Monthly equal instalments, rounded up to the whole unit as they always are there."""
    fields: dict[str, Any] = {"multiple": WHOLE, "instalment_rounding": ROUND_UP} | more
    rate = _share(given["annual_rate_percent"])
    return plan.ScheduleTerms(CURRENCY, rate, int(given.get("periods", LONGEST)), **fields)


def _rows(given: Given, terms: plan.ScheduleTerms) -> tuple[plan.Instalment, ...]:
    facts = plan.Facts((plan.Drawdown(START, Decimal(given["principal"])),))
    return schedule(terms, facts, periods_of(terms, START))


def _schedule_figures(rows: Sequence[plan.Instalment], case: Given) -> Answer:
    wanted = [int(row["index"]) for row in case["expected"].get("row_index_from_0", ())]
    return {
        "instalment": rows[0].amount,
        "instalment_used_by_test": rows[0].amount,
        "rows": len(rows),
        "total_interest": _whole(sum((row.interest for row in rows), ZERO)),
        "total_payment": _whole(sum((row.amount for row in rows), ZERO)),
        "row_index_from_0": [
            {"index": at, "principal": rows[at].principal, "interest": rows[at].interest, "balance": rows[at].balance}
            for at in wanted
        ],
    }


def _emi(case: Given) -> Answer:
    given = case["input"]
    return _schedule_figures(_rows(given, _terms(given)), case)


def _fixed_instalment(case: Given) -> Answer:
    given = case["input"]
    return _schedule_figures(_rows(given, _terms(given, instalment=Decimal(given["instalment"]))), case)


def _due_dates(case: Given) -> Answer:
    given = case["input"]
    if given["rule"] not in RULES:
        raise OutOfScope(f"due-date rule {given['rule']}")
    first = date.fromisoformat(given["repayment_start"])
    dues = due_dates(first, int(given["periods"]), rule=RULES[given["rule"]])
    return {"first": dues[0], "second": dues[1], "last": dues[-1]}


# Collateral


def _goods(given: Given, terms: LendingTerms, price: str | None = None) -> Valuation:
    """What the pledges are worth and lend. What is released of one is no longer there; each haircut is its grade's."""
    goods, haircuts = [], {}
    for number, one in enumerate(given["pledges"]):
        name = one.get("name", str(number))
        costs = Decimal(price or one["unit_price"])
        quantity = Decimal(one["quantity"]) - Decimal(given.get("release", {}).get(name, "0"))
        haircuts[name] = _share(one.get("haircut_percent") or given.get("haircut_percent", "0"))
        goods.append(StoredGoods(name, name, name, quantity, quantity, 0, Quote(costs, costs, START, is_stale=False)))
    return value_goods(goods, terms._replace(haircuts=haircuts))


def _drawing_power(case: Given) -> Answer:
    goods = _goods(case["input"], LendingTerms(CURRENCY, WHOLE))
    return {"collateral_value": goods.value, "drawing_power": goods.lendable}


def _drawable(case: Given) -> Answer:
    given, terms = case["input"], LendingTerms(CURRENCY, WHOLE)
    sanctioned, drawn = Decimal(given["sanctioned_by_collateral"]), Decimal(given["disbursed"])
    stand = margin(drawn, _goods(given, terms, given.get("unit_price")), terms)
    return {"drawable": min(sanctioned - drawn, stand.drawable)}


def _margin_call(case: Given) -> Answer:
    given = case["input"]
    terms = LendingTerms(CURRENCY, _share(given.get("ltv_percent", "100")))
    stand = margin(Decimal(given["principal_outstanding"]), _goods(given, terms, given.get("new_unit_price")), terms)
    short = next((cure.amount for cure in stand.cures if cure.kind == "cash"), ZERO)
    return {"collateral_value": stand.value, "shortfall": short, "status": "pending" if short else "completed"}


def _sanction(case: Given) -> Answer:
    given = case["input"]
    limit, exposure = Decimal(given["borrower_limit"]), Decimal(given["existing_loans"])
    return {"accepted": within_limit(Decimal(given["requested"]), limit, exposure)}


def _release(case: Given) -> Answer:
    """The payment pays the interest to its day first, then principal; what then stays pledged must carry the rest."""
    given = case["input"]
    owed = Decimal(given["principal_disbursed"])
    since, until = date.fromisoformat(given["accrued_from"]), date.fromisoformat(given["repaid_on"])
    bullet = plan.ScheduleTerms(
        CURRENCY, _share(given["annual_rate_percent"]), 1, method=plan.BULLET, interest_by=plan.BY_DAY, first_due=until
    )
    after = _course(bullet, owed, since - DAY, [(Kind.REPAYMENT, until, Decimal(given["repaid"]))])
    terms = LendingTerms(CURRENCY, WHOLE - _share(given["haircut_percent"]))
    return {"accepted": not release_refusal(after.outstanding, _goods(given, terms), terms)}


# Interest and closing


def _accrual(case: Given) -> Answer:
    given = case["input"]
    principal, rate = Decimal(given["principal"]), _share(given["annual_rate_percent"])
    spans = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in given["periods"]]
    amounts = [simple_interest(principal, rate, first - DAY, last, "ACT/365F") for first, last in spans]
    return {"total_pending_interest_rounded": _whole(sum(amounts, ZERO))}


def _closure(case: Given) -> Answer:
    given = case["input"]
    principal, rate = Decimal(given["principal"]), _share(given["annual_rate_percent"])
    since, on = date.fromisoformat(given["from"]), date.fromisoformat(given["closed_on"])
    interest = simple_interest(principal, rate, since - DAY, on, "ACT/365F")
    bullet = plan.ScheduleTerms(CURRENCY, rate, 1, method=plan.BULLET, interest_by=plan.BY_DAY, first_due=on)
    owed = _course(bullet, principal, since - DAY, [])
    paid = _course(bullet, principal, since - DAY, [(Kind.REPAYMENT, on, owed.outstanding)])
    overdue = [Overdue(row.due, row.outstanding) for row in owed.rows]
    return {
        "interest_unrounded": round(interest, 6),
        "interest_rounded_whole": _whole(interest),
        "penalty": penalty_interest(overdue, rate, on, int(given["grace_days"])),
        "amount_to_close": owed.outstanding,
        "status": CLOSING.get(paid.status, paid.status),
    }


def _nearly_closed(given: Given, *more: tuple[Kind, date, Decimal]) -> Course:
    """A financing that owes `amount_to_close` at the end of one interest-free month, and was paid less."""
    owed, less = Decimal(given["amount_to_close"]), Decimal(given["paid_less_by"])
    terms = plan.ScheduleTerms(CURRENCY, ZERO, 1)
    return _course(terms, owed, START, [(Kind.REPAYMENT, add_months(START, 1), owed - less), *more])


def _closure_shortfall(case: Given) -> Answer:
    given = case["input"]
    pending = _nearly_closed(given).outstanding
    return {"pending_principal_rounded": pending, "closure_allowed": pending <= Decimal(given["write_off_limit"])}


def _write_off(case: Given) -> Answer:
    given = case["input"]
    written = _nearly_closed(given, (Kind.WRITE_OFF, add_months(START, 1), ZERO))
    return {"pending_before": _nearly_closed(given).on_books, "pending_after": written.on_books}


def _settlement(case: Given) -> Answer:
    given = case["input"]
    on = date.fromisoformat(given["on"])
    settled = _course(
        _terms(given), Decimal(given["principal"]), START, [(Kind.SETTLE, on, Decimal(given["settlement"]))]
    )
    return {"status": settled.status.capitalize()}


def _recovery(case: Given) -> Answer:
    given = case["input"]
    amount = Decimal(given["settlement"])
    on = add_months(START, 1)
    terms = plan.ScheduleTerms(CURRENCY, ZERO, 1)
    after = _course(terms, amount + WHOLE, START, [(Kind.WRITE_OFF, on, ZERO), (Kind.SETTLE, on, amount)])
    paid = [entry.amount for entry in after.entries if entry.kind == Kind.SETTLE]
    return {
        "debit_cash": sum(paid, ZERO),
        "credit_write_off_recovery": after.recovered,
        "status": SETTLED.capitalize() if after.status == SETTLED else after.status,
    }


# Payments


def _course(
    terms: plan.ScheduleTerms,
    principal: Decimal,
    start: date,
    money: Sequence[tuple[Kind, date, Decimal]],
    through: date | None = None,
    **more: Any,
) -> Course:
    """The course of a financing drawn on `start` with these payments, entered in this order."""
    entered = max([start, *(on for _kind, on, _amount in money)])
    events = [Event("drawn", Kind.DRAW, start, start, principal)]
    events += [Event(f"paid {at}", kind, on, entered, amount) for at, (kind, on, amount) in enumerate(money, start=1)]
    told = CourseTerms(terms, principal, start, WATERFALL, **more)
    if through is None:
        return course(told, events)
    return course(told, [replace(event, recorded=event.on) for event in events], through)


def _first_repayment(case: Given) -> Answer:
    given = case["input"]
    terms = _terms(given)
    due = add_months(START, 1)
    paid = _course(terms, Decimal(given["principal"]), START, [(Kind.REPAYMENT, due, Decimal(given["amount"]))]).rows[0]
    return {"interest_paid": paid.paid.interest, "principal_paid": paid.paid.principal}


def _dated_terms(given: Given, **more: Any) -> tuple[plan.ScheduleTerms, date]:
    first_due = date.fromisoformat(given["first_due"])
    start = date.fromisoformat(given["disbursed"]) if "disbursed" in given else add_months(first_due, -1)
    return _terms(given, first_due=first_due, **more), start


def _buckets(given: Given) -> tuple[Bucket, ...]:
    return tuple(Bucket(name, int(first), int(last) if last else None) for name, first, last in given["ranges"])


def _npa(threshold_days: str) -> tuple[Bucket, ...]:
    """Beyond the threshold a loan counts as non-performing."""
    return (Bucket(NPA, int(threshold_days) + 1, None),)


def _dpd_and_class(case: Given) -> Answer:
    given = case["input"]
    terms, start = _dated_terms(given, due_rule=END_OF_MONTH if given["first_due"].endswith("-31") else SAME_DAY)
    paid = [(Kind.REPAYMENT, date.fromisoformat(on), Decimal(amount)) for on, amount in given["payments"]]
    answers = []
    for row in case["expected"]["on"]:
        on = date.fromisoformat(row["date"])
        late = _course(terms, Decimal(given["principal"]), start, paid, on, buckets=_buckets(given)).delinquency
        npa = bucket_of(late.days_past_due, _npa(given["npa_threshold_days"])) == NPA
        answers.append({"date": on, "dpd": late.days_past_due, "class": late.bucket, "npa": npa})
    return {"on": answers}


def _dpd_daily(case: Given) -> Answer:
    given = case["input"]
    terms, start = _dated_terms(given, instalment=Decimal(given["instalment"]))
    paid = [(Kind.REPAYMENT, date.fromisoformat(on), Decimal(amount)) for on, amount in given["payments"]]
    days = [date.fromisoformat(on) for on, _days in case["expected"]["dpd_counted_from_due_date_as_1"]]
    return {
        "dpd_counted_from_due_date_as_1": [
            [on, _course(terms, Decimal(given["principal"]), start, paid, on, due_day_counts=True).delinquency.days]
            for on in days
        ]
    }


def _contagion(case: Given) -> Answer:
    """Any amount will do: only the dates decide."""
    given = case["input"]
    on = max(date.fromisoformat(loan["run"]) for loan in given["loans"] if "run" in loan)
    buckets = _npa(given["threshold_days"])
    late = []
    for loan in given["loans"]:
        first_due = date.fromisoformat(loan["first_due"])
        terms = plan.ScheduleTerms(CURRENCY, ZERO, 12, first_due=first_due)
        late.append(_course(terms, Decimal(1200), add_months(first_due, -1), [], on, buckets=buckets).delinquency)
    borrower = worst(buckets, late) == NPA
    return {"borrower_npa": borrower} | {f"loan{number}_npa": borrower for number in range(1, len(late) + 1)}


def _charges(case: Given) -> Answer:
    given = case["input"]
    due = add_months(START, 1)
    charges = [
        Event(f"charge {at}", Kind.CHARGE, due, START, Decimal(amount))
        for at, amount in enumerate(given["charges"], start=1)
    ]
    paid = [
        Event(f"paid {at}", Kind.REPAYMENT, due, due, Decimal(amount))
        for at, amount in enumerate(given["charge_payments"], start=1)
    ]
    drawn = Event("drawn", Kind.DRAW, START, START, Decimal(1000))
    terms = CourseTerms(plan.ScheduleTerms(CURRENCY, ZERO, 1), Decimal(1000), START, WATERFALL)
    return {"charges_paid": [charge.paid for charge in course(terms, [drawn, *charges, *paid]).charges]}


def _in_between(case: Given) -> Answer:
    given = case["input"]
    terms, start = _dated_terms(given)
    amount = Decimal(given["amount_each"])
    told = [
        _course(
            terms,
            Decimal(given["principal"]),
            start,
            [(Kind.REPAYMENT, date.fromisoformat(on), amount) for on in given[order]],
        )
        for order in ("order_a", "order_b")
    ]
    splits = [[(entry.on, entry.parts) for entry in one.entries] for one in told]
    return {"same_allocation_by_value_date": all(one == other for one, other in pairwise(splits))}


def _backdated(case: Given) -> Answer:
    given = case["input"]
    terms, start = _dated_terms(given)
    through, rate = date.fromisoformat(given["accrued_to"]), _share(given["penalty_annual_rate_percent"])
    paid = (Kind.REPAYMENT, date.fromisoformat(given["payment_value_date"]), Decimal(given["amount"]))
    before, after = (
        round_money(penalty_interest(_overdue(terms, given, start, money, through), rate, through), CURRENCY)
        for money in ([], [paid])
    )
    return {"penalty_before_positive": before > 0, "penalty_after": after}


def _overdue(
    terms: plan.ScheduleTerms, given: Given, start: date, money: Sequence[tuple[Kind, date, Decimal]], through: date
) -> list[Overdue]:
    stands = _course(terms, Decimal(given["principal"]), start, money)
    return [Overdue(row.due, row.outstanding) for row in stands.rows if row.due < through and row.outstanding]


ANSWERS: Mapping[str, Callable[[Given], Answer]] = {
    "emi": _emi,
    "emi_schedule": _emi,
    "fixed_instalment_schedule": _fixed_instalment,
    "due_dates": _due_dates,
    "drawing_power": _drawing_power,
    "drawable_amount": _drawable,
    "margin_call": _margin_call,
    "margin_call_cured": _margin_call,
    "sanction_limit": _sanction,
    "partial_release_of_collateral": _release,
    "interest_accrual_cumulative": _accrual,
    "early_closure": _closure,
    "closure_shortfall_within_write_off_limit": _closure_shortfall,
    "write_off": _write_off,
    "full_settlement": _settlement,
    "write_off_settlement_postings": _recovery,
    "term_loan_first_repayment": _first_repayment,
    "dpd_and_class": _dpd_and_class,
    "dpd_daily": _dpd_daily,
    "npa_contagion": _contagion,
    "charge_waterfall": _charges,
    "in_between_payment_invariance": _in_between,
    "backdated_payment_removes_penalty": _backdated,
}
