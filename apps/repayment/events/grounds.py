"""What several kinds of act need before they are done; each raises Refused with a sentence."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.money import is_payable
from apps.core.wording import day_text
from apps.financing.models import Financing
from apps.repayment.life import Refused


def must_run(financing: Financing) -> None:
    if financing.state != "active":
        raise Refused(_("%(number)s does not run, so this cannot be done.") % {"number": financing.number})


def no_refill_waits(financing: Financing) -> None:
    if financing.refilled_by.filter(state="pending").exists():
        raise Refused(_("A new financing is about to pay this one off. Wait for it, or cancel that one first."))


def amount_of(amount: Decimal | None, currency: str) -> Decimal:
    """An amount more than nothing, that can be paid in `currency`."""
    if amount is None or amount <= 0 or not is_payable(amount, currency):
        raise Refused(_("The amount must be more than nothing and payable in %(currency)s.") % {"currency": currency})
    return amount


def counts_from(financing: Financing, asked: date | None, on: date) -> date:
    """The date from which an act counts: not before the money was paid out, not after today."""
    since = asked or on
    first = financing.disbursed_on
    if first is None:
        raise Refused(_("%(number)s does not run, so this cannot be done.") % {"number": financing.number})
    if not first <= since <= on:
        raise Refused(
            _("It can count from %(first)s through %(last)s, not from %(asked)s.")
            % {"first": day_text(first), "last": day_text(on), "asked": day_text(since)}
        )
    return since
