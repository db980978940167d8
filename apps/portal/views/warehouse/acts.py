"""What a warehouse does with goods, each act one form and one call of its service."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.portal.doors import SignedIn, come_back_later, for_warehouse, shown_date
from apps.portal.goods_forms import (
    AttachForm,
    ConfirmForm,
    FreezeForm,
    IssueForm,
    LostPaperForm,
    RevalidateForm,
    SplitForm,
    TurnAwayForm,
)
from apps.portal.receipts import fact_lines
from apps.portal.typed import typed_into
from apps.warehousing import services
from apps.warehousing.models import Warehouse, WarehouseReceipt
from apps.warehousing.services import Goods, ReceiptRefused, attach, issue_receipt
from apps.warehousing.uploads import UploadRefused

REFUSED = 422
Done = WarehouseReceipt | list[WarehouseReceipt] | None
When = dict[str, Any]


class Act(NamedTuple):
    """What its button says, what stands above its form, the form, and the service that does it."""

    label: Promise
    hint: Promise
    form: type[forms.Form]
    do: Callable[[WarehouseReceipt, Any, date, When], Done]
    verb: str = ""


def _replace(receipt: WarehouseReceipt, form: LostPaperForm, on: date, when: When) -> Done:
    data = form.cleaned_data
    new = services.replace_lost_paper(
        receipt_id=receipt.pk,
        number=form.number,
        declaration=data["declaration"],
        on=on,
        **when,
    )
    attach(to=new, uploads=data["documents"], kind="declaration", **when)
    return new


def _attach(receipt: WarehouseReceipt, form: forms.Form, _on: date, when: When) -> Done:
    attach(to=receipt, uploads=form.cleaned_data["photos"], kind="photo", **when)
    attach(to=receipt, uploads=form.cleaned_data["documents"], kind="document", **when)
    return receipt


def _plain(service: Callable[..., Done]) -> Callable[[WarehouseReceipt, forms.Form, date, When], Done]:
    return lambda receipt, form, on, when: service(receipt_id=receipt.pk, **form.cleaned_data, on=on, **when)


ACTS: Mapping[str, Act] = {
    "withdraw": Act(
        gettext_lazy("Hand the goods out"),
        gettext_lazy("Take the paper back first. All of the goods leave, and the receipt is done for good."),
        ConfirmForm,
        _plain(services.withdraw_receipt),
        "withdraw",
    ),
    "split": Act(
        gettext_lazy("Split"),
        gettext_lazy("The parts must add up to the receipt exactly. Each becomes a receipt of its own."),
        SplitForm,
        _plain(services.split_receipt),
        "split",
    ),
    "revalidate": Act(
        gettext_lazy("Re-validate"),
        gettext_lazy("Look at the goods first: you vouch for them again."),
        RevalidateForm,
        _plain(services.revalidate_receipt),
        "revalidate",
    ),
    "replace": Act(
        gettext_lazy("Replace a lost paper"),
        gettext_lazy("A new receipt takes the place of this one, whose number is void from then on."),
        LostPaperForm,
        _replace,
        "replace",
    ),
    "freeze": Act(
        gettext_lazy("Freeze"),
        gettext_lazy("Nothing can be done with the receipt until another person has lifted this."),
        FreezeForm,
        _plain(services.freeze_receipt),
        "freeze",
    ),
    "turn-away": Act(
        gettext_lazy("Turn away"),
        gettext_lazy("The goods did not come, or you do not take them."),
        TurnAwayForm,
        lambda receipt, form, _on, when: services.turn_away(receipt_id=receipt.pk, **form.cleaned_data, **when),
        "cancel",
    ),
    "files": Act(
        gettext_lazy("Add photos and documents"),
        gettext_lazy("What is added stays for good."),
        AttachForm,
        _attach,
    ),
}
IN_STORE_ONLY = ("freeze",)


def acts_for(receipt: WarehouseReceipt) -> list[tuple[str, Promise]]:
    """The acts that make sense on `receipt` as it stands, with their names. The service has the last word."""
    gone = receipt.state in {"delivered", "split", "sold", "title_transferred", "replaced", "cancelled", "requested"}
    return [
        (name, act.label)
        for name, act in ACTS.items()
        if act.verb and receipt.can(act.verb) and not (gone and name in IN_STORE_ONLY)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@for_warehouse
@come_back_later
def act(request: SignedIn, warehouse: Warehouse, receipt_id: int, act: str) -> HttpResponseBase:
    """One act on a receipt of this warehouse; what the service refuses is said in its words above the form."""
    receipt = get_object_or_404(WarehouseReceipt, pk=receipt_id, warehouse=warehouse)
    if act not in ACTS:
        raise Http404
    one = ACTS[act]
    sent = request.method == "POST"
    form = one.form(typed_into(request), request.FILES or None)
    refusal = ""
    if sent and form.is_valid():
        now = timezone.now()
        try:
            with transaction.atomic():
                done = one.do(receipt, form, shown_date(now), {"at": now, "by": request.user.actor})
        except (ReceiptRefused, UploadRefused) as error:
            refusal = str(error)
        else:
            messages.success(request, _("Done."))
            return redirect("warehouse:receipt", done.pk if isinstance(done, WarehouseReceipt) else receipt.pk)
    context = {
        "section": "receipts", "receipt": receipt, "act": one, "form": form, "refusal": refusal,
        "facts": fact_lines(receipt),
    }  # fmt: skip
    return render(request, "warehouse/act.html", context, status=REFUSED if sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_warehouse
@come_back_later
def issue(request: SignedIn, warehouse: Warehouse, receipt_id: int | None = None) -> HttpResponseBase:
    """Issue a receipt: for goods that were announced, or for a seller who stands at the gate."""
    announced = None
    if receipt_id is not None:
        announced = get_object_or_404(
            WarehouseReceipt.objects.select_related("depositor"), pk=receipt_id, warehouse=warehouse
        )
        if announced.state != "requested":
            return redirect("warehouse:receipt", announced.pk)
    sent = request.method == "POST"
    form = IssueForm(
        typed_into(request), request.FILES or None, announced=announced, initial=_announced_facts(announced)
    )
    refusal = ""
    if sent and form.is_valid():
        try:
            issued = _issue(warehouse, form, timezone.now(), request.user.actor)
        except (ReceiptRefused, UploadRefused) as error:
            refusal = str(error)
        else:
            messages.success(request, _("Receipt %(number)s is issued.") % {"number": issued.number})
            return redirect("warehouse:receipt", issued.pk)
    return _issue_page(request, announced, form, refusal, REFUSED if sent else 200)


def _announced_facts(announced: WarehouseReceipt | None) -> dict[str, Any]:
    return {name: getattr(announced, name) for name in ("commodity", "unit", "origin")} if announced else {}


def _issue(warehouse: Warehouse, form: IssueForm, now: datetime, by: str) -> WarehouseReceipt:
    data, announced = form.cleaned_data, form.announced
    goods = Goods(
        **{name: data[name] for name in ("commodity", "weight", "unit", "grade", "lot", "bin", "insurance", "origin")},
        insured_until=data["insured_until"],
    )
    with transaction.atomic():
        receipt = issue_receipt(
            number=announced.number if announced else form.number,
            warehouse=warehouse,
            depositor=announced.depositor if announced else data["depositor"],
            goods=goods,
            issued_on=shown_date(now),
            valid_until=data["valid_until"],
            at=now,
            by=by,
        )
        attach(to=receipt, uploads=data["photos"], kind="photo", at=now, by=by)
        attach(to=receipt, uploads=data["documents"], kind="document", at=now, by=by)
    return receipt


def _issue_page(
    request: SignedIn, announced: WarehouseReceipt | None, form: IssueForm, refusal: str, status: int
) -> HttpResponse:
    context = {"section": "issue", "receipt": announced, "form": form, "refusal": refusal}
    return render(request, "warehouse/issue.html", context, status=status)
