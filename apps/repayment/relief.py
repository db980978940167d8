"""A seller in hard times asks for relief: granted at once within the product's policy, else decided by a person."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.dates import DAY, add_business_days
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.models import Financing
from apps.financing.services.acceptance import lock_seller
from apps.ledger.calendar import open_date
from apps.products.terms import SALES
from apps.repayment.events import Act, perform
from apps.repayment.extending import check_can_extend, looked_at
from apps.repayment.hardship import (
    ANSWERED_WITHIN,
    EXTENSION,
    LONGER,
    LOWER_SHARE,
    PAUSE,
    Policy,
    Relief,
    Wish,
    why_not,
)
from apps.repayment.hold import hold
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, ReliefRequest
from apps.repayment.rearranging import stretched
from apps.sellers.services.messages import Notice, tell

BY_POLICY = "policy"


def ask_for_relief(
    *, financing_id: int, seller_id: int, wish: Wish, reason: str, key: str, country: str, shown: str = "",
    asked_on: date, at: datetime, by: str,
) -> ReliefRequest:  # fmt: skip
    """Ask for `wish`, from the business date that is open.

    Within the policy of the product it is granted at once; otherwise it waits for a person, who answers by the end of
    the second day on which banks of `country` work after `asked_on`. Asked again with the same `key`, or while a
    request waits, it answers that one. `shown` is the fingerprint of the change that the seller saw. Raises Refused for
    what no person could grant either, Stale when it would be another change by now, SellerBusy, Financing.DoesNotExist
    when it is not this seller's. Then nothing was changed.
    """
    with transaction.atomic():
        known = Financing.objects.get(pk=financing_id, seller_id=seller_id)
        financing, on = hold(financing_id=known.pk, asked_on=asked_on, at=at, by=by)
        asked = ReliefRequest.objects.filter(financing=financing)
        before = asked.filter(key=key).first() or asked.filter(state="asked").first()
        if before is not None:
            return before
        _check(financing, wish, reason, on)
        reasons = reasons_against(financing, wish, on)
        request = ReliefRequest.objects.create(
            financing=financing,
            key=key,
            kind=wish.kind,
            days=wish.days,
            part=wish.part,
            more=wish.more,
            reason=reason.strip(),
            beyond_policy=list(reasons),
            asked_on=on,
            asked_at=at,
            asked_by=by,
            answer_by=answer_day(asked_on, country) if reasons else None,
        )
        log_birth([request], at=at, by=by)
        if not reasons:
            _grant(request, asked_on=asked_on, answer="", shown=shown, at=at, by=BY_POLICY)
        return request


def answer_day(asked_on: date, country: str) -> date:
    """The day by whose end a person answers what is asked for on `asked_on`."""
    return add_business_days(asked_on, ANSWERED_WITHIN, country)


def grant_relief(
    *, request_id: int, answer: str, shown: str = "", asked_on: date, at: datetime, by: str
) -> ReliefRequest:
    """A person grants what the policy does not, as it was asked for, from today. Decided before, it is answered as it
    is. Raises Refused, Stale when the change is another one than `shown`, SellerBusy."""
    with transaction.atomic():
        request = _locked(request_id)
        if request.state == "asked":
            _grant(request, asked_on=asked_on, answer=answer, shown=shown, at=at, by=by)
        return request


def refuse_relief(*, request_id: int, answer: str, on: date, at: datetime, by: str) -> ReliefRequest:
    """A person refuses the relief and says why. Decided before, it is answered as it is.

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


def kinds_for(financing: Financing, on: date) -> list[str]:
    """What can be asked for on `financing` as it stands: a lower share where sales repay it, a longer time where
    instalments or minimum periods are still to come, an extension where all of it is due on one day and none is late.
    """
    if financing.state != "active" or _is_eased(financing, on):
        return []
    if financing.version.terms.plan:
        return [PAUSE, LONGER] if _next_planned(financing, on) else []
    if financing.version.terms.technique != SALES:
        return [EXTENSION] if financing.due_on and not financing.past_due else []
    return [PAUSE, LOWER_SHARE, *([LONGER] if stretched(financing, 1, on) else [])]


def act_of(financing: Financing, wish: Wish, reason: str, on: date) -> Act:
    """The act that granting `wish` on `on` would be. Raises Refused where it has nothing to change."""
    until = on + (wish.days - 1) * DAY
    if financing.version.terms.plan:
        planned = _next_planned(financing, on)
        if planned is None:
            raise Refused(_("Every instalment has fallen due already: there is none to move."))
        later = planned.due_on + wish.days * DAY if wish.kind == PAUSE else None
        return Act("due_date", reason, until=later, more=wish.more)
    match wish.kind:
        case "extension" if financing.due_on:
            return Act("due_date", reason, until=financing.due_on + wish.days * DAY)
        case "pause":
            return Act("pause", reason, until=until)
        case "lower_share":
            return Act("lower_share", reason, until=until, share=(wish.part or 0) * financing.sweep_rate)
    longer = stretched(financing, wish.more, on)
    if longer is None:
        raise Refused(_("No minimum is left to make smaller."))
    return Act("reschedule", reason, period_days=longer[0], minimum=longer[1])


def reasons_against(financing: Financing, wish: Wish, on: date) -> tuple[str, ...]:
    """Why a person decides about `wish`; empty where the policy grants it at once."""
    reasons = why_not(policy_of(financing), reliefs_of(financing), wish, past_due=bool(financing.past_due), on=on)
    if wish.kind == EXTENSION and financing.due_on:
        return (*reasons, *looked_at(financing, financing.due_on + wish.days * DAY))
    return reasons


def policy_of(financing: Financing) -> Policy:
    product = financing.version.product
    return Policy(
        days=product.pause_days,
        a_year=product.pauses_a_year,
        between=product.days_between_pauses,
        lower_days=product.lower_share_days,
        lowest_part=product.lowest_part,
        more=product.more_instalments,
        later_days=product.extension_days,
    )


def reliefs_of(financing: Financing) -> list[Relief]:
    """The relief that a financing has had, asked for or not, the first to begin first."""
    easing = Q(kind__in=("pause", "lower_share")) | Q(relief_request__isnull=False)
    events = Event.objects.filter(easing, financing=financing, state="done").order_by("number")
    return [Relief(one.effective_on, last_day(one)) for one in events]


def last_day(event: Event) -> date:
    """The last day on which less is kept because of `event`; its own day where it only changed what falls due when."""
    until = event.details.get("until")
    return date.fromisoformat(until) if until else event.effective_on


def _check(financing: Financing, wish: Wish, reason: str, on: date) -> None:
    if _is_eased(financing, on):
        raise Refused(_("Less is kept already. Ask again when that is over."))
    if wish.kind not in kinds_for(financing, on):
        raise Refused(_("This cannot be asked for as the financing stands. Nothing was changed."))
    if not wish.is_sensible:
        raise Refused(_("Nobody could grant this: look at the figures again. Nothing was changed."))
    if not reason.strip():
        raise Refused(_("Say in a few words what happened. Nothing was changed."))
    if wish.kind == EXTENSION and financing.due_on:
        check_can_extend(financing, financing.due_on + wish.days * DAY, on)


def _is_eased(financing: Financing, on: date) -> bool:
    return financing.paused_until is not None and financing.paused_until >= on


def _next_planned(financing: Financing, on: date) -> Demand | None:
    return Demand.objects.filter(financing=financing, state="planned", due_on__gt=on).order_by("number").first()


def _locked(request_id: int) -> ReliefRequest:
    """The request, after its seller's row, so that a night comes before or after."""
    seller_id = ReliefRequest.objects.values_list("financing__seller_id", flat=True).get(pk=request_id)
    lock_seller(seller_id)
    requests = ReliefRequest.objects.select_for_update(of=("self",))
    return requests.select_related("financing__version__product").get(pk=request_id)


def _grant(request: ReliefRequest, *, asked_on: date, answer: str, shown: str = "", at: datetime, by: str) -> None:
    act = act_of(request.financing, request.wish, request.reason, open_date(asked_on))
    event = perform(
        financing_id=request.financing_id, act=act, key=f"relief-request:{request.pk}", asked_on=asked_on, shown=shown,
        at=at, by=by,
    )  # fmt: skip
    request.move("grant", at=at, by=by, event_id=event.pk, answer=answer.strip(), decided_by=by)
    payload: dict[str, Any] = {
        "number": request.financing.number, "kind": request.kind, "days": request.days, "part": request.part,
        "more": request.more, "until": event.details.get("until", ""),
    }  # fmt: skip
    subject = f"financing:{request.financing_id}"
    record(kind="relief_granted", subject=subject, payload=payload, business_date=event.business_date, at=at, by=by)
    _tell(request, "pause_granted", _news_of(event), event.business_date, at)


def _news_of(event: Event) -> dict[str, str]:
    match event.kind:
        case "pause":
            return {"day": event.details["until"]}
        case "lower_share":
            return {"words": "lower_share_granted", "day": event.details["until"], "share": event.details["share"]}
        case "due_date" if not event.financing.version.terms.plan:
            return {"words": "extension_granted", "day": event.details["to"]}
    return {"words": "longer_granted"}


def _tell(request: ReliefRequest, kind: str, facts: dict[str, str], on: date, at: datetime) -> None:
    financing = request.financing
    notice = Notice(
        financing.seller_id, kind, f"{kind}:{request.pk}", f"financing:{financing.pk}",
        {"number": financing.number, **facts},
    )  # fmt: skip
    tell(notices=[notice], business_date=on, at=at)
