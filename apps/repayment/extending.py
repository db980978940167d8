"""Moving the one due date of a receivable or a loan on goods: what must still cover it, and what a person looks at."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from django.db.models import QuerySet
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from apps.core.money import ZERO, amount_text, round_money
from apps.financing.models import FinancedOrder, Financing
from apps.orders.models import IN_RETURN_WINDOW
from apps.products.terms import RECEIPT, RECEIVABLE
from apps.repayment.changes import payoff_of
from apps.repayment.life import Refused
from apps.warehousing.models import MarginCall, Pledge, PledgedReceipt
from apps.warehousing.models.pledge import HOLDING_STATES
from apps.warehousing.refusals import Unpriced
from apps.warehousing.valuation import release_refusal
from apps.warehousing.worth import worth_in_pledge

TERM_WITHOUT_A_PERSON = 180
"""Days after the payout by which a receivable is due, unless somebody says for the record why it is later."""
LONGEST_TERM = 365
AWAITED = (*IN_RETURN_WINDOW, "completed")
"""States of orders whose money is still to come."""


def check_can_extend(financing: Financing, to: date, on: date) -> None:
    """Raises Refused, with the figures, when nobody may let `financing` fall due on `to` instead, decided on `on`.

    What secures it stays where it is and must carry what will be owed by then, interest through `to` included. A
    receivable ends at most LONGEST_TERM days after its payout.
    """
    if financing.technique == RECEIVABLE and _term(financing, to) > LONGEST_TERM:
        raise Refused(_("A receivable runs for at most %(days)s days. Nothing was changed.") % {"days": LONGEST_TERM})
    pledge = Pledge.objects.live().securing(f"financing:{financing.pk}").first()
    if pledge is not None:
        _check_goods(financing, pledge, to, on)
    elif financing.technique == RECEIPT:
        raise Refused(_("No goods secure it any more, so it cannot be extended. Nothing was changed."))


def looked_at(financing: Financing, to: date) -> list[str]:
    """Why a person looks at an extension through `to`, whatever its length: papers (those of goods in pledge end
    before), uncovered (the orders still awaited bring less than what will be owed), long_term (of a receivable)."""
    ends_on = Least("receipt__valid_until", "receipt__insured_until")
    is_receivable = financing.technique == RECEIVABLE
    reasons = {
        "papers": _secured(financing).annotate(ends_on=ends_on).filter(ends_on__lt=to).exists(),
        "uncovered": is_receivable and _awaited(financing) < payoff_of(financing, to, due_on=to).total,
        "long_term": is_receivable and _term(financing, to) > TERM_WITHOUT_A_PERSON,
    }
    return [name for name, holds in reasons.items() if holds]


def _term(financing: Financing, to: date) -> int:
    return (to - (financing.disbursed_on or financing.signed_on)).days


def _secured(financing: Financing) -> "QuerySet[PledgedReceipt]":
    pledges = Pledge.objects.live().securing(f"financing:{financing.pk}")
    return PledgedReceipt.objects.securing().filter(pledge__in=pledges)


def _check_goods(financing: Financing, pledge: Pledge, to: date, on: date) -> None:
    if MarginCall.objects.filter(pledge=pledge, state__in=["called", "overdue", "enforcing"]).exists():
        raise Refused(_("There is a margin call on the goods. Cure it first, then ask again. Nothing was changed."))
    if pledge.state not in HOLDING_STATES:
        raise Refused(_("Goods were asked back. Wait until that is decided, then ask again. Nothing was changed."))
    owed = payoff_of(financing, to, due_on=to).total
    try:
        worth = worth_in_pledge(_secured(financing).select_related("receipt"), terms=pledge.lending, on=on)
    except Unpriced as unpriced:
        raise Refused(str(unpriced)) from unpriced
    match release_refusal(owed, worth, pledge.lending):
        case "stale_price":
            raise Refused(
                _("The price of the goods is too old to tell whether they cover it for longer. Nothing was changed.")
            )
        case "would_breach":
            facts = {"owed": owed, "carried": round_money(worth.value * pledge.limit, financing.currency, ROUND_DOWN)}
            words = {name: amount_text(amount, financing.currency) for name, amount in facts.items()}
            raise Refused(
                _(
                    "By then %(owed)s would be owed with interest, and the goods cover %(carried)s at today's prices. "
                    "Repay a part, or bring more goods, then ask again. Nothing was changed."
                )
                % words
            )


def _awaited(financing: Financing) -> Decimal:
    """What the assigned orders that are not settled yet still bring, each at most what it counted for."""
    rows = FinancedOrder.objects.filter(
        financing=financing, released_on=None, order__state__in=AWAITED, order__settled_on=None
    ).values_list("eligible_value", "order__paid", "order__refunded")
    return sum((min(value, paid - refunded) for value, paid, refunded in rows), ZERO)
