"""The history of a row in the reader's language: what was done to it, and why.

Reasons are kept as they were given. Those that people typed stay as they are; those that Granary itself gave are kept
in English and said here in the words of the reader.
"""

import re
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext_lazy

from apps.financing.models import Application
from apps.portal.deciding import reasons_for
from apps.portal.states import BY_MODEL
from apps.products.models import ProductVersion
from apps.products.wording import edit_in_words

VERBS: dict[str, Promise | str] = {
    "accept": pgettext_lazy("history", "Accepted"),
    "activate": pgettext_lazy("history", "Put in force"),
    "add": pgettext_lazy("history", "Added to"),
    "adjust": pgettext_lazy("history", "Adjusted"),
    "apply": pgettext_lazy("history", "Put in force"),
    "approve": pgettext_lazy("history", "Approved"),
    "arrive_late": pgettext_lazy("history", "Arrived late"),
    "ask_again": pgettext_lazy("history", "Asked for again"),
    "ask_approval": pgettext_lazy("history", "Approval asked for"),
    "ask_counterparty": pgettext_lazy("history", "Other side asked"),
    "assess": pgettext_lazy("history", "Looked at"),
    "assign": pgettext_lazy("history", "Given to somebody"),
    "balance": pgettext_lazy("history", "Balanced"),
    "book": pgettext_lazy("history", "Booked"),
    "call": pgettext_lazy("history", "Called"),
    "cancel": pgettext_lazy("history", "Cancelled"),
    "charge_back": pgettext_lazy("history", "Charged back"),
    "check_first": pgettext_lazy("history", "Checked by one"),
    "check_second": pgettext_lazy("history", "Checked by two"),
    "close": pgettext_lazy("history", "Closed"),
    "close_return_window": pgettext_lazy("history", "Return window ended"),
    "come_back": pgettext_lazy("history", "Its money came back"),
    "confirm": pgettext_lazy("history", "Confirmed"),
    "countersign": pgettext_lazy("history", "Countersigned"),
    "create": pgettext_lazy("history", "Begun"),
    "cure_by_cash": pgettext_lazy("history", "Cured with money"),
    "cure_by_goods": pgettext_lazy("history", "Cured with goods"),
    "cure_by_price": pgettext_lazy("history", "Cured by the price"),
    "decline": pgettext_lazy("history", "Declined"),
    "decline_release": pgettext_lazy("history", "Release declined"),
    "deliver": pgettext_lazy("history", "Delivered"),
    "demand": pgettext_lazy("history", "Became due"),
    "disburse": pgettext_lazy("history", "Paid out"),
    "drop": pgettext_lazy("history", "Dropped"),
    "edit": pgettext_lazy("history", "Edited"),
    "end": pgettext_lazy("history", "Ended"),
    "enforce": pgettext_lazy("history", "Enforced"),
    "execute": pgettext_lazy("history", "Carried out"),
    "expire": pgettext_lazy("history", "Ran out"),
    "fail": pgettext_lazy("history", "Failed"),
    "find_breaks": pgettext_lazy("history", "Differences found"),
    "finish": pgettext_lazy("history", "Finished"),
    "freeze": pgettext_lazy("history", "Frozen"),
    "fulfil": pgettext_lazy("history", "Fulfilled"),
    "give_back": pgettext_lazy("history", "Sent back by the bank"),
    "grant": pgettext_lazy("history", "Granted"),
    "invoke": pgettext_lazy("history", "Called upon"),
    "issue": pgettext_lazy("history", "Issued"),
    "lapse": pgettext_lazy("history", "Lapsed"),
    "leave": pgettext_lazy("history", "Left aside"),
    "lose": pgettext_lazy("history", "Lost its worker"),
    "lose_price": pgettext_lazy("history", "Price too old"),
    "match": pgettext_lazy("history", "Matched"),
    "overpay": pgettext_lazy("history", "Paid too much"),
    "pass_due_date": pgettext_lazy("history", "Due date passed"),
    "pass_over": pgettext_lazy("history", "Passed over"),
    "pay": pgettext_lazy("history", "Paid"),
    "plan_again": pgettext_lazy("history", "Planned anew"),
    "pledge": pgettext_lazy("history", "Pledged"),
    "post": pgettext_lazy("history", "Posted"),
    "propose": pgettext_lazy("history", "Approved by one"),
    "refund": pgettext_lazy("history", "Refunded"),
    "refund_in_part": pgettext_lazy("history", "Refunded in part"),
    "refund_overpayment": pgettext_lazy("history", "Surplus refunded"),
    "refuse": pgettext_lazy("history", "Refused"),
    "refuse_refund": pgettext_lazy("history", "Refund refused"),
    "regain_price": pgettext_lazy("history", "Price known again"),
    "register": pgettext_lazy("history", "Registered"),
    "reject": pgettext_lazy("history", "Refused"),
    "release": pgettext_lazy("history", "Released"),
    "release_in_part": pgettext_lazy("history", "Released in part"),
    "render": pgettext_lazy("history", "Put on paper"),
    "reopen": pgettext_lazy("history", "Opened again"),
    "repay_all": pgettext_lazy("history", "Repaid in full"),
    "replace": pgettext_lazy("history", "Replaced"),
    "request_info": pgettext_lazy("history", "Asked for more"),
    "request_refund": pgettext_lazy("history", "Refund asked for"),
    "request_release": pgettext_lazy("history", "Release asked for"),
    "reserve": pgettext_lazy("history", "Reserved"),
    "resolve": pgettext_lazy("history", "Settled"),
    "restructure": pgettext_lazy("history", "Restructured"),
    "resubmit": pgettext_lazy("history", "Answered"),
    "resume": pgettext_lazy("history", "Taken up again"),
    "retire": pgettext_lazy("history", "Retired"),
    "retry": pgettext_lazy("history", "Tried again"),
    "revalidate": pgettext_lazy("history", "Made valid again"),
    "reverse": pgettext_lazy("history", "Reversed"),
    "sell": pgettext_lazy("history", "Sold"),
    "send": pgettext_lazy("history", "Sent"),
    "send_back": pgettext_lazy("history", "Sent back"),
    "settle": pgettext_lazy("history", "Settled"),
    "ship": pgettext_lazy("history", "Sent off"),
    "sign": pgettext_lazy("history", "Signed"),
    "skip": pgettext_lazy("history", "Skipped"),
    "split": pgettext_lazy("history", "Split"),
    "start": pgettext_lazy("history", "Started"),
    "submit": pgettext_lazy("history", "Sent in"),
    "substitute": pgettext_lazy("history", "Exchanged"),
    "succeed": pgettext_lazy("history", "Passed"),
    "suggest": pgettext_lazy("history", "Explanation suggested"),
    "suspend": pgettext_lazy("history", "Suspended"),
    "take_back": pgettext_lazy("history", "Taken back"),
    "take_up": pgettext_lazy("history", "Taken up again"),
    "terminate": pgettext_lazy("history", "Terminated"),
    "transfer": pgettext_lazy("history", "Handed over"),
    "transfer_title": pgettext_lazy("history", "Title handed over"),
    "unfreeze": pgettext_lazy("history", "Freed"),
    "verify": pgettext_lazy("history", "Verified"),
    "void": pgettext_lazy("history", "Made void"),
    "withdraw": pgettext_lazy("history", "Withdrawn"),
    "write_off": pgettext_lazy("history", "Written off"),
}
# Where the same verb says something more exact.
VERBS_OF = {
    ("product_version", "submit"): pgettext_lazy("history", "Sent to review"),
    ("product_version", "retire"): pgettext_lazy("history", "Taken off offer"),
    ("back_test", "create"): pgettext_lazy("history", "Asked for"),
}
# What Granary writes where nobody typed a reason; a name in brackets stands for one word or number.
GIVEN = (
    gettext_noop("first version"),
    gettext_noop("copied from version %(number)s"),
    gettext_noop("replaced by version %(number)s"),
    gettext_noop("replaced by plan %(number)s"),
    gettext_noop("its worker fell silent"),
    gettext_noop("left to people"),
    gettext_noop("approved by people"),
    gettext_noop("refused"),
    gettext_noop("within the offer"),
    gettext_noop("not signed in time"),
    gettext_noop("offer %(number)s was accepted"),
    gettext_noop("waits for warehouse and financier"),
    gettext_noop("goods counted and taken in"),
    gettext_noop("in place of %(number)s"),
    gettext_noop("in the place of %(number)s"),
    gettext_noop("part of %(number)s"),
    gettext_noop("to %(seller)s"),
    gettext_noop("count %(number)s failed"),
    gettext_noop("its last valid day is over"),
    gettext_noop("night of %(day)s"),
    gettext_noop("withdrawn by the seller"),
    gettext_noop("taken back by the seller"),
    gettext_noop("declined by seller"),
    gettext_noop("consent withdrawn"),
    gettext_noop("ran out"),
    gettext_noop("no longer within limits"),
    gettext_noop("newer figures"),
    gettext_noop("paid out"),
    gettext_noop("repaid"),
    gettext_noop("repaid in full"),
    gettext_noop("restructured"),
    gettext_noop("the bank booked it"),
    gettext_noop("the late leg arrived"),
    gettext_noop("onboarded by the platform"),
    gettext_noop("came by themselves"),
    gettext_noop("invited"),
    gettext_noop("feed %(name)s"),
)
PATTERNS = {re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>\\S+)", re.escape(one))): one for one in GIVEN}


def model_of(label: str) -> str:
    """What a row is whose model has this label; the label itself where no model has it any more."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def verb_of_row(model: str, verb: str) -> str:
    """What was done to a row of `model` (its label, such as products.productversion) by `verb`."""
    machine = BY_MODEL.get(model.rpartition(".")[2], "")
    return str(VERBS_OF.get((machine, verb)) or VERBS.get(verb) or capfirst(verb.replace("_", " ")))


def reason_of_row(row: Any, reason: str) -> str:
    """Why `row` moved, for a reader."""
    if isinstance(row, ProductVersion):
        reason = edit_in_words(row, reason)
    if isinstance(row, Application):
        return _refusal(row, reason)
    return given_reason(reason)


def given_reason(reason: str) -> str:
    """A reason that Granary gave, in the reader's language; any other as it is."""
    for pattern, told in PATTERNS.items():
        if found := pattern.fullmatch(reason):
            return _(told) % found.groupdict()
    return reason


def _refusal(application: Application, reason: str) -> str:
    """The reasons of a refusal, which are kept by name, as sentences."""
    names = reason.split(", ")
    if not set(names) <= set(application.reasons):
        return given_reason(reason)
    told = dict(reasons_for(application))
    return " ".join(told.get(name, name) for name in names)
