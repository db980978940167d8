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
from apps.warehousing.services import release_goods, request_release
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


def ask_goods_back(
    *, pledge_id: int, seller_id: int, receipt_ids: Collection[int], asked_on: date, at: datetime, by: str
) -> Pledge:
    """The seller asks for receipts of a pledge back; the financier decides (`let_goods_go`).

    Raises PledgeRefused, with the figures, when the rest would not carry what is owed; SellerBusy; Pledge.DoesNotExist
    for another's.
    """
    with transaction.atomic():
        pledge = Pledge.objects.get(pk=pledge_id, seller_id=seller_id)
        owed, on = _owed_now(pledge, asked_on, at, by)
        return request_release(pledge_id=pledge_id, receipt_ids=receipt_ids, outstanding=owed, on=on, at=at, by=by)


def let_goods_go(*, pledge_id: int, asked_on: date, at: datetime, by: str) -> Pledge:
    """The financier lets the goods go that were asked for. Raises PledgeRefused as `release_goods` does; SellerBusy."""
    with transaction.atomic():
        owed, on = _owed_now(Pledge.objects.get(pk=pledge_id), asked_on, at, by)
        return release_goods(pledge_id=pledge_id, outstanding=owed, on=on, at=at, by=by)


def _owed_now(pledge: Pledge, asked_on: date, at: datetime, by: str) -> tuple[Decimal, date]:
    """What the goods have to carry, read while the debt is held: money on its way to the seller is as good as owed."""
    try:
        financing, on = hold(financing_id=financing_of(pledge).pk, asked_on=asked_on, at=at, by=by)
    except Financing.DoesNotExist as missing:
        raise PledgeRefused(
            _("The contract on these goods is not signed yet. Decline it, and they are free. Nothing was changed.")
        ) from missing
    return (financing.amount if financing.state == "pending" else financing.outstanding), on


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
