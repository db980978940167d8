"""Selling goods that were pledged: the buyer's money pays what is owed, and what is left is the depositor's."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.core.money import ZERO, is_payable
from apps.financing.models import Financing
from apps.repayment.events import Act, perform
from apps.repayment.hold import hold
from apps.warehousing.models import GoodsSale, MarginCall, Pledge
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services.enforcement import Sold, must_be_enforced, record_sale

SUBJECT = "financing:"


def owed_on(subjects: Collection[str]) -> dict[str, Decimal]:
    """What is owed on each of `subjects` such as financing:42, in its currency; one query."""
    named = [subject.removeprefix(SUBJECT) for subject in subjects if subject.startswith(SUBJECT)]
    keys = [int(key) for key in named if key.isdigit()]
    return {f"{SUBJECT}{one.pk}": one.outstanding for one in Financing.objects.filter(pk__in=keys)}


def financing_of(pledge: Pledge) -> Financing:
    """The financing that `pledge` secures. Raises Financing.DoesNotExist, too where it secures something else."""
    key = pledge.subject.removeprefix(SUBJECT)
    if not key.isdigit():
        raise Financing.DoesNotExist(f"{pledge.number} secures {pledge.subject}, which is no financing.")
    return Financing.objects.select_related("version__product").get(pk=int(key))


def sell_goods(
    *,
    call_id: int,
    price: Decimal,
    costs: Decimal,
    buyer: str,
    line_id: int,
    to_pledgee: bool = False,
    asked_on: date,
    at: datetime,
    by: str,
) -> GoodsSale:
    """Record the sale of the goods of an enforced pledge: `price`, of which `costs` of the sale, in the pledge's
    currency, paid by the bank's line `line_id` on the collection account.

    The costs are charged to the financing, the price pays what is owed by its waterfall, and what is left goes to what
    is owed to the seller, which the night pays out; what is missing stays owed. A pledge is sold once: told again, it
    answers that sale. Raises PledgeRefused, repayment.life.Refused or SellerBusy; then nothing was changed.
    """
    with transaction.atomic():
        call = MarginCall.objects.select_related("pledge").get(pk=call_id)
        financing, on = hold(financing_id=financing_of(call.pledge).pk, asked_on=asked_on, at=at, by=by)
        known = GoodsSale.objects.filter(pledge=call.pledge).first()
        if known is not None:
            return known
        call = must_be_enforced(call_id)
        sold = Sold(price=price, costs=costs, surplus=ZERO, buyer=buyer.strip(), to_pledgee=to_pledgee)
        line = _checked(sold, financing, line_id)
        surplus = _book(sold, financing, call.pledge, line, asked_on, at, by)
        return record_sale(call=call, sold=replace(sold, surplus=surplus), line=line, on=on, at=at, by=by)


def _checked(sold: Sold, financing: Financing, line_id: int) -> BankLine:
    if financing.state != "active":
        raise PledgeRefused(
            _("%(number)s does not run, so the money of the sale would pay nothing. Nothing was changed.")
            % {"number": financing.number}
        )
    payable = all(is_payable(amount, financing.currency) for amount in (sold.price, sold.costs))
    if not payable or sold.price <= 0 or not ZERO <= sold.costs <= sold.price:
        raise PledgeRefused(_("The price must be more than nothing, and the costs no more than the price."))
    if not sold.buyer:
        raise PledgeRefused(_("Say who bought the goods."))
    line = BankLine.objects.filter(pk=line_id, purpose="collection", matched_to="").first()
    if line is None or (line.amount, line.currency) != (sold.price, financing.currency):
        raise PledgeRefused(
            _("This line of the bank is not there, is explained already, or is not of that price. Nothing was changed.")
        )
    return line


def _book(
    sold: Sold, financing: Financing, pledge: Pledge, line: BankLine, asked_on: date, at: datetime, by: str
) -> Decimal:
    """Charge the costs, take the price as a payment, give back what was too much; answers the surplus."""
    # Both count from the day of the money, so that the costs come before what they are paid from.
    day = max(line.booked_on, financing.disbursed_on or line.booked_on)
    key, reason = f"sale:{pledge.pk}", _("Sale of the goods of %(number)s") % {"number": pledge.number}
    acts = [("payment", Act("payment", reason, line_id=line.pk, effective_on=day))]
    if sold.costs:
        acts.insert(0, ("costs", Act("charge", reason, effective_on=day, parts={"fee": sold.costs})))
    for name, act in acts:
        perform(financing_id=financing.pk, act=act, key=f"{key}:{name}", asked_on=asked_on, at=at, by=by)
    surplus = Financing.objects.values_list("overpaid", flat=True).get(pk=financing.pk)
    if surplus:
        act = Act("refund", reason)
        perform(financing_id=financing.pk, act=act, key=f"{key}:surplus", asked_on=asked_on, at=at, by=by)
    return surplus
