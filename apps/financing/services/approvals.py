"""What people of the financier do with requests outside policy: take one up, ask, approve, refuse.

Each locks the seller, then the application, and looks again at all that the page has shown: who decides on figures that
have changed since is told so, and decides anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.money import ZERO, is_payable
from apps.evidence.services import record
from apps.financing.adverse import MOST_REASONS, REASONS
from apps.financing.mandates import Approver, Outcome, outcome_of
from apps.financing.models import Application, ApprovalLimit, Remark
from apps.financing.models.mandate import DECIDING_ROLES
from apps.financing.models.request import LONGEST_REMARK
from apps.financing.refusals import RequestRefused
from apps.financing.services.acceptance import (
    DAYS_TO_SIGN,
    contract_number,
    lock_seller,
    pass_over_siblings,
    set_accepted,
    store_contract,
)
from apps.financing.services.promises import promise
from apps.financing.services.receivables import assign_orders
from apps.financing.services.standing import Standing, seen_of, standing_of
from apps.financing.services.terms import terms_of
from apps.ledger.calendar import booking_date
from apps.products.models import LendingPolicy
from apps.sellers.services.messages import Notice, tell
from apps.tenants.services import current_platform
from apps.users.models import User


@dataclass(frozen=True, slots=True)
class _Held:
    """An application that is locked, how its seller stands now, and the business date on which it is decided."""

    application: Application
    standing: Standing
    on: date


def take_up(*, application_id: int, at: datetime, by: str) -> Application:
    """`by` sees to the request from now on. Theirs already, nothing happens. Raises RequestRefused when it is over."""
    with transaction.atomic():
        held = _hold(application_id, at)
        if held.application.held_by != by:
            held.application.move("take_up", at=at, by=by, held_by=by)
        return held.application


def ask_seller(*, application_id: int, question: str, at: datetime, by: str) -> Application:
    """Ask the seller something; they are told, and what was approved so far counts no more. The same question of the
    same person asked twice is asked once. Raises RequestRefused without a question, or when it is over."""
    text = question.strip()
    if not text or len(text) > LONGEST_REMARK:
        raise RequestRefused(_("Write what you want to know, in at most %(most)s letters.") % {"most": LONGEST_REMARK})
    with transaction.atomic():
        asked = _latest_question(application_id)
        if asked is not None and (asked.text, asked.by) == (text, by) and asked.application.state == "info_requested":
            return asked.application
        held = _hold(application_id, at)
        application = held.application
        remark = Remark.objects.create(application=application, kind=Remark.Kind.QUESTION, text=text, by=by, at=at)
        application.move("request_info", at=at, by=by, held_by=by)
        _put_on_record(held, "application_question_asked", {"remark": remark.pk}, at=at, by=by)
        _tell(held, "request_question", f"request_question:{remark.pk}", at)
        return application


def approve_request(
    *, application_id: int, amount: Decimal, because: str, seen: str, at: datetime, by: str
) -> Application:
    """`by` approves `amount`, in the application's currency, at most what was asked for; less than that takes a reason,
    which the seller reads. It takes effect, and the contract is drafted, when one person's limit reaches it and the
    platform's sum does not ask for two; else it waits for another person to approve the same amount.

    `seen` names what the page showed (`standing.seen_of`). Approved by the same person already, nothing happens. Raises
    RequestRefused when something has changed since, when `by` was the first already, when nobody's limit reaches it, or
    when today's figures forbid it; SellerBusy while somebody else is at work.
    """
    with transaction.atomic():
        done = Application.objects.filter(pk=application_id, approved_by=by).first()
        if done is not None and done.approved_amount == amount:
            return done
        held = _hold(application_id, at)
        application = held.application
        if seen != seen_of(application, held.standing):
            raise RequestRefused(
                _("Something has changed since you opened this page. Nothing was decided: look again, then decide.")
            )
        check_can_approve(application=application, standing=held.standing, amount=amount, because=because)
        if outcome_for(application, amount, by) is Outcome.IS_FIRST:
            application.move("propose", at=at, by=by, reason=str(amount), **_proposal(amount, by, because))
            _put_on_record(held, "application_first_approval", {"amount": str(amount)}, at=at, by=by)
        else:
            _take_effect(held, amount, because.strip(), at=at, by=by)
        return application


def _proposal(amount: Decimal, by: str, because: str) -> dict[str, Any]:
    return {"amount": amount, "proposed_by": by, "because": because.strip()}


def refuse_request(*, application_id: int, reasons: Collection[str], seen: str, at: datetime, by: str) -> Application:
    """Refuse with one to four `reasons`: keys of `adverse.REASONS`, or of what holds this seller's score back. The
    seller reads them with what would turn each. Refused already, nothing happens. Raises RequestRefused as
    `approve_request` does, and for other reasons or another number of them."""
    with transaction.atomic():
        known = Application.objects.filter(pk=application_id, state="rejected").first()
        if known is not None:
            return known
        held = _hold(application_id, at)
        application = held.application
        if seen != seen_of(application, held.standing):
            raise RequestRefused(
                _("Something has changed since you opened this page. Nothing was decided: look again, then decide.")
            )
        named = list(dict.fromkeys(reasons))
        if not 1 <= len(named) <= MOST_REASONS or not set(named) <= {*REASONS, *scored_reasons(application)}:
            raise RequestRefused(_("Choose from one to four of the reasons. Nothing was changed."))
        application.move("reject", at=at, by=by, reason=", ".join(named), reasons=named)
        application.offer.move("cancel", at=at, by=by, reason="refused")
        _put_on_record(held, "application_refused", {"reasons": named}, at=at, by=by)
        _tell(held, "request_refused", f"request_refused:{application.pk}", at)
        return application


def scored_reasons(application: Application) -> list[str]:
    """The attributes that held the seller's score back when the decision was frozen."""
    return list((application.decision or {}).get("reasons", ()))


def check_can_approve(*, application: Application, standing: Standing, amount: Decimal, because: str = "x") -> None:
    """Raises RequestRefused with the reason when nobody may approve `amount` by today's figures."""
    least, most = application.offer.minimum_amount, application.requested_amount
    if not (is_payable(amount, application.currency) and least <= amount <= most):
        raise RequestRefused(
            _("Approve from %(least)s to %(most)s %(currency)s, in whole parts of the currency. Nothing was changed.")
            % {"least": f"{least.normalize():f}", "most": f"{most.normalize():f}", "currency": application.currency}
        )
    if amount < application.requested_amount and not because.strip():
        raise RequestRefused(_("Say why it is less than was asked for: the seller reads it."))
    stops = what_stops(standing)
    if stops:
        raise RequestRefused(stops[0])
    if amount > Decimal(standing.figures["pool_headroom"]):
        raise RequestRefused(_("The fund behind this product has less left than that. Nothing was changed."))


def what_stops(standing: Standing) -> list[str]:
    """Why nobody may approve any amount by today's figures; none when somebody may."""
    figures = standing.figures
    found = {
        _("The seller is not verified at present. Nothing was changed."): figures["seller_state"] != "verified",
        _("The seller no longer lets orders be read. Nothing was changed."): not standing.may_read,
        _("A repayment of the seller is late. Nothing was changed."): figures["days_past_due"] != "0",
        _("By today's figures the seller carries no credit at all. Nothing was changed."): not figures["grade"],
        _("This version of the product is no longer active. Refuse, and ask the seller to look at the newer one."): (
            figures["version_state"] != "active"
        ),
    }
    return [words for words, is_so in found.items() if is_so]


def approver(actor: str) -> Approver | None:
    """Who `actor` is to approvals: the limit of their own, or else of their role, or 0; None who does not decide."""
    key = actor.removeprefix("user:")
    if not key.isdecimal():
        return None
    person = User.objects.filter(pk=int(key), is_active=True, role__in=DECIDING_ROLES).first()
    if person is None:
        return None
    limits = ApprovalLimit.objects.filter(person=person), ApprovalLimit.objects.filter(role=person.role)
    rows = (one for limit in limits for one in limit.values_list("most", flat=True))
    return Approver(actor, next(rows, ZERO))


def outcome_for(application: Application, amount: Decimal, by: str) -> Outcome:
    """What comes of `by` approving `amount`; a first who no longer decides here does not count.

    Raises RequestRefused when `by` does not decide here, was the first already, or when neither's limit reaches it.
    """
    if application.proposed_by == by and application.proposed_amount == amount:
        raise RequestRefused(_("You have approved this already. Another person must approve it too."))
    person = approver(by)
    if person is None:
        raise RequestRefused(_("Only people who decide on applications may approve. Nothing was changed."))
    first = approver(application.proposed_by) if application.proposed_amount == amount else None
    outcome = outcome_of(amount, person, first, LendingPolicy.in_force().second_above)
    if outcome is Outcome.NOBODY_MAY:
        raise RequestRefused(
            _("Neither of you may approve this much. It takes somebody whose limit reaches it. Nothing was changed.")
        )
    return outcome


def _hold(application_id: int, at: datetime) -> _Held:
    """The application, locked in the order of all locks. Raises RequestRefused when it does not wait for a decision."""
    on = booking_date(current_platform().business_date(at))
    seller = lock_seller(Application.objects.values_list("seller_id", flat=True).get(pk=application_id))
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("offer__assessment", "version__product__pool")
        .get(pk=application_id)
    )
    application.seller = application.offer.seller = seller
    if application.state != "under_review" or not application.cautions:
        raise RequestRefused(_("This does not wait for a decision any more. Nothing was changed."))
    standing = standing_of(seller, application.version, on)
    if standing is None:  # it had one when it was asked, and assessments are never deleted
        raise RequestRefused(_("The seller has no assessment. Nothing was changed."))
    return _Held(application, standing, on)


def _take_effect(held: _Held, amount: Decimal, because: str, *, at: datetime, by: str) -> None:
    application, seller, platform = held.application, held.application.seller, current_platform()
    offer = application.offer
    offer.version = application.version
    less = amount < application.requested_amount
    promise(application, offer, amount)
    application.move(
        "approve",
        at=at,
        by=by,
        amount=amount,
        valid_until=held.on + timedelta(days=DAYS_TO_SIGN),
        decision=application.decision,
        approved_by=by,
        because=because if less else "",
    )
    pass_over_siblings(offer, at=at, by=by)
    orders = assign_orders(amount, offer, held.on, platform.zone)
    terms = terms_of(contract_number(application), application, offer, seller, held.on, seller.language, orders)
    offer.move("deliver", at=at, by=by)
    set_accepted(offer, amount=amount, fee=Decimal(terms["fee"]), at=at)
    offer.move("accept", at=at, by=by, reason="approved by people")
    store_contract(application, terms, seller.language, at=at, by=by)
    people = [one for one in (application.proposed_by, by) if one]
    facts = {"amount": str(amount), "approved_by": people, "figures": held.standing.figures}
    _put_on_record(held, "application_approved", facts, at=at, by=by)


def _put_on_record(held: _Held, kind: str, payload: dict[str, Any], *, at: datetime, by: str) -> None:
    record(
        kind=kind, subject=f"application:{held.application.pk}", payload=payload, business_date=held.on, at=at, by=by
    )


def _tell(held: _Held, words: str, key: str, at: datetime) -> None:
    application = held.application
    facts = {"words": words, "amount": str(application.requested_amount), "currency": application.currency}
    notice = Notice(application.seller_id, "request", key, f"request:{application.pk}", facts)
    tell(notices=[notice], business_date=held.on, at=at)


def _latest_question(application_id: int) -> Remark | None:
    asked = Remark.objects.filter(application_id=application_id, kind="question")
    return asked.select_related("application").order_by("-pk").first()
