"""Batches for the bank at the desk: the file to send, what the bank answered, what became of each payment."""

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.banking.models import PaymentBatch
from apps.banking.payments.pain001 import VERSIONS
from apps.banking.refusals import PaymentFileRefused
from apps.banking.services import ApprovalRefused, approve_and_send, payment_file
from apps.financing.services.disbursements import batch_disbursements, waiting_disbursements
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.file_forms import UploadForm
from apps.portal.money_files import answer_table, batch_table, payment_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.repayment.payouts import take_in_answer
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def payments(request: SignedIn) -> HttpResponse:
    """The batches, the latest first, and a form for the bank's answers."""
    return _list(request, UploadForm())


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def answer(request: SignedIn) -> HttpResponseBase:
    """Take in the bank's answer to a batch; which one it is about says the file."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=REFUSED)
    now, file = timezone.now(), form.cleaned_data["file"]
    try:
        told = take_in_answer(
            source=file, name=file.name, asked_on=shown_date(now), at=now, by=request.user.actor
        )  # fmt: skip
    except PaymentFileRefused as refusal:
        return _list(request, form, str(refusal), REFUSED)
    if not told.is_new:
        messages.info(request, _("These very bytes came before: nothing is new."))
    elif told.stopped:
        text = _(
            "The bank will not make %(number)s payments. Payouts are owed again; a financing whose money was refused "
            "is cancelled."
        )
        messages.warning(request, text % {"number": told.stopped})
    else:
        messages.success(request, _("The answer was taken in."))
    return redirect("desk:batch", told.batch.pk)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def batch_waiting(request: SignedIn) -> HttpResponseBase:
    """Put the disbursements that wait into a batch; another person approves it."""
    now = timezone.now()
    built = batch_disbursements(business_date=shown_date(now), at=now, by=request.user.actor)
    if built is None:
        messages.info(request, _("No disbursement waits for a batch any more."))
        return redirect("desk:payments")
    return redirect("desk:batch", built.pk)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def approve(request: SignedIn, batch_id: int) -> HttpResponseBase:
    """Approve a batch of disbursements as the second person, and send it to the bank."""
    found = get_object_or_404(PaymentBatch, pk=batch_id)
    if found.is_withdrawal:
        refusal = _("The financier's people approve a withdrawal, on its page in the admin.")
        return _batch(request, found, refusal, REFUSED)
    if not found.is_by_hand:
        return _batch(request, found, _("The batch of a night is approved on the page of its night."), REFUSED)
    try:
        approve_and_send(batch_id=found.pk, at=timezone.now(), by=request.user.actor)
    except ApprovalRefused as refusal:
        return _batch(request, found, str(refusal), REFUSED)
    return redirect("desk:batch", found.pk)


def _list(request: HttpRequest, form: UploadForm, refusal: str = "", status: int = 200) -> HttpResponse:
    page = page_of(PaymentBatch.objects.all(), request.GET, key=BY_NUMBER)
    shown = {"section": "files", "form": form, "table": batch_table(page.rows), "page": page, "refusal": refusal,
             "waiting": waiting_disbursements().aggregate(number=Count("pk"), total=Sum("amount")),
             "currency": current_platform().currency}  # fmt: skip
    return render(request, "desk/payments.html", shown, status=status)


@require_safe
@for_roles(*DESK)
def batch(request: SignedIn, batch_id: int) -> HttpResponse:
    """One batch: its payments, the bank's answers, the file for the bank."""
    return _batch(request, get_object_or_404(PaymentBatch, pk=batch_id))


def _batch(request: HttpRequest, found: PaymentBatch, refusal: str = "", status: int = 200) -> HttpResponse:
    page = page_of(found.instructions.select_related("to_account"), request.GET, key=BY_NUMBER)
    shown = {
        "section": "files",
        "batch": found,
        "refusal": refusal,
        "payments": payment_table(page.rows),
        "answers": answer_table(found.answers.order_by("-pk")),
        "page": page,
        "versions": VERSIONS if found.state != "built" else (),
    }
    return render(request, "desk/batch.html", shown, status=status)


@require_safe
@for_roles(Role.STAFF)
def download(request: SignedIn, batch_id: int) -> HttpResponse:
    """The batch as pain.001, in the version asked for."""
    found = get_object_or_404(PaymentBatch, pk=batch_id)
    try:
        file = payment_file(batch_id=found.pk, version=request.GET.get("version", VERSIONS[-1]))
    except PaymentFileRefused as refusal:
        return _batch(request, found, str(refusal), REFUSED)
    response = HttpResponse(file.content, content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
