"""A seller in hard times asks for a pause: granted at once within the product's policy, else decided by a person."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.models import Financing
from apps.financing.services.acceptance import lock_seller
from apps.ledger.calendar import open_date
from apps.products.terms import SALES
from apps.repayment.events import Act, perform
from apps.repayment.hardship import LONGEST_ASKED, Pause, Policy, why_not
from apps.repayment.hold import hold
from apps.repayment.life import Refused
from apps.repayment.models import Event, PauseRequest
from apps.sellers.services.messages import Notice, tell

BY_POLICY = "policy"


def ask_for_pause(
    *, financing_id: int, seller_id: int, days: int, reason: str, key: str, asked_on: date, at: datetime, by: str
) -> PauseRequest:
    """Ask that nothing be kept from sales for `days` days, the first of them the business date that is open.

    Within the policy of the product it is granted at once; otherwise it waits for a person. Asked again with the same
    `key`, or while a request waits, it answers that one. Raises Refused for what no person could grant either,
    SellerBusy, Financing.DoesNotExist when it is not this seller's. Then nothing was changed.
    """
    with transaction.atomic():
        known = Financing.objects.get(pk=financing_id, seller_id=seller_id)
        financing, on = hold(financing_id=known.pk, asked_on=asked_on, at=at, by=by)
        asked = PauseRequest.objects.filter(financing=financing)
        before = asked.filter(key=key).first() or asked.filter(state="asked").first()
        if before is not None:
            return before
        _check(financing, days, reason, on)
        reasons = why_not(
            policy_of(financing), pauses_of(financing), days=days, past_due=bool(financing.past_due), on=on
        )
        request = PauseRequest.objects.create(
            financing=financing,
            key=key,
            days=days,
            reason=reason.strip(),
            beyond_policy=list(reasons),
            asked_on=on,
            asked_at=at,
            asked_by=by,
        )
        log_birth([request], at=at, by=by)
        if not reasons:
            _grant(request, asked_on=asked_on, answer="", at=at, by=BY_POLICY)
        return request


def grant_pause(
    *, request_id: int, answer: str, shown: str = "", asked_on: date, at: datetime, by: str
) -> PauseRequest:
    """A person grants what the policy does not: as many days as were asked for, from today. Decided before, it is
    answered as it is. Raises Refused, Stale when the change is another one than `shown`, SellerBusy."""
    with transaction.atomic():
        request = _locked(request_id)
        if request.state == "asked":
            _grant(request, asked_on=asked_on, answer=answer, shown=shown, at=at, by=by)
        return request


def refuse_pause(*, request_id: int, answer: str, on: date, at: datetime, by: str) -> PauseRequest:
    """A person refuses the pause and says why. Decided before, it is answered as it is.

    Raises Refused without words.
    """
    if not answer.strip():
        raise Refused(_("Say why: the seller will be told."))
    with transaction.atomic():
        request = _locked(request_id)
        if request.state == "asked":
            request.move("refuse", at=at, by=by, reason=answer.strip(), answer=answer.strip(), decided_by=by)
            _tell(request, "pause_refused", {"reason": answer.strip()}, on, at)
        return request


def act_of(request: PauseRequest, on: date) -> Act:
    """The pause that granting `request` on `on` would be."""
    return Act(kind="pause", reason=request.reason, until=on + timedelta(days=request.days - 1))


def policy_of(financing: Financing) -> Policy:
    product = financing.version.product
    return Policy(product.pause_days, product.pauses_a_year, product.days_between_pauses)


def pauses_of(financing: Financing) -> list[Pause]:
    """The pauses that a financing has had, the first to begin first."""
    events = Event.objects.filter(financing=financing, kind="pause", state="done").order_by("number")
    return [Pause(one.effective_on, date.fromisoformat(one.details["until"])) for one in events]


def _check(financing: Financing, days: int, reason: str, on: date) -> None:
    if financing.state != "active" or financing.version.terms.technique != SALES:
        raise Refused(_("Only an advance that your sales repay, and that runs, can be paused. Nothing was changed."))
    if financing.paused_until and financing.paused_until >= on:
        raise Refused(_("It is paused already. Ask again when the pause is over."))
    if not 1 <= days <= LONGEST_ASKED:
        raise Refused(_("A pause lasts from 1 to %(most)s days.") % {"most": LONGEST_ASKED})
    if not reason.strip():
        raise Refused(_("Say in a few words what happened. Nothing was changed."))


def _locked(request_id: int) -> PauseRequest:
    """The request, after its seller's row, so that a night comes before or after."""
    seller_id = PauseRequest.objects.values_list("financing__seller_id", flat=True).get(pk=request_id)
    lock_seller(seller_id)
    return PauseRequest.objects.select_for_update(of=("self",)).select_related("financing").get(pk=request_id)


def _grant(request: PauseRequest, *, asked_on: date, answer: str, shown: str = "", at: datetime, by: str) -> None:
    on = open_date(asked_on)
    event = perform(
        financing_id=request.financing_id, act=act_of(request, on), key=f"pause-request:{request.pk}",
        asked_on=asked_on, shown=shown, at=at, by=by,
    )  # fmt: skip
    request.move("grant", at=at, by=by, event_id=event.pk, answer=answer.strip(), decided_by=by)
    payload = {"number": request.financing.number, "days": request.days, "until": event.details["until"]}
    subject = f"financing:{request.financing_id}"
    record(kind="pause_granted", subject=subject, payload=payload, business_date=event.business_date, at=at, by=by)
    _tell(request, "pause_granted", {"day": event.details["until"]}, event.business_date, at)


def _tell(request: PauseRequest, kind: str, facts: dict[str, str], on: date, at: datetime) -> None:
    financing = request.financing
    notice = Notice(
        financing.seller_id, kind, f"{kind}:{request.pk}", f"financing:{financing.pk}",
        {"number": financing.number, **facts},
    )  # fmt: skip
    tell(notices=[notice], business_date=on, at=at)
