"""Apache Fineract's published schedules, translated into our terms and events. No arithmetic here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from apps.financing import schedule_terms as plan
from apps.products.buckets import Bucket
from apps.repayment.cases import ByOption, OutOfScope
from apps.repayment.cases.comparing import ENTRY_NAMES, compare
from apps.repayment.cases.emi import UNITS, share
from apps.repayment.cases.emi import check as check_emi
from apps.repayment.course import Course, course
from apps.repayment.course_events import (
    AS_SCHEDULED,
    AT_DRAWDOWN,
    CURRENT_PERIOD,
    DUE_DATE,
    EACH_INSTALMENT,
    EVERY_PERIOD,
    INTEREST_TO_DATE,
    OF_PRINCIPAL,
    OF_PRINCIPAL_AND_INTEREST,
    ON_DATE,
    ON_ITS_DATE,
    PRINCIPAL_AT_ONCE,
    PRINCIPAL_WHEN_DUE,
    RECORDED_DATE,
    CourseTerms,
    Event,
    Kind,
    OverduePenalty,
)
from apps.repayment.waterfall import HORIZONTAL, LAST_INSTALMENT, NEXT_INSTALMENT, REAMORTISE

LEFT_OUT = {"down_payment": "down payments", "re_aging": "re-ageing", "re_amortization": "re-amortisation on demand"}
METHODS = {"EQUAL_INSTALLMENTS": plan.EQUAL_INSTALMENTS, "EQUAL_PRINCIPAL_PAYMENTS": plan.EQUAL_PRINCIPAL}
EARLY = {"REDUCE_EMI_AMOUNT": plan.LEVEL, "REDUCE_NUMBER_OF_INSTALLMENTS": plan.SHORTEN,
         "RESCHEDULE_NEXT_REPAYMENTS": plan.NEXT}  # fmt: skip
ADVANCE = {"NEXT_INSTALLMENT": NEXT_INSTALMENT, "LAST_INSTALLMENT": LAST_INSTALMENT, "REAMORTIZATION": REAMORTISE}
PAYMENT_KINDS = {"REPAYMENT": Kind.REPAYMENT, "MERCHANT_ISSUED_REFUND": Kind.MERCHANT_REFUND,
                 "PAYOUT_REFUND": Kind.PAYOUT_REFUND, "GOODWILL_CREDIT": Kind.GOODWILL,
                 "REFUND_BY_CASH": Kind.TAKE_BACK}  # fmt: skip
# Their order names the components of money due, then those of money in advance; "" keeps instalment after instalment.
STRATEGIES = {
    "PENALTIES_FEES_INTEREST_PRINCIPAL_ORDER": ("penalty fee interest principal", ""),
    "DUE_PENALTY_FEE_INTEREST_PRINCIPAL_IN_ADVANCE_PRINCIPAL_PENALTY_FEE_INTEREST": (
        "penalty fee interest principal",
        "principal penalty fee interest",
    ),
    "DUE_PENALTY_INTEREST_PRINCIPAL_FEE_IN_ADVANCE_PENALTY_INTEREST_PRINCIPAL_FEE": (
        "penalty interest principal fee",
        "penalty interest principal fee",
    ),
}
TIMINGS = {"LOAN_INSTALLMENT_PERCENTAGE_FEE": EACH_INSTALMENT, "LOAN_DISBURSEMENT_PERCENTAGE_FEE": AT_DRAWDOWN,
           "LOAN_TRANCHE_DISBURSEMENT_PERCENTAGE_FEE": AT_DRAWDOWN}  # fmt: skip


def check(case: Mapping[str, Any], folder: Path) -> list[str]:
    """One case of `fineract_schedules.json` or `fineract_emi.json`: every check of it, to the minor unit.

    Raises OutOfScope for the consumer-credit habits this product leaves out, and for steps it does not know; ByOption
    where the whole of it agrees once instalments are not rounded as its product says.
    """
    if "periods" in case:
        return check_emi(case, folder)
    left_out = [words for tag, words in LEFT_OUT.items() if tag in case["tags"]]
    if left_out:
        raise OutOfScope(", ".join(left_out))
    terms = _terms(case["loan"], folder)
    differences = _differences(case, terms)
    if differences and terms.plan.multiple:
        exact = replace(terms, plan=replace(terms.plan, multiple=None))
        if not _differences(case, exact):
            raise ByOption("instalments to the minor unit, where its product rounds them to a multiple")
    return differences


def _differences(case: Mapping[str, Any], terms: CourseTerms) -> list[str]:
    translation = _Translation(terms)
    differences: list[str] = []
    for number in range(len(case["events"]) + 1):
        if number:
            translation.take(case["events"][number - 1])
        for expected in case["checks"]:
            if int(expected["after_event"]) == number:
                differences += compare(expected, translation.course())
    return differences


@cache
def _products(folder: Path) -> Mapping[str, Any]:
    products: Mapping[str, Any] = json.loads((folder / "fineract_products.json").read_text(encoding="utf-8"))
    return products


def _terms(loan: Mapping[str, Any], folder: Path) -> CourseTerms:
    book = _products(folder)
    product = book["products"][loan["product"]]
    progressive = product["schedule"] == "PROGRESSIVE"
    recalculates = product["interest_recalculation"] == "true"
    waterfall, split = _waterfall(loan["payment_strategy"], product)
    rules = product.get("payment_allocation", {}).get("future_instalment_rule", {})
    return CourseTerms(
        plan=_plan(loan, product, progressive),
        principal=Decimal(loan["principal"]),
        start=date.fromisoformat(loan["submitted_on_date"]),
        waterfall=waterfall,
        mode=product.get("processing", HORIZONTAL).lower(),
        advance=tuple((PAYMENT_KINDS[kind], ADVANCE[rule]) for kind, rule in rules.items() if kind in PAYMENT_KINDS),
        advance_default=ADVANCE[rules.get("DEFAULT", "NEXT_INSTALLMENT")],
        split_due_charges=split,
        charges_join=ON_ITS_DATE if progressive else "at_once",
        late_interest=plan.NEVER if not recalculates else EVERY_PERIOD if progressive else CURRENT_PERIOD,
        late_interest_on_interest=product.get("compounding", "NONE") != "NONE",
        early_payment=_early_payment(product) if recalculates else AS_SCHEDULED,
        overdue_penalty=_overdue_penalty(product.get("overdue_charge")),
        one_accrual_a_day=progressive,
        buckets=tuple(
            Bucket(name, int(first), int(last) if last else None)
            for name, first, last in book["delinquency_ranges_days"]
        ),
        grace_days=int(product["grace_days_on_arrears_ageing"]),
    )


def _plan(loan: Mapping[str, Any], product: Mapping[str, Any], progressive: bool) -> plan.ScheduleTerms:
    flat = loan["interest_type"] == "FLAT"
    rate = share(loan["annual_interest_rate_percent"])
    multiple = product["instalment_rounded_to_multiple_of"]
    in_parts = product["multi_disburse"] == "true" and not flat and not progressive
    actual_year = plan.ACTUAL if progressive else 365  # their cumulative schedules count 365 days in a leap year too
    return plan.ScheduleTerms(
        currency=product["currency"],
        annual_rate=rate,
        instalments=int(loan["number_of_repayments"]),
        every=int(loan["repayment_every"]),
        unit=UNITS[loan["repayment_frequency_type"]],
        method=plan.FLAT if flat else METHODS[loan["amortization_type"]],
        interest_by=plan.BY_DAY if loan["interest_calculation_period"] == "DAILY" else plan.BY_PERIOD,
        year_days=actual_year if product["days_in_year"] == "ACTUAL" else int(product["days_in_year"]),
        month_days=plan.ACTUAL if product["days_in_month"] == "ACTUAL" else int(product["days_in_month"]),
        multiple=Decimal(multiple) if multiple else None,
        principal_grace=int(loan["grace_on_principal_payment"]),
        # In the origin's test set-up the column "interest free period" is what defers interest; "grace on interest
        # payment" never reaches the loan (FIN-0066 and FIN-0067 show both).
        interest_deferred=int(loan["interest_free_period"]),
        early_principal=EARLY.get(product.get("advance_payment_adjustment", ""), plan.SHORTEN),
        level_by_first_period=not progressive,
        round_each_part=True,
        even_last=progressive and not multiple,
        level_for=Decimal(loan["principal"]) if in_parts and rate else None,
    )


def _waterfall(strategy: str, product: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """The steps in order, and whether charges fall due on their own date inside an instalment."""
    if strategy == "ADVANCED_PAYMENT_ALLOCATION":
        return tuple(step.lower() for step in product["payment_allocation"]["order"]), False
    due, ahead = STRATEGIES[strategy]
    standings = (("past_due", due), ("due", due), ("in_advance", ahead or due))
    return tuple(f"{standing}_{one}" for standing, order in standings for one in order.split()), bool(ahead)


def _early_payment(product: Mapping[str, Any]) -> str:
    if product["schedule"] == "PROGRESSIVE":
        return INTEREST_TO_DATE
    return PRINCIPAL_AT_ONCE if product["recalculation_rest"] == "DAILY" else PRINCIPAL_WHEN_DUE


def _overdue_penalty(words: str | None) -> OverduePenalty | None:
    if not words:
        return None
    percent, _of, base = words.partition("% of instalment ")
    return OverduePenalty(
        share(percent), OF_PRINCIPAL_AND_INTEREST if "interest" in base else OF_PRINCIPAL, "% Late fee"
    )


class _Translation:
    """The case's steps so far, as our events."""

    def __init__(self, terms: CourseTerms) -> None:
        self.terms = terms
        self.today = self.terms.start
        self.events: list[Event] = []
        self.recalculates_at_night = False
        self.income_on = DUE_DATE

    def course(self) -> Course:
        terms = self.terms
        if self.income_on != terms.charge_income_on:
            terms = replace(terms, charge_income_on=self.income_on)
        return course(terms, self.events, self.today)

    def take(self, step: Mapping[str, Any]) -> None:
        """Adds what `step` means. Raises OutOfScope for a step we do not know."""
        take: Callable[[Mapping[str, Any]], None] | None = getattr(self, f"_{step['type']}", None)
        if take is None:
            raise OutOfScope(f"step {step['type']}")
        take(step)

    def _add(self, kind: Kind, step: Mapping[str, Any], **more: Any) -> None:
        on = date.fromisoformat(step["date"]) if step.get("date") else self.today
        fields: dict[str, Any] = {"on": on, "amount": Decimal(step.get("amount") or 0)} | more
        self.events.append(Event(f"e{len(self.events) + 1}", kind, recorded=self.today, **fields))

    def _live(self, *kinds: Kind) -> list[Event]:
        gone = {event.of for event in self.events if event.kind == Kind.REVERSE}
        return [event for event in self.events if event.kind in kinds and event.id not in gone]

    def _business_date(self, step: Mapping[str, Any]) -> None:
        self.today = date.fromisoformat(step["date"])

    def _global_config(self, step: Mapping[str, Any]) -> None:
        if step["name"] == "charge-accrual-date":
            self.income_on = RECORDED_DATE if step["value"] == "submitted-date" else DUE_DATE

    def _end_of_day_step(self, step: Mapping[str, Any]) -> None:
        self.recalculates_at_night = step["action"] == "puts"

    def _run_end_of_day(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.CLOSE_DAY, step, recalculate=self.recalculates_at_night)

    def _approve(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.APPROVE, step, to=date.fromisoformat(step["expected_disbursement_date"]))

    def _disburse(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.DRAW, step)

    def _undo_disbursal(self, step: Mapping[str, Any]) -> None:
        for draw in self._live(Kind.DRAW):
            self._add(Kind.REVERSE, step, of=draw.id)

    def _undo_last_disbursal(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.REVERSE, step, of=self._live(Kind.DRAW)[-1].id)

    def _repayment(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.REPAYMENT, step)

    def _transaction(self, step: Mapping[str, Any]) -> None:
        if step["kind"] not in PAYMENT_KINDS:
            raise OutOfScope(f"transaction {step['kind']}")
        self._add(PAYMENT_KINDS[step["kind"]], step)

    def _credit_balance_refund(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.REFUND_SURPLUS, step)

    def _chargeback(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.CHARGEBACK, step)

    def _charge_off(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.WRITE_OFF, step)

    def _undo_charge_off(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.REVERSE, step, of=self._live(Kind.WRITE_OFF)[-1].id)

    def _add_charge(self, step: Mapping[str, Any]) -> None:
        name = step["charge"]
        percent = share(step["percent"]) if step.get("percent") else None
        self._add(
            Kind.CHARGE,
            step,
            on=date.fromisoformat(step["due_date"]) if step.get("due_date") else self.today,
            share=percent,
            basis=OF_PRINCIPAL if "DISBURSEMENT" in name else OF_PRINCIPAL_AND_INTEREST,
            timing=TIMINGS.get(name, ON_DATE),
            penalty="NSF" in name or bool(step.get("penalty")),
            label=name,
        )

    def _waive_charge(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.WAIVE, step, of=self._live(Kind.CHARGE)[-1].id)

    def _undo_waive_charge(self, step: Mapping[str, Any]) -> None:
        self._add(Kind.REVERSE, step, of=self._live(Kind.WAIVE)[-1].id)

    def _charge_adjustment(self, step: Mapping[str, Any]) -> None:
        due = date.fromisoformat(step["due_date"])
        mine = [one for one in self._live(Kind.CHARGE) if one.label == step["charge"] and one.on == due]
        self._add(Kind.ADJUST_CHARGE, step, of=mine[-1].id)

    def _reschedule(self, step: Mapping[str, Any]) -> None:
        since = date.fromisoformat(step.get("from") or step["reschedule_from_date"])
        to = step.get("to") or step.get("adjusted_due_date")
        if to:
            self._add(Kind.RESCHEDULE, step, on=since, to=date.fromisoformat(to))
        if step.get("extra_terms"):
            self._add(Kind.EXTEND, step, on=since, count=int(step["extra_terms"]))
        if step.get("new_interest_rate"):
            self._add(Kind.CHANGE_RATE, step, on=since, share=share(step["new_interest_rate"]))

    def _delinquency_pause(self, step: Mapping[str, Any]) -> None:
        first, last = date.fromisoformat(step["start"]), date.fromisoformat(step["end"])
        self._add(Kind.PAUSE, step, on=first, to=last)

    def _undo_transaction(self, step: Mapping[str, Any]) -> None:
        """The named payment of that date; where the date is that of the undoing, the latest of its kind."""
        kinds = [kind for kind, name in ENTRY_NAMES.items() if name == step.get("kind")] or list(PAYMENT_KINDS.values())
        on = date.fromisoformat(step["date"])
        live = self._live(*kinds)
        that_day = [event for event in live if event.on == on]
        place = min(int(step.get("index") or 1), len(that_day)) - 1
        self._add(Kind.REVERSE, step, of=(that_day[place] if that_day else live[-1]).id)
