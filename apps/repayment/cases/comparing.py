"""Fineract's published checks compared with our course, to the minor unit. No arithmetic here."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.repayment.cases import OutOfScope
from apps.repayment.cases.emi import unlike
from apps.repayment.course import Course
from apps.repayment.course_events import AT_DRAWDOWN, EACH_INSTALMENT, ON_DATE, WHEN_OVERDUE, Event, Kind
from apps.repayment.retelling import Entry
from apps.repayment.waterfall import Parts

ENTRY_NAMES = {
    Kind.DRAW: "Disbursement", Kind.REPAYMENT: "Repayment", Kind.MERCHANT_REFUND: "Merchant Issued Refund",
    Kind.PAYOUT_REFUND: "Payout Refund", Kind.GOODWILL: "Goodwill Credit", Kind.ADJUST_CHARGE: "Charge Adjustment",
    Kind.CHARGEBACK: "Chargeback", Kind.TAKE_BACK: "Refund", Kind.REFUND_SURPLUS: "Credit Balance Refund",
    Kind.WAIVE: "Waive loan charges", Kind.WRITE_OFF: "Charge-off", Kind.ACCRUAL: "Accrual",
    Kind.FEE_AT_DRAWDOWN: "Repayment (at time of disbursement)",
}  # fmt: skip
STATUSES = {"APPROVED": "approved", "ACTIVE": "active", "CLOSED_OBLIGATIONS_MET": "repaid", "OVERPAID": "overpaid",
            "CLOSED (OBLIGATIONS MET)": "repaid", "SUBMITTED_AND_PENDING_APPROVAL": "pending",
            "SUBMITTED AND PENDING APPROVAL": "pending"}  # fmt: skip
DUE_AT = {"Specified due date": ON_DATE, "Disbursement": AT_DRAWDOWN, "Installment Fee": EACH_INSTALMENT,
          "Overdue Fees": WHEN_OVERDUE}  # fmt: skip
MONEY_IN_ROW = ("principal", "interest", "fees", "penalties")


def compare(expected: Mapping[str, Any], ours: Course) -> list[str]:
    """A sentence for every difference between one published check and our course. OutOfScope for an unknown check."""
    answer = COMPARISONS.get(expected["kind"])
    if answer is None:
        raise OutOfScope(f"check {expected['kind']}")
    where = f"after event {expected['after_event']}, {expected['kind']}"
    return [f"{where}: {difference}" for difference in answer(expected, ours)]


def _compare_schedule(expected: Mapping[str, Any], ours: Course) -> list[str]:
    drawn = [row for row in expected["rows"] if row["nr"] is None]
    due = [row for row in expected["rows"] if row["nr"] is not None]
    if (len(drawn), len(due)) != (len(ours.draws), len(ours.rows)):
        return [
            f"{len(drawn)} payouts and {len(due)} instalments expected, ours {len(ours.draws)} and {len(ours.rows)}"
        ]
    differences = []
    for theirs, draw in zip(drawn, ours.draws, strict=True):
        figures = {"balance": draw.amount, "fees": draw.fee, "due": draw.fee, "paid": draw.fee}
        differences += unlike(f"payout {draw.drawn_on}", theirs, figures)
        differences += _unlike_dates(f"payout {draw.drawn_on}", theirs, {"due_date": draw.drawn_on})
    for theirs, row in zip(due, ours.rows, strict=True):
        figures = _columns(row.owed) | {
            "balance": row.balance, "due": row.owed.total, "paid": row.paid.total, "in_advance": row.early,
            "late": row.late, "outstanding": row.outstanding, "days": Decimal((row.due - row.starts).days),
            "waived": row.waived.total,
        }  # fmt: skip
        differences += unlike(f"instalment {row.number}", theirs, figures)
        differences += _unlike_dates(f"instalment {row.number}", theirs, {"due_date": row.due, "paid_date": row.met_on})
    return differences + _compare_totals(expected, ours)


def _compare_totals(expected: Mapping[str, Any], ours: Course) -> list[str]:
    totals = ours.totals
    figures = _columns(totals.owed) | {
        "due": totals.owed.total, "paid": totals.paid, "in_advance": totals.early, "late": totals.late,
        "outstanding": totals.outstanding,
    }  # fmt: skip
    return unlike("totals", expected.get("totals") or {}, figures)


def _columns(parts: Parts) -> dict[str, Decimal]:
    return {"principal": parts.principal, "interest": parts.interest, "fees": parts.fee, "penalties": parts.penalty}


def _unlike_dates(where: str, expected: Mapping[str, Any], ours: Mapping[str, date | None]) -> list[str]:
    return [
        f"{where}: {name} {expected.get(name)} expected, ours {day}"
        for name, day in ours.items()
        if (expected.get(name) or None) != (day.isoformat() if day else None)
    ]


def _entry_key(entry: Entry) -> tuple[str, ...]:
    money = (entry.amount, *(_columns(entry.parts).values()), entry.balance)
    return (entry.on.isoformat(), ENTRY_NAMES[entry.kind], *(str(amount.normalize() + ZERO) for amount in money))


def _row_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    money = (row["amount"], *(row[name] for name in MONEY_IN_ROW), row["loan_balance"])
    return (row["date"], row["type"], *(str(Decimal(amount).normalize() + ZERO) for amount in money))


def _compare_transactions(expected: Mapping[str, Any], ours: Course) -> list[str]:
    theirs = Counter(_row_key(row) for row in expected["rows"])
    mine = Counter(_entry_key(entry) for entry in ours.entries)
    missing = [f"ours lacks {' '.join(key)}" for key in (theirs - mine).elements()]
    undone = Counter(_row_key(row) for row in expected["rows"] if row.get("reverted") == "true")
    mine_undone = Counter(_entry_key(entry) for entry in ours.entries if entry.reversed)
    wrong = [f"not reversed in ours: {' '.join(key)}" for key in (undone - mine_undone).elements()]
    return missing + [f"only ours has {' '.join(key)}" for key in (mine - theirs).elements()] + wrong


def _compare_transaction(expected: Mapping[str, Any], ours: Course) -> list[str]:
    mine = {_entry_key(entry)[1:] for entry in ours.entries}
    rows = [_row_key(row | {"date": ""})[1:] for row in expected["rows"]]
    return [f"ours lacks {' '.join(key)}" for key in rows if key not in mine]


def _compare_charges(expected: Mapping[str, Any], ours: Course) -> list[str]:
    theirs = Counter(
        (row["is_penalty"], DUE_AT[row["payment_due_at"]], row.get("due_as_of") or "",
         *(Decimal(row[name]) for name in ("due", "paid", "waived", "outstanding")))
        for row in expected["rows"]
    )  # fmt: skip
    mine = Counter(
        (str(one.event.penalty).lower(), one.event.timing, _due_as_of(one.event), one.amount, one.paid, one.waived,
         one.outstanding)
        for one in ours.charges
    )  # fmt: skip
    return [f"{key} expected, ours {list(mine)}" for key in (theirs - mine).elements()] + [
        f"{key} only in ours" for key in (mine - theirs).elements()
    ]


def _due_as_of(event: Event) -> str:
    return event.on.isoformat() if event.timing in {ON_DATE, WHEN_OVERDUE} else ""


def _compare_status(expected: Mapping[str, Any], ours: Course) -> list[str]:
    theirs = STATUSES[expected["value"].upper()]
    return [] if theirs == ours.status else [f"{theirs} expected, ours {ours.status}"]


def _compare_amount(name: str) -> Callable[[Mapping[str, Any], Course], list[str]]:
    return lambda expected, ours: unlike(name, expected, {"value": getattr(ours, name)})


def _compare_written_off(expected: Mapping[str, Any], ours: Course) -> list[str]:
    return _unlike_dates("written off", expected, {"date": ours.written_off_on})


def _compare_range(expected: Mapping[str, Any], ours: Course) -> list[str]:
    theirs = "" if expected["range"] == "NO_DELINQUENCY" else expected["range"]
    found = [] if theirs == ours.delinquency.bucket else [f"{theirs} expected, ours {ours.delinquency.bucket}"]
    return found + _unlike_dates(
        "delinquent", {"date": expected.get("delinquent_date")}, {"date": ours.delinquency.since}
    )


def _compare_loan_delinquency(expected: Mapping[str, Any], ours: Course) -> list[str]:
    (row,) = expected["rows"]
    late = ours.delinquency
    figures = {"delinquent_amount": late.amount, "delinquent_days": late.days, "past_due_days": late.days_past_due}
    return unlike("delinquency", row, figures) + _compare_range(
        {"range": row["classification"], "delinquent_date": row.get("delinquent_date")}, ours
    )


def _compare_by_bucket(expected: Mapping[str, Any], ours: Course) -> list[str]:
    theirs = {row["range"]: Decimal(row["amount"]) for row in expected["rows"]}
    mine = dict(ours.delinquency.by_bucket)
    return [] if theirs == mine else [f"{theirs} expected, ours {mine}"]


def _compare_maturity(expected: Mapping[str, Any], ours: Course) -> list[str]:
    return _unlike_dates("maturity", expected, {"date": ours.maturity})


COMPARISONS: Mapping[str, Callable[[Mapping[str, Any], Course], Sequence[str]]] = {
    "schedule": _compare_schedule,
    "transactions": _compare_transactions,
    "transaction": _compare_transaction,
    "charges": _compare_charges,
    "status": _compare_status,
    "outstanding": _compare_amount("outstanding"),
    "overpaid": _compare_amount("surplus"),
    "charged_off": _compare_written_off,
    "delinquency_range": _compare_range,
    "loan_delinquency": _compare_loan_delinquency,
    "installment_delinquency": _compare_by_bucket,
    "maturity": _compare_maturity,
}
