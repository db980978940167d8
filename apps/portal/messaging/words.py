"""What a message says, in the active language: a title, a sentence or two, and one action."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.portal.formats import format_day, format_money, format_share
from apps.sellers.models.message import Message

AMOUNTS = ("amount", "asked", "missing", "sales", "kept", "paid_out", "left", "given_back")
DAYS = ("day", "first")


@dataclass(frozen=True, slots=True)
class Words:
    """A title, a sentence or two, one action; facts are put in by name, amounts and days as the reader writes them."""

    title: Promise | str
    body: Promise | str
    action: Promise | str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message as its reader sees it; `href` is the address of its one action within the platform."""

    message: Message
    title: str
    body: str
    action: str
    href: str


WORDS: Mapping[str, Words] = {
    "offer": Words(
        gettext_lazy("You can draw up to %(amount)s"),
        gettext_lazy("A new offer is open until %(day)s. Looking at it costs nothing, and nor does leaving it."),
        gettext_lazy("See the offer"),
    ),
    "offer_replaced": Words(
        gettext_lazy("Your offer has new figures: up to %(amount)s"),
        gettext_lazy(
            "It takes the place of the one on which you chose an amount, after last night's look at your sales. It is "
            "open until %(day)s; please look at your amount again."
        ),
        gettext_lazy("See the offer"),
    ),
    "contract": Words(
        gettext_lazy("Your contract is ready to sign"),
        gettext_lazy(
            "Contract %(number)s over %(amount)s: read it in peace and sign it by %(day)s. If you do not, nothing "
            "happens and nothing is owed."
        ),
        gettext_lazy("Read and sign"),
    ),
    "contract_less": Words(
        gettext_lazy("Your contract is ready to sign: %(amount)s"),
        gettext_lazy(
            "You asked for %(asked)s, and %(amount)s are granted. Read contract %(number)s in peace and sign it by "
            "%(day)s; if you do not, nothing happens and nothing is owed. Why it is less: %(reason)s"
        ),
        gettext_lazy("Read and sign"),
    ),
    "contract_lapsed": Words(
        gettext_lazy("Contract %(number)s was not signed in time"),
        gettext_lazy(
            "It is void: nothing was paid out, and nothing is owed. Your next offer will be on your first page."
        ),
        gettext_lazy("See what you can draw"),
    ),
    "request_received": Words(
        gettext_lazy("A person looks at your request for %(amount)s"),
        gettext_lazy("You have an answer by %(day)s. Until then you can take the request back at any time."),
        gettext_lazy("See how far it is"),
    ),
    "request_question": Words(
        gettext_lazy("A question about your request for %(amount)s"),
        gettext_lazy("The financier needs to know something before they can decide. It waits until you answer."),
        gettext_lazy("Read and answer"),
    ),
    "request_refused": Words(
        gettext_lazy("Your request for %(amount)s is refused"),
        gettext_lazy("Read the reasons, and what would turn each of them. Your offers stay as they are."),
        gettext_lazy("See the reasons"),
    ),
    "signed": Words(
        gettext_lazy("You signed contract %(number)s"),
        gettext_lazy("%(amount)s are on their way to your account. Your copy stays here for you to open and to check."),
        gettext_lazy("Open the contract"),
    ),
    "paid_out": Words(
        gettext_lazy("%(amount)s have been paid out"),
        gettext_lazy("The bank has confirmed the payment for %(number)s. From now on your sales repay it."),
        gettext_lazy("See how it is repaid"),
    ),
    "not_paid_out": Words(
        gettext_lazy("%(amount)s could not be paid out"),
        gettext_lazy(
            "The bank refused the payment for %(number)s. Nothing is owed, and the contract is ended. Check your "
            "account; then you can take a new offer."
        ),
        gettext_lazy("See what happened"),
    ),
    "came_back": Words(
        gettext_lazy("The bank could not deliver %(amount)s to you"),
        gettext_lazy(
            "The payment for %(number)s came back. Nothing is owed, and the contract is ended; %(given_back)s that you "
            "repaid meanwhile is yours again. Check your account; then you can take a new offer."
        ),
        gettext_lazy("See what happened"),
    ),
    "summary": Words(
        gettext_lazy("%(kept)s kept from your sales of %(day)s"),
        gettext_lazy(
            "Sales after returns %(sales)s, kept for repayment %(kept)s, paid out to you %(paid_out)s. Still to be "
            "repaid: %(left)s."
        ),
        gettext_lazy("See the sum"),
    ),
    "week": Words(
        gettext_lazy("%(kept)s kept from your sales of the week"),
        gettext_lazy(
            "From %(first)s to %(day)s: sales after returns %(sales)s, kept for repayment %(kept)s, paid out to you "
            "%(paid_out)s. Still to be repaid: %(left)s."
        ),
        gettext_lazy("See the sum"),
    ),
    "instalment": Words(
        gettext_lazy("%(amount)s are due on %(day)s"),
        gettext_lazy(
            "The next instalment of %(number)s. It is taken from your sales; what they do not bring by then, you pay."
        ),
        gettext_lazy("See the instalments"),
    ),
    "near_breach": Words(
        gettext_lazy("%(number)s may miss its minimum"),
        gettext_lazy(
            "By %(day)s at least %(amount)s should have been repaid. %(missing)s are still missing, and you are behind "
            "an even pace. You can pay early, or ask for a pause or a smaller share."
        ),
        gettext_lazy("See what you can do"),
    ),
    "margin_call": Words(
        gettext_lazy("Your goods no longer cover what you owe"),
        gettext_lazy("Their price has fallen. Pay %(amount)s, or add goods worth as much, by %(day)s."),
        gettext_lazy("See what you can do"),
    ),
    "margin_call_late": Words(
        gettext_lazy("The time to cover what you owe has run out"),
        gettext_lazy(
            "Since %(day)s %(amount)s, or goods worth as much, are missing. If nothing comes, the financier may sell "
            "the goods in pledge."
        ),
        gettext_lazy("See what you can do"),
    ),
    "margin_call_over": Words(
        gettext_lazy("Your goods cover what you owe again"),
        gettext_lazy("There is nothing more to do."),
        gettext_lazy("See the goods"),
    ),
    "goods_counted": Words(
        gettext_lazy("Your goods are counted"),
        gettext_lazy("The warehouse has counted what you pledge as %(number)s. The financier decides next."),
        gettext_lazy("See your receipts"),
    ),
    "loan_refused": Words(
        gettext_lazy("Your loan on goods is refused"),
        gettext_lazy("Your goods are free again. The financier says why: %(reason)s"),
        gettext_lazy("See your receipts"),
    ),
    "goods_released": Words(
        gettext_lazy("Goods of yours are free again"),
        gettext_lazy("What was let go of pledge %(number)s is yours to sell, to take out or to pledge again."),
        gettext_lazy("See your receipts"),
    ),
    "overdue": Words(
        gettext_lazy("A repayment is late"),
        gettext_lazy(
            "%(amount)s of %(number)s should have been repaid by now. Your sales make it up first; until then you "
            "cannot draw again. If times are hard, ask for relief: a person looks at it."
        ),
        gettext_lazy("See what you can do"),
    ),
    "repaid": Words(
        gettext_lazy("%(number)s is repaid"),
        gettext_lazy("All of it. From now on your sales are yours again, and your limit has room."),
        gettext_lazy("See what you can draw"),
    ),
    "payout_account": Words(
        gettext_lazy("Your payout account was changed"),
        gettext_lazy(
            "Once two people have checked it, your money goes to the new account. If this was not you, tell the "
            "platform at once."
        ),
        gettext_lazy("Check the account"),
    ),
    "account_doubted": Words(
        gettext_lazy("Money did not reach your account"),
        gettext_lazy(
            "The bank says that the account you are paid to does not work. Your money is kept for you until two people "
            "have checked it, or until you name another account."
        ),
        gettext_lazy("Check the account"),
    ),
    "account_in_force": Words(
        gettext_lazy("Your new payout account is in force"),
        gettext_lazy(
            "Two people have checked it. From now on your money goes there. If this was not you, tell the platform at "
            "once."
        ),
        gettext_lazy("Check the account"),
    ),
    "account_refused": Words(
        gettext_lazy("Your payout account stays as it was"),
        gettext_lazy("The new account was not accepted. The people of the platform say why: %(reason)s"),
        gettext_lazy("Check the account"),
    ),
    "verified": Words(
        gettext_lazy("Your shop is checked: welcome"),
        gettext_lazy("Tonight we look at your orders; tomorrow you see here what you can draw."),
        gettext_lazy("Go to your shop"),
    ),
    "suspended": Words(
        gettext_lazy("Your shop is suspended"),
        gettext_lazy(
            "You cannot draw for now; what you have drawn goes on as agreed. The people of the platform say why: "
            "%(reason)s"
        ),
        gettext_lazy("Go to your shop"),
    ),
    "resumed": Words(
        gettext_lazy("Your shop is open again"),
        gettext_lazy("Tonight we look at your orders; tomorrow you see here what you can draw."),
        gettext_lazy("Go to your shop"),
    ),
    "closed": Words(
        gettext_lazy("Your shop is closed here"),
        gettext_lazy("You owe nothing. Your contracts and statements stay here for you to open."),
        gettext_lazy("Go to your shop"),
    ),
    "asked": Words(
        gettext_lazy("We need something more from you"),
        gettext_lazy("The people of the platform ask: %(reason)s"),
        gettext_lazy("See what is missing"),
    ),
    "refused": Words(
        gettext_lazy("Your application is refused"),
        gettext_lazy("The people of the platform say why: %(reason)s"),
        gettext_lazy("See your account"),
    ),
    "goal": Words(
        gettext_lazy("You reached a goal"),
        gettext_lazy("%(goal)s no longer holds your limit back. We look at your limit again every night."),
        gettext_lazy("See your limit"),
    ),
    "pause_granted": Words(
        gettext_lazy("Your pause is granted"),
        gettext_lazy("Through %(day)s nothing is kept from your sales for %(number)s."),
        gettext_lazy("See what changes"),
    ),
    "lower_share_granted": Words(
        gettext_lazy("Less is kept from your sales"),
        gettext_lazy("Through %(day)s only %(share)s of your sales is kept for %(number)s."),
        gettext_lazy("See what changes"),
    ),
    "longer_granted": Words(
        gettext_lazy("You have longer to repay %(number)s"),
        gettext_lazy("What is still to come is spread over more times, so each is smaller. What is due now stays."),
        gettext_lazy("See what changes"),
    ),
    "extension_granted": Words(
        gettext_lazy("%(number)s is due later"),
        gettext_lazy("All of it is due on %(day)s now. Orders or goods that secure it stay until it is repaid."),
        gettext_lazy("See what changes"),
    ),
    "pause_refused": Words(
        gettext_lazy("What you asked for is not granted"),
        gettext_lazy("For %(number)s everything stays as it was. The answer: %(reason)s"),
        gettext_lazy("See what you can do"),
    ),
}
GOALS: Mapping[str, Promise | str] = {
    "active_months": pgettext_lazy("goal", "The number of months with sales"),
    "days_selling": pgettext_lazy("goal", "How long you have been selling"),
    "returned": pgettext_lazy("goal", "The share of returned orders"),
    "cancelled": pgettext_lazy("goal", "The share of cancelled orders"),
    "late": pgettext_lazy("goal", "The share of late parcels"),
    "swing": pgettext_lazy("goal", "How much your sales swing"),
    "trend": pgettext_lazy("goal", "The course of your sales"),
    "days_past_due": pgettext_lazy("goal", "The late repayment"),
}
PLACES = {
    "offer": "portal:offer",
    "contract": "portal:contract",
    "financing": "portal:financing",
    "margin_call": "portal:margin_call",
    "request": "portal:request",
}
PAGES = {
    "account": "portal:account",
    "joining": "portal:joining",
    "limit": "portal:limit",
    "money": "portal:money",
    "more": "portal:more",
    "receipts": "portal:receipts",
}


def speak(message: Message) -> Spoken:
    """`message` in the active language."""
    words = WORDS[message.facts.get("words", message.kind)]
    facts = _spoken_facts(message.facts)
    return Spoken(message, str(words.title % facts), str(words.body % facts), str(words.action), _href(message.subject))


def _spoken_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    spoken = dict(facts)
    for name in AMOUNTS:
        if name in facts:
            spoken[name] = format_money(Decimal(facts[name]), facts["currency"])
    for name in DAYS:
        if name in facts:
            spoken[name] = format_day(date.fromisoformat(facts[name]))
    if "share" in facts:
        spoken["share"] = format_share(Decimal(facts["share"]))
    if "goal" in facts:
        spoken["goal"] = str(GOALS.get(facts["goal"], facts["goal"]))
    return spoken


def _href(subject: str) -> str:
    """Where the action leads; a subject without a page of its own leads home."""
    kind, _colon, key = subject.partition(":")
    if kind in PLACES and key.isdigit():
        return reverse(PLACES[kind], args=[int(key)])
    return reverse(PAGES.get(kind, "portal:home"))


def as_text_message(spoken: Spoken, *, platform: str, address: str) -> str:
    """The message as a telephone shows it: short, and with where to go on."""
    title = _("Urgent: %(title)s") % {"title": spoken.title} if spoken.message.is_urgent else spoken.title
    return f"{platform}: {title}. {address}{spoken.href}"
