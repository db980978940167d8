"""Counts of goods: how they are listed, and how an inspector's answer is taken, at the desk as in a warehouse."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.portal.doors import SignedIn, shown_date
from apps.portal.files import shown_files
from apps.portal.goods_forms import CountForm
from apps.portal.receipts import weight_text
from apps.portal.tables import Column, Day, Share, State, Table, Text
from apps.portal.typed import typed_into
from apps.warehousing.models import Inspection
from apps.warehousing.services import InspectionRefused, attach, record_count
from apps.warehousing.uploads import UploadRefused

REFUSED = 422


def count_table(inspections: Iterable[Inspection], *, page: str, caption: str, empty: str) -> Table:
    """Counts, each leading to the view named `page`."""
    rows = [
        (
            Text(one.lot, note=one.warehouse.local_name(get_language() or "en"), href=reverse(page, args=[one.pk])),
            State("inspection", one.state),
            Text(str(one.inspector)),
            Day(one.counted_on or one.due_on, short=True),
            Text(weight_text(one.counted, one.unit), note=_off(one)),
        )
        for one in inspections
    ]
    columns = (
        Column(_("Lot")),
        Column(_("State")),
        Column(_("Who counts")),
        Column(_("Counted or due")),
        Column(_("Weight found"), numeric=True),
    )
    return Table(caption, columns, rows, empty=empty)


def _off(one: Inspection) -> str:
    if one.expected is None:
        return ""
    return _("receipts say %(weight)s") % {"weight": weight_text(one.expected, one.unit)}


def count_page(request: SignedIn, task: Inspection, *, frame: str, back: str, more: dict[str, Any]) -> HttpResponseBase:
    """One count; its inspector, while it is open, gets the form and sends it here. `frame` is the template around."""
    mine = task.state == "assigned" and task.inspector_id == request.user.pk
    sent = mine and request.method == "POST"
    form = CountForm(typed_into(request) if mine else None, request.FILES or None, unit=task.unit)
    refusal = ""
    if sent and form.is_valid():
        try:
            done = _record(request, task, form)
        except (InspectionRefused, UploadRefused) as error:
            refusal = str(error)
        else:
            if done.state == "failed":
                messages.error(request, _("The count differs. The receipts of this lot are frozen, the desk is told."))
            else:
                messages.success(request, _("Thank you. The goods are there as the receipts say."))
            return redirect(request.path)
    context = {
        "section": "inspections", "task": task, "form": form if mine else None, "refusal": refusal, "frame": frame,
        "back": reverse(back), "files": shown_files(task.attachments.order_by("pk")),
        "tolerance": Share(task.tolerance),
        "counted": weight_text(task.counted, task.unit), "expected": weight_text(task.expected, task.unit), **more,
    }  # fmt: skip
    return render(request, "warehouse/count.html", context, status=REFUSED if sent else 200)


def _record(request: SignedIn, task: Inspection, form: CountForm) -> Inspection:
    now, by, data = timezone.now(), request.user.actor, form.cleaned_data
    with transaction.atomic():
        done = record_count(
            inspection_id=task.pk, counted=data["counted"], note=data["note"], on=shown_date(now), at=now, by=by
        )
        attach(to=done, uploads=data["evidence"], kind="weight", at=now, by=by)
    return done
