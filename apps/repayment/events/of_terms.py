"""Acts that change what was agreed: what each needs, and why it is refused.

Each answers the fields of the event that the act would be.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.core.wording import day_text
from apps.financing.minimums import TooManyPeriods
from apps.financing.models import Financing
from apps.products.bounds import MOST_PERIODS
from apps.products.models import ProductVersion
from apps.products.plan import MOST_INSTALMENTS
from apps.products.terms import SALES
from apps.repayment.events.act import Act
from apps.repayment.events.grounds import amount_of, counts_from, must_run, no_refill_waits
from apps.repayment.extending import check_can_extend
from apps.repayment.hardship import days_given_back, days_moved
from apps.repayment.life import Refused
from apps.repayment.models import Demand
from apps.repayment.rearranging import rescheduled

LONGEST_PERIOD = 366
LONGEST_PAUSE = 366
MOST_LATER = 366
LONGEST_RESTRUCTURED = 5 * 366
"""All in days: a date further off is a slip of the hand."""
FINEST_RATE = Decimal("1e-8")  # as the financing keeps it; what is finer would be told otherwise than it was booked


def rate(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    if act.rate is None or not ZERO <= act.rate < 1 or act.rate != act.rate.quantize(FINEST_RATE):
        raise Refused(_("The rate a year must be a share from 0 to less than 1, of at most eight decimals."))
    return {"effective_on": counts_from(financing, act.effective_on, on), "details": {"rate": str(act.rate)}}


def pause(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    if financing.version.terms.technique != SALES:
        raise Refused(_("Only an advance that sales repay can be paused; another one can get a later due date."))
    if act.until is None or act.until < on or (financing.paused_until and financing.paused_until >= on):
        raise Refused(_("A pause begins today, ends on a later day, and cannot overlap another."))
    days = (act.until - on).days + 1
    if days > LONGEST_PAUSE:
        raise Refused(_("It can last %(days)s days at most. Choose an earlier last day.") % {"days": LONGEST_PAUSE})
    return {"details": {"until": act.until.isoformat(), "days": days}}


def lower_share(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """`days` are those by which minimums move, not those that it lasts."""
    checked = pause(financing, act, on)["details"]
    agreed = financing.sweep_rate
    if act.share is None or not ZERO < act.share < agreed:
        raise Refused(_("The lower share must be more than nothing and less than the agreed one."))
    days = days_moved(checked["days"], lower=act.share, agreed=agreed)
    return {"details": {**checked, "days": days, "share": str(act.share)}}


def resume(financing: Financing, _act: Act, on: date) -> dict[str, Any]:
    if financing.paused_until is None or financing.paused_until < on:
        raise Refused(_("%(number)s is not paused.") % {"number": financing.number})
    left = (financing.paused_until - on).days + 1
    days = days_given_back(left, lower=financing.paused_rate, agreed=financing.sweep_rate)
    return {"details": {"days": days}}


def due_date(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    if financing.version.terms.plan:
        return _new_plan(financing, act, on)
    if financing.due_on is None or act.until is None or act.until <= on or financing.past_due:
        raise Refused(_("A due date can be moved to a later day than today while nothing is past due."))
    _must_not_be_after(act.until, max(on, financing.due_on), MOST_LATER)
    if act.until > financing.due_on:
        check_can_extend(financing, act.until, on)
    return {"details": {"from": financing.due_on.isoformat(), "to": act.until.isoformat()}}


def _must_not_be_after(to: date, since: date, days: int) -> None:
    """A new due date lies at most `days` after `since`."""
    last = since + timedelta(days=days)
    if to > last:
        raise Refused(_("It can be due on %(last)s at the latest. Choose an earlier day.") % {"last": day_text(last)})


def _new_plan(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """Instalments that have not fallen due yet get other dates, more of them, or both; what is late stays late."""
    planned = Demand.objects.filter(financing=financing, state="planned", due_on__gt=on).order_by("number").first()
    if planned is None:
        raise Refused(_("Every instalment has fallen due already: there is none to move."))
    if act.until is None and not act.more:
        raise Refused(_("Say when the next instalment is due, or how many more there are to be."))
    if act.until is not None and act.until <= on:
        raise Refused(_("The next instalment can be moved to a later day than today."))
    if act.until is not None:
        _must_not_be_after(act.until, planned.due_on, MOST_LATER)
    if not 0 <= act.more <= MOST_INSTALMENTS:
        raise Refused(_("At most 120 instalments can be added."))
    to = act.until.isoformat() if act.until else ""
    return {"details": {"from": planned.due_on.isoformat(), "to": to, "more": act.more}}


def reschedule(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    if financing.version.terms.technique != SALES:
        raise Refused(_("Only an advance that sales repay has periods; another one can get a later due date."))
    if financing.paused_until and financing.paused_until >= on:
        raise Refused(_("End the pause first: the periods cannot be planned while they move."))
    if act.period_days is None or not 1 <= act.period_days <= LONGEST_PERIOD:
        raise Refused(_("A period lasts from 1 through %(days)s days.") % {"days": LONGEST_PERIOD})
    minimum = amount_of(act.minimum, financing.currency)
    try:
        planned = rescheduled(financing, act.period_days, minimum, on)
    except TooManyPeriods as too_small:
        raise Refused(
            _("So small a minimum makes more than %(most)s periods: ask for more.") % {"most": MOST_PERIODS}
        ) from too_small
    return {"details": {"from": financing.minimums, "to": planned.as_json()}}


def restructure(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    if financing.version.terms.plan:
        raise Refused(_("What is repaid in instalments is planned anew: move the next due date or add instalments."))
    no_refill_waits(financing)
    if not act.agreement.strip():
        raise Refused(_("Name the agreement that the seller signed: without it the contract cannot change."))
    version = ProductVersion.objects.active().filter(pk=act.version_id, product__pool=financing.pool_id).first()
    if version is None or version.product.technique != financing.technique or version.terms.plan:
        raise Refused(_("The new terms must be on offer, of the same kind, and funded by the same pool."))
    due_on = None if version.terms.technique == SALES else act.until
    if version.terms.technique != SALES and (due_on is None or due_on <= on):
        raise Refused(_("The new contract needs a due date that lies ahead."))
    if due_on is not None:
        _must_not_be_after(due_on, on, LONGEST_RESTRUCTURED)
    details = {
        "version": version.pk, "capitalise": act.capitalise, "agreement": act.agreement.strip()[:120],
        "due_on": due_on.isoformat() if due_on else "",
    }  # fmt: skip
    return {"amount": financing.outstanding, "details": details}
