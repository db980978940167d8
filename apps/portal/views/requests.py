"""Asking a person for more than policy grants: ask, see how far it is, answer a question, take it back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.financing.models import Application, ApplicationFile, Contract
from apps.financing.refusals import OfferRefused, RequestRefused
from apps.financing.services import answer_question, ask_for_more, withdraw_request
from apps.financing.services.drawing import room_of
from apps.financing.services.requests import open_request
from apps.ledger.calendar import booking_date
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.files import sent_as_kept, shown_files
from apps.portal.requests import AskForm, SayForm, answers_for, reasons_told
from apps.portal.typed import typed_into
from apps.products.models import LendingPolicy, ProductVersion
from apps.products.terms import RECEIPT
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import FINANCIERS, Role

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def ask(request: SignedIn, seller: Seller, code: str) -> HttpResponseBase:
    """How much, what for, and papers; a POST asks."""
    versions = ProductVersion.objects.active().exclude(product__technique=RECEIPT)
    version = get_object_or_404(versions.select_related("product__pool"), product__code=code)
    asked = open_request(seller, version.product.code)
    if asked is not None and asked.cautions:
        return redirect("portal:request", asked.pk)
    if request.method == "POST":
        return _ask(request, seller, version)
    return render(request, "portal/ask.html", _page(seller, version, AskForm(typed_into(request), version=version)))


def _ask(request: SignedIn, seller: Seller, version: ProductVersion) -> HttpResponseBase:
    form = AskForm(request.POST, request.FILES, version=version)
    if form.is_valid():
        now, platform = timezone.now(), current_platform()
        try:
            with transaction.atomic():
                asked = ask_for_more(
                    version_id=version.pk,
                    seller_id=seller.pk,
                    amount=form.cleaned_data["amount"],
                    said=form.said(),
                    business_date=booking_date(platform.business_date(now)),
                    zone=platform.zone,
                    at=now,
                    by=request.user.actor,
                )
        except OfferRefused as refusal:
            form.add_error("amount", str(refusal))
        else:
            return redirect("portal:request", asked.pk)
    return render(request, "portal/ask.html", _page(seller, version, form), status=REFUSED)


def _page(seller: Seller, version: ProductVersion, form: AskForm) -> dict[str, Any]:
    ((_version, refusal),) = answers_for(seller, shown_date(timezone.now()), [version])
    return {
        "section": "home",
        "version": version,
        "form": form,
        "refusal": refusal,
        "days": LendingPolicy.in_force().answer_days,
        "at_once": _at_once(seller, version.product.code),
    }


def _at_once(seller: Seller, product_code: str) -> Any:
    """What the seller can draw of the product today without asking anybody, or nothing."""
    room = room_of(seller=seller, on=shown_date(timezone.now()))
    return next((one for one in room.drawable if one.offer.product_code == product_code), None)


@require_safe
@for_seller
def request_page(request: SignedIn, seller: Seller, application_id: int) -> HttpResponseBase:
    """How far a request is, and what the seller can do about it."""
    asked = _own(seller, application_id)
    return _shown(request, seller, asked, SayForm(typed_into(request) if asked.state == "info_requested" else None))


def _shown(
    request: SignedIn, seller: Seller, asked: Application, form: SayForm, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "section": "home",
        "asked": asked,
        "product": asked.version.product,
        "remarks": asked.remarks.order_by("pk"),
        "files": shown_files(asked.files.order_by("pk"), "portal:request_file"),
        "form": form,
        "refusal": refusal,
        "reasons": reasons_told(asked),
        "contract": Contract.objects.filter(application=asked).first(),
        "at_once": _at_once(seller, asked.product_code),
        "is_pending": asked.state in {"under_review", "info_requested"},
    }
    return render(request, "portal/request.html", context, status=status)


@require_POST
@for_seller
@come_back_later
def answer(request: SignedIn, seller: Seller, application_id: int) -> HttpResponseBase:
    """Answer what the financier asked; then they look at it again."""
    asked = _own(seller, application_id)
    form, now, refusal = SayForm(request.POST, request.FILES), timezone.now(), ""
    if form.is_valid():
        try:
            with transaction.atomic():
                answer_question(
                    application_id=asked.pk,
                    seller_id=seller.pk,
                    said=form.said(),
                    business_date=booking_date(current_platform().business_date(now)),
                    at=now,
                    by=request.user.actor,
                )
        except RequestRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("Your answer is sent. A person looks at your request again."))
            return redirect("portal:request", asked.pk)
    return _shown(request, seller, asked, form, refusal, REFUSED)


@require_POST
@for_seller
@come_back_later
def withdraw(request: SignedIn, seller: Seller, application_id: int) -> HttpResponseBase:
    """Take the request back while nobody has decided on it."""
    asked, now = _own(seller, application_id), timezone.now()
    try:
        with transaction.atomic():
            withdraw_request(
                application_id=asked.pk,
                seller_id=seller.pk,
                business_date=booking_date(current_platform().business_date(now)),
                at=now,
                by=request.user.actor,
            )
    except RequestRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("You took the request back. Your offers are as they were."))
    return redirect("portal:request", asked.pk)


@require_safe
@for_roles(Role.SELLER, Role.AUDITOR, Role.STAFF, *FINANCIERS)
def file(request: SignedIn, file_id: int) -> HttpResponseBase:
    """A paper or photo that came with a request: for its seller, and for those who work on it or audit it."""
    files = ApplicationFile.objects.all()
    if request.user.role == Role.SELLER:
        files = files.filter(application__seller__in=Seller.objects.of(request.user))
    found = get_object_or_404(files, pk=file_id)
    try:
        return sent_as_kept(request, found)
    except FileNotFoundError:
        messages.error(request, _("This file is not there just now. Try again later."))
        page = "portal:request" if request.user.role == Role.SELLER else "admin:financing_application_decide"
        return redirect(page, found.application_id)


def _own(seller: Seller, application_id: int) -> Application:
    """A request of this seller that people decide."""
    asked = Application.objects.outside_policy().select_related("version__product__pool", "offer__assessment")
    return get_object_or_404(asked, pk=application_id, seller=seller)
