"""Surprise counts at the desk: whom to send, what was found, which goods are frozen."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.portal.counts import count_page, count_table
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.goods_forms import AssignForm
from apps.portal.paging import BY_NUMBER, page_of
from apps.users.access import for_roles
from apps.users.models import Role
from apps.warehousing.models import Inspection
from apps.warehousing.services import InspectionRefused, assign_inspection, cancel_inspection

REFUSED = 422
TASKS = Inspection.objects.select_related("warehouse", "inspector")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF, Role.AUDITOR)
@come_back_later
def inspections(request: SignedIn) -> HttpResponseBase:
    """Failed counts first, then all of them; staff send somebody to count."""
    sent = (request.POST,) if request.method == "POST" and request.user.role == Role.STAFF else ()
    form, refusal = AssignForm(*sent), ""
    if sent and form.is_valid():
        try:
            task = _assign(request, form)
        except InspectionRefused as error:
            refusal = str(error)
        else:
            messages.success(request, _("%(name)s was sent to count.") % {"name": task.inspector})
            return redirect("desk:inspections")
    page = page_of(TASKS.all(), request.GET, key=BY_NUMBER)
    context = {
        "alarms": count_table(
            TASKS.alarming().order_by("pk"), page="desk:inspection", caption=_("Failed, goods frozen"),
            empty=_("No count has failed."),
        ),
        "table": count_table(
            page.rows, page="desk:inspection", caption=_("All counts"), empty=_("Nobody was sent to count yet.")
        ),
        "page": page,
        "form": form if request.user.role == Role.STAFF else None,
        "refusal": refusal,
    }  # fmt: skip
    return render(request, "desk/inspections.html", context, status=REFUSED if sent else 200)


def _assign(request: SignedIn, form: AssignForm) -> Inspection:
    now, data = timezone.now(), form.cleaned_data
    return assign_inspection(
        warehouse=data["number"].warehouse,
        lot=data["number"].lot,
        inspector=data["inspector"],
        due_on=data["due_on"],
        on=shown_date(now),
        at=now,
        by=request.user.actor,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF, Role.AUDITOR)
@come_back_later
def inspection(request: SignedIn, inspection_id: int) -> HttpResponseBase:
    """One count: what was found, and, for who was sent, the form to say it."""
    task = get_object_or_404(TASKS, pk=inspection_id)
    may_cancel = task.state == "assigned" and request.user.role == Role.STAFF
    more = {"may_cancel": may_cancel}
    return count_page(request, task, frame="base_desk.html", back="desk:inspections", more=more)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def cancel(request: SignedIn, inspection_id: int) -> HttpResponseBase:
    """Call a count off."""
    task = get_object_or_404(TASKS, pk=inspection_id)
    try:
        cancel_inspection(
            inspection_id=task.pk, reason=request.POST.get("reason", ""), at=timezone.now(), by=request.user.actor
        )
    except InspectionRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:inspection", task.pk)
