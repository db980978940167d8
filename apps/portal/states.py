"""How each state is called on a page, and in which tone it is shown.

The keys are the names of models and states; the words are for people. A test holds this table against the models.
"""

from typing import Any, NamedTuple

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from apps.core.states import Stateful

NEUTRAL, GOOD, WARN, BAD = "neutral", "good", "warn", "bad"


class Wording(NamedTuple):
    """The tone and the words of one state."""

    tone: str
    label: Promise | str


SELLER = {
    "invited": Wording(NEUTRAL, pgettext_lazy("seller", "Invited")),
    "registered": Wording(NEUTRAL, pgettext_lazy("seller", "Registered")),
    "submitted": Wording(WARN, pgettext_lazy("seller", "Being checked")),
    "info_requested": Wording(WARN, pgettext_lazy("seller", "Needs more from you")),
    "verified": Wording(GOOD, pgettext_lazy("seller", "Verified")),
    "rejected": Wording(BAD, pgettext_lazy("seller", "Not accepted")),
    "suspended": Wording(BAD, pgettext_lazy("seller", "Suspended")),
    "closed": Wording(NEUTRAL, pgettext_lazy("seller", "Closed")),
}

PAYOUT_CHANGE = {
    "asked": Wording(WARN, pgettext_lazy("payout change", "Waits for two people")),
    "checked_once": Wording(WARN, pgettext_lazy("payout change", "Waits for a second person")),
    "in_force": Wording(GOOD, pgettext_lazy("payout change", "Checked by two")),
    "refused": Wording(NEUTRAL, pgettext_lazy("payout change", "Not changed")),
}

ORDER = {
    "placed": Wording(NEUTRAL, pgettext_lazy("order", "Placed")),
    "paid": Wording(NEUTRAL, pgettext_lazy("order", "Paid")),
    "shipped": Wording(NEUTRAL, pgettext_lazy("order", "On its way")),
    "delivered": Wording(GOOD, pgettext_lazy("order", "Delivered")),
    "completed": Wording(GOOD, pgettext_lazy("order", "Completed")),
    "settled": Wording(GOOD, pgettext_lazy("order", "Settled")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("order", "Cancelled")),
    "refund_requested": Wording(WARN, pgettext_lazy("order", "Refund asked for")),
    "refunded": Wording(WARN, pgettext_lazy("order", "Refunded")),
    "partially_refunded": Wording(WARN, pgettext_lazy("order", "Partly refunded")),
    "refused": Wording(NEUTRAL, pgettext_lazy("order", "Refund refused")),
    "charged_back": Wording(BAD, pgettext_lazy("order", "Charged back")),
}

OFFER = {
    "draft": Wording(NEUTRAL, pgettext_lazy("offer", "Draft")),
    "delivered": Wording(GOOD, pgettext_lazy("offer", "Open to you")),
    "accepted": Wording(GOOD, pgettext_lazy("offer", "Accepted")),
    "paid_out": Wording(GOOD, pgettext_lazy("offer", "Paid out")),
    "completed": Wording(GOOD, pgettext_lazy("offer", "Completed")),
    "expired": Wording(NEUTRAL, pgettext_lazy("offer", "Expired")),
    "replaced": Wording(NEUTRAL, pgettext_lazy("offer", "Replaced by a newer one")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("offer", "Withdrawn")),
    "passed_over": Wording(NEUTRAL, pgettext_lazy("offer", "Not chosen")),
}

APPLICATION = {
    "draft": Wording(NEUTRAL, pgettext_lazy("application", "Started")),
    "submitted": Wording(NEUTRAL, pgettext_lazy("application", "Sent")),
    "under_review": Wording(WARN, pgettext_lazy("application", "Being looked at")),
    "info_requested": Wording(WARN, pgettext_lazy("application", "Needs more from you")),
    "approved": Wording(GOOD, pgettext_lazy("application", "Approved")),
    "contracted": Wording(GOOD, pgettext_lazy("application", "Signed")),
    "rejected": Wording(BAD, pgettext_lazy("application", "Not approved")),
    "withdrawn": Wording(NEUTRAL, pgettext_lazy("application", "Withdrawn")),
    "lapsed": Wording(NEUTRAL, pgettext_lazy("application", "Lapsed")),
}

FINANCING = {
    "pending": Wording(NEUTRAL, pgettext_lazy("financing", "Money on its way")),
    "active": Wording(GOOD, pgettext_lazy("financing", "Being repaid")),
    "repaid": Wording(GOOD, pgettext_lazy("financing", "Repaid")),
    "written_off": Wording(BAD, pgettext_lazy("financing", "Written off")),
    "restructured": Wording(NEUTRAL, pgettext_lazy("financing", "Restructured")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("financing", "Cancelled")),
    "overpaid": Wording(WARN, pgettext_lazy("financing", "Overpaid, refund due")),
    "on_track": Wording(GOOD, pgettext_lazy("financing", "On track")),
    "near_breach": Wording(WARN, pgettext_lazy("financing", "Close to its minimum")),
    "paused": Wording(NEUTRAL, pgettext_lazy("financing", "Paused")),
    "lower_share": Wording(NEUTRAL, pgettext_lazy("financing", "Less is kept")),
    "frozen": Wording(WARN, pgettext_lazy("financing", "Frozen")),
    "overdue": Wording(BAD, pgettext_lazy("financing", "Overdue")),
}

DEMAND = {
    "open": Wording(NEUTRAL, pgettext_lazy("demand", "Running")),
    "met": Wording(GOOD, pgettext_lazy("demand", "Met")),
    "breached": Wording(BAD, pgettext_lazy("demand", "Missed")),
    "planned": Wording(NEUTRAL, pgettext_lazy("demand", "To come")),
}

EVENT = {
    "done": Wording(GOOD, pgettext_lazy("event", "Done")),
    "proposed": Wording(WARN, pgettext_lazy("event", "Waits for another person")),
    "refused": Wording(NEUTRAL, pgettext_lazy("event", "Refused")),
}

RELIEF_REQUEST = {
    "asked": Wording(WARN, pgettext_lazy("relief request", "Waits for an answer")),
    "granted": Wording(GOOD, pgettext_lazy("relief request", "Granted")),
    "refused": Wording(NEUTRAL, pgettext_lazy("relief request", "Not granted")),
}

WAREHOUSE_RECEIPT = {
    "requested": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Requested")),
    "issued": Wording(GOOD, pgettext_lazy("warehouse receipt", "In store")),
    "pledged": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Pledged")),
    "delivered": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Taken out")),
    "split": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Split")),
    "expired": Wording(WARN, pgettext_lazy("warehouse receipt", "Expired")),
    "invoked": Wording(BAD, pgettext_lazy("warehouse receipt", "Taken over")),
    "sold": Wording(BAD, pgettext_lazy("warehouse receipt", "Sold")),
    "title_transferred": Wording(BAD, pgettext_lazy("warehouse receipt", "Title passed on")),
    "frozen": Wording(WARN, pgettext_lazy("warehouse receipt", "Frozen")),
    "replaced": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Replaced")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("warehouse receipt", "Not taken in")),
}

RECEIPT_TRANSFER = {
    "offered": Wording(WARN, pgettext_lazy("receipt transfer", "Waits for an answer")),
    "accepted": Wording(GOOD, pgettext_lazy("receipt transfer", "Accepted")),
    "declined": Wording(NEUTRAL, pgettext_lazy("receipt transfer", "Declined")),
    "taken_back": Wording(NEUTRAL, pgettext_lazy("receipt transfer", "Taken back")),
}

INSPECTION = {
    "assigned": Wording(WARN, pgettext_lazy("inspection", "To be counted")),
    "passed": Wording(GOOD, pgettext_lazy("inspection", "Passed")),
    "failed": Wording(BAD, pgettext_lazy("inspection", "Failed, goods frozen")),
    "resolved": Wording(NEUTRAL, pgettext_lazy("inspection", "Failed, settled")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("inspection", "Called off")),
}

PLEDGE = {
    "requested": Wording(WARN, pgettext_lazy("pledge", "Waiting for confirmation")),
    "pledged": Wording(GOOD, pgettext_lazy("pledge", "Pledged")),
    "release_requested": Wording(WARN, pgettext_lazy("pledge", "Release asked for")),
    "released": Wording(NEUTRAL, pgettext_lazy("pledge", "Released")),
    "partially_released": Wording(GOOD, pgettext_lazy("pledge", "Partly released")),
    "enforcing": Wording(BAD, pgettext_lazy("pledge", "Being enforced")),
    "sold": Wording(BAD, pgettext_lazy("pledge", "Sold")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("pledge", "Cancelled")),
}

MARGIN_CALL = {
    "watch": Wording(WARN, pgettext_lazy("margin call", "Close to your limit")),
    "called": Wording(BAD, pgettext_lazy("margin call", "Please top up")),
    "cured_by_cash": Wording(GOOD, pgettext_lazy("margin call", "Settled with money")),
    "cured_by_goods": Wording(GOOD, pgettext_lazy("margin call", "Settled with goods")),
    "cured_by_price": Wording(GOOD, pgettext_lazy("margin call", "Settled by the price")),
    "overdue": Wording(BAD, pgettext_lazy("margin call", "Overdue")),
    "enforcing": Wording(BAD, pgettext_lazy("margin call", "Being enforced")),
    "stale_price": Wording(WARN, pgettext_lazy("margin call", "Price out of date")),
}

RECEIVABLE = {
    "drafted": Wording(NEUTRAL, pgettext_lazy("receivable", "Draft")),
    "pending_debtor": Wording(WARN, pgettext_lazy("receivable", "Waiting for the debtor")),
    "confirmed": Wording(GOOD, pgettext_lazy("receivable", "Confirmed")),
    "held": Wording(GOOD, pgettext_lazy("receivable", "Held")),
    "split": Wording(NEUTRAL, pgettext_lazy("receivable", "Split")),
    "transferred": Wording(NEUTRAL, pgettext_lazy("receivable", "Passed on")),
    "financed": Wording(GOOD, pgettext_lazy("receivable", "Financed")),
    "early_paid": Wording(GOOD, pgettext_lazy("receivable", "Paid early")),
    "due": Wording(WARN, pgettext_lazy("receivable", "Due")),
    "settled": Wording(GOOD, pgettext_lazy("receivable", "Settled")),
    "short_paid": Wording(BAD, pgettext_lazy("receivable", "Paid short")),
    "overdue": Wording(BAD, pgettext_lazy("receivable", "Overdue")),
    "rejected": Wording(BAD, pgettext_lazy("receivable", "Rejected by the debtor")),
    "timed_out": Wording(NEUTRAL, pgettext_lazy("receivable", "No answer in time")),
}

PRODUCT_VERSION = {
    "draft": Wording(NEUTRAL, pgettext_lazy("product version", "Draft")),
    "in_review": Wording(WARN, pgettext_lazy("product version", "In review")),
    "active": Wording(GOOD, pgettext_lazy("product version", "Active")),
    "retired": Wording(NEUTRAL, pgettext_lazy("product version", "Retired")),
}

SWEEP = {
    "planned": Wording(NEUTRAL, pgettext_lazy("sweep", "Planned")),
    "reserved": Wording(NEUTRAL, pgettext_lazy("sweep", "Reserved")),
    "released": Wording(NEUTRAL, pgettext_lazy("sweep", "Nothing taken")),
    "executed": Wording(GOOD, pgettext_lazy("sweep", "Taken")),
    "posted": Wording(GOOD, pgettext_lazy("sweep", "Booked")),
    "matched": Wording(GOOD, pgettext_lazy("sweep", "Seen at the bank")),
    "rejected": Wording(BAD, pgettext_lazy("sweep", "Refused by the bank")),
    "retried": Wording(WARN, pgettext_lazy("sweep", "Tried again")),
    "reversed": Wording(WARN, pgettext_lazy("sweep", "Reversed")),
}

PAYMENT_BATCH = {
    "built": Wording(WARN, pgettext_lazy("payment batch", "Waits for approval")),
    "approved": Wording(NEUTRAL, pgettext_lazy("payment batch", "Approved")),
    "sent": Wording(NEUTRAL, pgettext_lazy("payment batch", "Sent to the bank")),
    "accepted": Wording(GOOD, pgettext_lazy("payment batch", "Accepted by the bank")),
    "settled": Wording(GOOD, pgettext_lazy("payment batch", "Settled")),
    "rejected": Wording(BAD, pgettext_lazy("payment batch", "Refused by the bank")),
    "returned": Wording(BAD, pgettext_lazy("payment batch", "Returned")),
    "refused": Wording(NEUTRAL, pgettext_lazy("payment batch", "Not approved")),
}

BANK_STATEMENT = {
    "read": Wording(NEUTRAL, pgettext_lazy("bank statement", "Kept for information")),
    "left": Wording(WARN, pgettext_lazy("bank statement", "Waits for a person")),
    "booked": Wording(GOOD, pgettext_lazy("bank statement", "Booked")),
}

CONTRACT = {
    "drafted": Wording(NEUTRAL, pgettext_lazy("contract", "Being prepared")),
    "rendered": Wording(WARN, pgettext_lazy("contract", "Ready to sign")),
    "signed_by_seller": Wording(NEUTRAL, pgettext_lazy("contract", "Signed by the seller")),
    "in_force": Wording(GOOD, pgettext_lazy("contract", "In force")),
    "fulfilled": Wording(GOOD, pgettext_lazy("contract", "Fulfilled")),
    "terminated": Wording(BAD, pgettext_lazy("contract", "Terminated")),
    "void": Wording(NEUTRAL, pgettext_lazy("contract", "Void")),
}

NIGHTLY_RUN = {
    "open": Wording(NEUTRAL, pgettext_lazy("nightly run", "Not started")),
    "running": Wording(NEUTRAL, pgettext_lazy("nightly run", "Running")),
    "balanced": Wording(GOOD, pgettext_lazy("nightly run", "Balanced")),
    "with_breaks": Wording(BAD, pgettext_lazy("nightly run", "Breaks open")),
    "failed": Wording(BAD, pgettext_lazy("nightly run", "Failed")),
    "closed": Wording(GOOD, pgettext_lazy("nightly run", "Closed")),
}

NIGHTLY_STEP = {
    "waiting": Wording(NEUTRAL, pgettext_lazy("nightly step", "Waiting")),
    "running": Wording(NEUTRAL, pgettext_lazy("nightly step", "Running")),
    "done": Wording(GOOD, pgettext_lazy("nightly step", "Done")),
    "failed": Wording(BAD, pgettext_lazy("nightly step", "Failed")),
    "skipped": Wording(NEUTRAL, pgettext_lazy("nightly step", "Skipped")),
}

CONTROL_TOTAL = {
    "proved": Wording(GOOD, pgettext_lazy("control total", "Proved")),
    "open": Wording(BAD, pgettext_lazy("control total", "Open")),
    "sealed": Wording(GOOD, pgettext_lazy("control total", "Sealed")),
}

BREAK = {
    "open": Wording(BAD, pgettext_lazy("break", "Open")),
    "suggested": Wording(WARN, pgettext_lazy("break", "Suggested")),
    "matched": Wording(GOOD, pgettext_lazy("break", "Matched")),
    "investigating": Wording(WARN, pgettext_lazy("break", "Being looked into")),
    "waiting_counterparty": Wording(WARN, pgettext_lazy("break", "Waiting for the other side")),
    "pending_approval": Wording(WARN, pgettext_lazy("break", "Waits for approval")),
    "adjusted": Wording(GOOD, pgettext_lazy("break", "Adjusted")),
    "timing": Wording(NEUTRAL, pgettext_lazy("break", "Timing, closes itself")),
    "written_off": Wording(NEUTRAL, pgettext_lazy("break", "Written off")),
}

RULE_BOOK = {
    "proposed": Wording(WARN, pgettext_lazy("rule book", "Waits for another person")),
    "active": Wording(GOOD, pgettext_lazy("rule book", "In force")),
    "retired": Wording(NEUTRAL, pgettext_lazy("rule book", "Replaced")),
    "dropped": Wording(NEUTRAL, pgettext_lazy("rule book", "Dropped")),
}

BACK_TEST = {
    "waiting": Wording(NEUTRAL, pgettext_lazy("back-test", "Waits for a worker")),
    "running": Wording(NEUTRAL, pgettext_lazy("back-test", "Running")),
    "done": Wording(GOOD, pgettext_lazy("back-test", "Done")),
    "failed": Wording(BAD, pgettext_lazy("back-test", "Failed")),
    "cancelled": Wording(NEUTRAL, pgettext_lazy("back-test", "Cancelled")),
    "interrupted": Wording(WARN, pgettext_lazy("back-test", "Lost its worker")),
}

ALLOCATION_PLAN = {
    "proposed": Wording(WARN, pgettext_lazy("allocation plan", "Waits for another person")),
    "applied": Wording(GOOD, pgettext_lazy("allocation plan", "In force")),
    "dropped": Wording(NEUTRAL, pgettext_lazy("allocation plan", "Dropped")),
    "replaced": Wording(NEUTRAL, pgettext_lazy("allocation plan", "Replaced")),
}

MACHINES = {
    "seller": SELLER,
    "payout_change": PAYOUT_CHANGE,
    "order": ORDER,
    "offer": OFFER,
    "application": APPLICATION,
    "financing": FINANCING,
    "demand": DEMAND,
    "event": EVENT,
    "relief_request": RELIEF_REQUEST,
    "warehouse_receipt": WAREHOUSE_RECEIPT,
    "receipt_transfer": RECEIPT_TRANSFER,
    "inspection": INSPECTION,
    "pledge": PLEDGE,
    "margin_call": MARGIN_CALL,
    "receivable": RECEIVABLE,
    "product_version": PRODUCT_VERSION,
    "sweep": SWEEP,
    "payment_batch": PAYMENT_BATCH,
    "bank_statement": BANK_STATEMENT,
    "contract": CONTRACT,
    "nightly_run": NIGHTLY_RUN,
    "nightly_step": NIGHTLY_STEP,
    "control_total": CONTROL_TOTAL,
    "break": BREAK,
    "rule_book": RULE_BOOK,
    "back_test": BACK_TEST,
    "allocation_plan": ALLOCATION_PLAN,
}


def wording(machine: str, state: str) -> Wording:
    """Tone and words of `state` of `machine`; a state without words yet is shown by its own name, in no tone.

    Raises KeyError for an unknown machine, which is a slip in a template.
    """
    return MACHINES[machine].get(state) or Wording(NEUTRAL, state.replace("_", " ").capitalize())


# Where the words above speak to the seller, what those read who work on it.
AMONG_STAFF = {
    ("seller", "info_requested"): pgettext_lazy("seller", "Asked for more"),
    ("offer", "delivered"): pgettext_lazy("offer", "Open"),
    ("application", "info_requested"): pgettext_lazy("application", "Waits for the seller"),
}


def staff_label(machine: str, state: str) -> Promise | str:
    """What `state` of `machine` is called in the admin."""
    return AMONG_STAFF.get((machine, state)) or wording(machine, state).label


BY_MODEL = {machine.replace("_", ""): machine for machine in MACHINES}


def name_states() -> None:
    """Let the state field of every model here say its states in these words."""
    for model in apps.get_models():
        if model._meta.model_name in BY_MODEL and issubclass(model, Stateful):
            machine = BY_MODEL[model._meta.model_name]
            field: Any = model._meta.get_field("state")
            field.choices = [(state, staff_label(machine, state)) for state, _word in field.flatchoices]


def state_of_row(model: str, state: str) -> str:
    """What `state` of a row of `model` (its label, such as products.productversion) is called; an empty one is none."""
    machine = BY_MODEL.get(model.rpartition(".")[2], "")
    return str(staff_label(machine, state)) if machine and state else state


RISK_CLASSES = {
    "normal": pgettext_lazy("provision class", "Normal"),
    "special_mention": pgettext_lazy("provision class", "Special mention"),
    "substandard": pgettext_lazy("provision class", "Substandard"),
    "doubtful": pgettext_lazy("provision class", "Doubtful"),
    "loss": pgettext_lazy("provision class", "Loss"),
}


def class_name(code: str) -> str:
    """What a class of provisioning is called; a platform's own by its code."""
    return str(RISK_CLASSES.get(code, code.replace("_", " ").capitalize()))
