"""Goods in store, for reading: warehouses' own pages write them. How far prices and counts are believed is set here,
and a financier stops a receipt or settles a failed count."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from apps.core.admin import GranaryAdmin, Step, ViewOnlyAdmin, ViewOnlyInline, money, person, quantity, share
from apps.tenants.services import current_platform
from apps.users.models import Role, User
from apps.warehousing.models import (
    Attachment,
    Commodity,
    CommodityPrice,
    GoodsSale,
    Inspection,
    MarginCall,
    Operator,
    PledgedReceipt,
    PriceBasis,
    PriceFile,
    ReceiptFile,
    ReceiptPaper,
    ReceiptTransfer,
    Warehouse,
    WarehouseReceipt,
)
from apps.warehousing.models.receipt import IN_STORE
from apps.warehousing.services import (
    InspectionRefused,
    ReceiptRefused,
    appoint_operator,
    freeze_receipt,
    resolve_inspection,
    unfreeze_receipt,
)


def is_staff(request: HttpRequest) -> bool:
    """Whether the platform's own people ask: they let warehouses in, financiers say how far these are believed."""
    return getattr(request.user, "role", "") == Role.STAFF


@admin.register(Warehouse)
class WarehouseAdmin(GranaryAdmin):
    """Staff enter a warehouse once; the financier says how far a count may differ."""

    list_display = ("code", "name", "operator", "region", "tolerance")
    search_fields = ("name", "code__exact")
    ordering = ("code",)
    fields = ("code", "name", "name_zh", "operator", "region", "count_tolerance")
    tolerance = share("count_tolerance", _("tolerance of counts"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code", "name", "name_zh", "operator", "region"] if obj is not None else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)


class OperatorForm(forms.ModelForm[Operator]):
    """A new operator: who they are, how they sign in the first time, and the one warehouse they work in."""

    email = forms.EmailField(label=_("email"), widget=UnfoldAdminEmailInputWidget())
    name = forms.CharField(label=_("name"), max_length=120, widget=UnfoldAdminTextInputWidget())
    language = forms.ChoiceField(label=_("language"), choices=User._meta.get_field("language").flatchoices)
    password = forms.CharField(
        label=_("Password to sign in with the first time"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Operator
        fields = ("warehouse",)

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("Somebody signs in with this address already."))
        return email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password)
        return password


@admin.register(Operator)
class OperatorAdmin(GranaryAdmin):
    """Staff let operators in; who leaves is switched off under Users."""

    form = OperatorForm
    list_display = ("user", "warehouse")
    list_select_related = ("user", "warehouse")
    search_fields = ("user__email", "user__name", "warehouse__code__exact")
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("warehouse", "email", "name", "language", "password") if obj is None else ("warehouse", "user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        facts = {name: form.cleaned_data[name] for name in ("warehouse", "email", "name", "language", "password")}
        made = appoint_operator(**facts, by=request.user.actor)  # type: ignore[union-attr]  # only our users get here
        obj.pk, obj.user = made.pk, made.user


class AttachmentInline(ViewOnlyInline):
    model = Attachment
    fields = ("name", "kind", "media_type", "size", "added_at", "file")
    readonly_fields = ("file",)

    @admin.display(description=_("file"))
    def file(self, row: Attachment) -> str:
        return format_html('<a href="{}?original">{}</a>', reverse("portal:receipt_file", args=[row.pk]), _("open"))

    def get_readonly_fields(self, *args: Any) -> Any:
        return self.fields


class PaperInline(ViewOnlyInline):
    model = ReceiptPaper
    fields = ("number", "facts_sha256", "document_sha256", "rendered_at")


@admin.register(WarehouseReceipt)
class WarehouseReceiptAdmin(ViewOnlyAdmin):
    """Where the goods have been stands below; the financier stops a receipt, and lets it go on."""

    list_display = ("number", "warehouse", "holder", "commodity", "grade", "amount", "state", "valid_until")
    list_select_related = ("warehouse", "holder")
    list_filter = ("state", "commodity", "warehouse")
    search_fields = ("number__exact", "lot__exact", "holder__name")
    ordering = ("-id",)
    inlines = (AttachmentInline, PaperInline)
    amount = quantity("weight", _("weight"))
    steps = (
        Step("freeze", _("Freeze"), needs_reason=True),
        Step("unfreeze", _("Lift the freeze"), needs_reason=True, is_main=True),
    )
    refusals = (ReceiptRefused,)

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        in_store = row.state in IN_STORE
        return [step for step in super().steps_for(request, row) if in_store]

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        service = {"freeze": freeze_receipt, "unfreeze": unfreeze_receipt}[verb]
        on = current_platform().business_date(at)
        return service(receipt_id=row.pk, reason=reason, on=on, at=at, by=by)


@admin.register(ReceiptTransfer)
class ReceiptTransferAdmin(ViewOnlyAdmin):
    list_display = ("receipt", "giver", "taker", "offered_on", "state")
    list_select_related = ("receipt", "giver", "taker")
    list_filter = ("state",)
    search_fields = ("receipt__number__exact",)
    ordering = ("-id",)


@admin.register(Inspection)
class InspectionAdmin(ViewOnlyAdmin):
    """Counts; failed ones are settled here. Each frozen receipt is lifted on its own page."""

    list_display = ("lot", "warehouse", "state", "inspector", "due_on", "counted_on", "found", "stated")
    found = quantity("counted", _("counted"))
    stated = quantity("expected", _("on paper"))
    list_select_related = ("warehouse", "inspector")
    list_filter = ("state", "warehouse")
    search_fields = ("lot__exact",)
    ordering = ("-id",)
    inlines = (AttachmentInline,)
    steps = (Step("resolve", _("Settle"), needs_reason=True, is_main=True),)
    refusals = (InspectionRefused,)

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        return resolve_inspection(inspection_id=row.pk, reason=reason, at=at, by=by)


@admin.register(Attachment)
class AttachmentAdmin(ViewOnlyAdmin):
    list_display = ("name", "kind", "media_type", "size", "receipt", "inspection", "added_at")
    list_select_related = ("receipt", "inspection")
    list_filter = ("kind",)
    search_fields = ("receipt__number__exact",)
    ordering = ("-id",)
    fields = ("name", "kind", "media_type", "size", "sha256", "receipt", "inspection", "added_at", "by")


@admin.register(ReceiptPaper)
class ReceiptPaperAdmin(ViewOnlyAdmin):
    list_display = ("receipt", "number", "document_sha256", "rendered_at")
    list_select_related = ("receipt",)
    search_fields = ("receipt__number__exact",)
    ordering = ("-id",)
    fields = ("receipt", "number", "facts", "facts_sha256", "document_sha256", "rendered_at", "by")


@admin.register(ReceiptFile)
class ReceiptFileAdmin(ViewOnlyAdmin):
    list_display = ("name", "lines", "landed", "rejected", "taken_in_at", "by")
    ordering = ("-taken_in_at",)


@admin.register(PledgedReceipt)
class PledgedReceiptAdmin(ViewOnlyAdmin):
    list_display = ("receipt", "pledge", "on_paper", "counted", "pledged_on", "released_on")
    on_paper = quantity("weight", _("on paper"), "receipt.unit")
    counted = quantity("confirmed_weight", _("counted"), "receipt.unit")
    list_select_related = ("receipt", "pledge")
    search_fields = ("receipt__number__exact", "pledge__number__exact")
    ordering = ("-id",)


@admin.register(MarginCall)
class MarginCallAdmin(ViewOnlyAdmin):
    list_display = ("pledge", "opened_on", "state", "loan_to_value", "most", "owed", "worth", "due_on")
    fields = (
        "pledge", "opened_on", "state", "loan_to_value", "most", "owed", "worth", "cash", "goods", "due_on", "ended_on",
        "asker", "enforcement_reason", "enforcer",
    )  # fmt: skip
    list_select_related = ("pledge",)
    list_filter = ("state",)
    search_fields = ("pledge__number__exact",)
    ordering = ("-opened_on", "-id")
    loan_to_value = share("ratio", _("loan to value"))
    most = share("limit", _("at most"))
    owed = money("outstanding", _("owed"))
    worth = money("value", _("goods worth"))
    cash = money("cash_cure", _("cured by cash"))
    goods = money("goods_cure", _("or by goods worth"))
    asker = person("enforcement_asked_by", _("taking over asked for by"))
    enforcer = person("enforced_by", _("taken over by"))


@admin.register(GoodsSale)
class GoodsSaleAdmin(ViewOnlyAdmin):
    list_display = ("pledge", "sold_on", "price_money", "costs_money", "surplus_money", "buyer", "to_pledgee", "line")
    list_select_related = ("pledge", "line")
    search_fields = ("pledge__number__exact", "buyer")
    ordering = ("-sold_on", "-id")
    price_money = money("price", _("price"))
    costs_money = money("costs", _("costs"))
    surplus_money = money("surplus", _("surplus"))


@admin.register(Commodity)
class CommodityAdmin(GranaryAdmin):
    """Commodities come with their first price; the financier says how old a price may be, and how far it may step."""

    list_display = ("code", "name", "name_zh", "max_price_age", "largest_step", "source")
    search_fields = ("code", "name", "name_zh")
    ordering = ("code",)
    fields = (
        "code", "name", "name_zh", "max_price_age", "largest_step", "bushel_kg", "bag_kg", "count_tolerance", "source",
    )  # fmt: skip
    readonly_fields = ("code",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(PriceBasis)
class PriceBasisAdmin(GranaryAdmin):
    """By which published price the goods of receipts are valued: the financier's word, for it is their risk."""

    list_display = ("commodity", "grade", "priced_as")
    list_select_related = ("priced_as",)
    search_fields = ("commodity", "grade")
    ordering = ("commodity", "grade")
    fields = ("commodity", "grade", "priced_as")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not is_staff(request)


@admin.register(PriceFile)
class PriceFileAdmin(ViewOnlyAdmin):
    list_display = ("name", "kind", "told", "landed", "rejected", "steps_accepted", "taken_in_at", "by")
    list_filter = ("kind", "steps_accepted")
    ordering = ("-taken_in_at",)


@admin.register(CommodityPrice)
class CommodityPriceAdmin(ViewOnlyAdmin):
    list_display = ("commodity", "on", "price_money", "unit", "source", "revision", "recorded_at")
    list_filter = ("commodity", "source")
    ordering = ("-on", "commodity", "-revision")
    price_money = money("price", _("price"))
