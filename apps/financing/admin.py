"""Offers, applications, contracts and financings for reading; the studio of products is loaded from here."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.admin import Step, ViewOnlyAdmin, ViewOnlyInline, money
from apps.financing.models import Application, Contract, FinancedOrder, Financing, Offer
from apps.financing.refusals import OfferRefused, SellerBusy
from apps.financing.services import approve_receipt_loan, refuse_receipt_loan
from apps.financing.studio import StudioAdmin
from apps.ledger.calendar import booking_date
from apps.tenants.services import current_platform
from apps.warehousing.refusals import PledgeRefused

__all__ = ["StudioAdmin"]  # the page of a version, which registers itself


@admin.register(Offer)
class OfferAdmin(ViewOnlyAdmin):
    list_display = ("seller", "product_code", "maximum_money", "made_on", "expires_on", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "version__product")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    maximum_money = money("maximum_amount", _("up to"))


@admin.register(Application)
class ApplicationAdmin(ViewOnlyAdmin):
    list_display = ("seller", "product_code", "requested_money", "approved_money", "business_date", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "version__product")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    # The financier's word on a loan that waits for one, once the warehouse has counted the goods.
    steps = (
        Step("approve", _("Take the goods in and approve"), is_main=True, right="decide"),
        Step("reject", _("Refuse"), needs_reason=True, right="decide"),
    )
    refusals = (OfferRefused, PledgeRefused, SellerBusy)
    requested_money = money("requested_amount", _("requested"))
    approved_money = money("approved_amount", _("approved"))

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        today = booking_date(current_platform().business_date(at))
        if verb == "approve":
            return approve_receipt_loan(application_id=row.pk, business_date=today, at=at, by=by).application
        refuse_receipt_loan(application_id=row.pk, reason=reason, business_date=today, at=at, by=by)
        return None


@admin.register(Contract)
class ContractAdmin(ViewOnlyAdmin):
    """The stored paper is handed out by the portal, which checks it against its hash."""

    list_display = ("number", "seller", "language", "rendered_at", "signed_at", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "language")
    search_fields = ("number__exact", "seller__name")
    ordering = ("-id",)
    exclude = ("document",)


class FinancedOrderInline(ViewOnlyInline):
    model = FinancedOrder
    fields = ("order", "value_money", "released_on")
    value_money = money("eligible_value", _("eligible value"), "financing.currency")


@admin.register(Financing)
class FinancingAdmin(ViewOnlyAdmin):
    list_display = ("number", "seller", "technique", "amount_money", "outstanding_money", "days_past_due", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "version__product__technique", "pool")
    search_fields = ("number__exact", "seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    inlines = (FinancedOrderInline,)
    amount_money = money("amount", _("amount"))
    outstanding_money = money("outstanding", _("owed"), is_column=False)


@admin.register(FinancedOrder)
class FinancedOrderAdmin(ViewOnlyAdmin):
    list_display = ("financing", "order", "value_money", "released_on")
    list_select_related = ("financing", "order")
    search_fields = ("financing__number__exact", "order__external_id__exact")
    ordering = ("-id",)
    value_money = money("eligible_value", _("eligible value"), "financing.currency")
