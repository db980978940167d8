"""Pools, products and the versions of their terms. A draft is edited here; every other step is a button."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin import GranaryAdmin, Step, ViewOnlyInline, money, person, share
from apps.products import services
from apps.products.models import FinancingProduct, FundingPool, ProductVersion, ProvisionClass
from apps.products.terms import ORDER, RECEIPT, RECEIVABLE, SALES


@admin.register(FundingPool)
class FundingPoolAdmin(GranaryAdmin):
    """A pool is named here; its money comes and goes through the ledger."""

    list_display = ("name", "financier", "committed_money", "drawn_money", "reserved_money", "headroom_money")
    search_fields = ("name", "financier")
    ordering = ("name",)
    fields = ("name", "financier", "currency", "committed", "reserved", "drawn")
    committed_money = money("committed", _("committed"))
    reserved_money = money("reserved", _("reserved"))
    drawn_money = money("drawn", _("drawn"))
    headroom_money = money("headroom", _("headroom"), is_column=False)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        balances = ["committed", "reserved", "drawn"]
        return balances if obj is None else ["currency", *balances]


class VersionInline(ViewOnlyInline):
    model = ProductVersion
    verbose_name_plural = _("versions")
    fields = ("number", "state", "least_money", "most_money")
    least_money = money("minimum_amount", _("least amount"), "product.pool.currency")
    most_money = money("maximum_amount", _("largest amount"), "product.pool.currency")
    ordering = ("-number",)


@admin.register(FinancingProduct)
class FinancingProductAdmin(GranaryAdmin):
    list_display = ("name", "name_zh", "code", "technique", "pool")
    list_select_related = ("pool",)
    list_filter = ("technique", "pool")
    search_fields = ("name", "name_zh", "code")
    ordering = ("name",)
    fields = (
        "technique", "code", "name", "name_zh", "pool", "pause_days", "pauses_a_year", "days_between_pauses",
    )  # fmt: skip
    inlines = (VersionInline,)
    steps = (Step("new_version", _("New version"), is_main=True),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What contracts rest on stays as it was once a version has left draft."""
        if obj is not None and obj.versions.exclude(state="draft").exists():
            return ["technique", "code", "pool"]
        return []

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        return list(self.steps) if self.may_step(request) else []

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        return services.new_version(product_id=row.pk, at=at, by=by)


class LinesField(forms.JSONField):
    """A list of words, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value).splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != initial


class TermsForm(forms.ModelForm[ProductVersion]):
    """Terms of a draft. Every rule of the table is checked, also over fields that the technique does not show."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's stubs leave it out
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)


COST = (
    _("What it costs"),
    {
        "fields": ("fee_rate", "fee_rebate"),
        "description": _(
            "One fee, as a share of the amount drawn. The seller owes it however long repayment takes, so the "
            "annualised rate is higher the faster sales go. The panel below shows what sellers will read."
        ),
    },
)
INTEREST = (
    _("What it costs"),
    {
        "fields": ("annual_rate", "day_count", "fee_rate", "fee_rebate"),
        "description": _("Simple interest by the day on what is still owed, and, if you like, a flat fee on top."),
    },
)
LOAN_COST = (INTEREST[0], {**INTEREST[1], "fields": ("annual_rate", "day_count", "fee_rate")})
REPAYMENT = (
    _("How it is repaid"),
    {
        "fields": ("sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "Each night this share of the day's net sales repays, refunds deducted first. The livelihood floor is "
            "always left to the seller; 0 sets none."
        ),
    },
)
FROM_ORDERS = (
    _("How it is repaid"),
    {
        "fields": ("settlement_days", "grace_days", "sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "The financed orders repay when they are settled. Only if something is still owed after the due date, "
            "the share below is taken from the seller's other sales."
        ),
    },
)
MINIMUM = (
    _("When sales are poor"),
    {
        "fields": (
            "period_days",
            "minimum_share",
            "minimum_pace",
            "season_shaped",
            "maximum_share",
            "near_breach_share",
            "near_breach_checks",
            "grace_days",
        ),
        "description": _(
            "What must be repaid in each period at least, as a share of amount and fee. Leave the days at 0 for none: "
            "then a poor season is no default."
        ),
    },
)
PENALTY = (
    _("When it is late"),
    {
        "fields": ("penalty_rate", "penalty_per_thousand", "dispute_fee"),
        "description": _(
            "What a late amount costs from the day after its days of grace, day by day; a penalty bears no penalty. "
            "Leave all at 0 and being late costs nothing."
        ),
    },
)
AMOUNTS = (
    _("How much"),
    {
        "fields": ("minimum_amount", "maximum_amount", "expected_days", "offer_valid_days"),
        "description": _("The limit of each seller comes from their sales; these are the outer bounds."),
    },
)
AGAINST_ORDERS = (
    _("How much"),
    {
        "fields": ("advance_rate", "minimum_amount", "maximum_amount", "expected_days", "offer_valid_days"),
        "description": _("The share of the orders' eligible value that is advanced, within these bounds."),
    },
)
BOOKKEEPING = (
    _("Order of allocation"),
    {
        "fields": ("waterfall", "rounding"),
        "description": _("One step a line. Money pays the first line first; past due goes by age."),
        "classes": ["collapse"],
    },
)
INSTALMENTS = (
    _("In instalments"),
    {
        "fields": (
            "instalments", "repayment_method", "instalment_every", "instalment_unit", "due_day", "principal_grace",
            "interest_grace", "instalment_rounding", "instalment_fee", "in_advance", "waterfall_mode", "grace_days",
        ),
        "description": _(
            "What falls due when is fixed on the day of the payout. The last instalment takes what rounding left."
        ),
    },
)  # fmt: skip
WHILE_DUE = (
    _("From sales, while an instalment is due"),
    {
        "fields": ("sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "From its due date on, at most this share of the day's net sales pays an instalment, and no more than is "
            "due. 0: the seller pays by bank."
        ),
    },
)
ON_GOODS = (
    _("How much is lent on goods"),
    {
        "fields": (
            "lending_limit", "haircuts", "other_grades", "lot_cap", "age_free_days", "age_decay", "age_decay_most",
            "minimum_amount", "maximum_amount", "expected_days", "offer_valid_days",
        ),
        "description": _(
            "Goods count at the lower of today's price and its 30-day average. Above the limit a margin call is made. "
            "The expected days are those until all of it is due."
        ),
    },
)  # fmt: skip
ONCE_DUE = (
    _("Once it is due"),
    {
        "fields": ("grace_days", "sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "The seller repays by bank, or from the sale of the goods. Past due, sales help by this share."
        ),
    },
)
TERMS = {
    ORDER: (LOAN_COST, INSTALMENTS, WHILE_DUE, PENALTY, AMOUNTS, BOOKKEEPING),
    SALES: (COST, REPAYMENT, MINIMUM, PENALTY, AMOUNTS, BOOKKEEPING),
    RECEIVABLE: (INTEREST, AGAINST_ORDERS, FROM_ORDERS, PENALTY, BOOKKEEPING),
    RECEIPT: (INTEREST, ON_GOODS, ONCE_DUE, PENALTY, BOOKKEEPING),
}
OTHER_TERMS = (INTEREST, INSTALMENTS, REPAYMENT, MINIMUM, PENALTY, AGAINST_ORDERS, BOOKKEEPING)
STANDING = (None, {"fields": ("product", "number", "state", "maker", "approver")})


@admin.register(ProductVersion)
class ProductVersionAdmin(GranaryAdmin):
    form = TermsForm
    list_display = ("product", "number", "state", "fee", "interest", "of_sales", "least_money", "most_money")
    list_select_related = ("product__pool",)
    fee = share("fee_rate", _("flat fee"))
    interest = share("annual_rate", _("interest a year"))
    of_sales = share("sweep_rate", _("share of sales kept"))
    least_money = money("minimum_amount", _("least amount"), "product.pool.currency")
    most_money = money("maximum_amount", _("largest amount"), "product.pool.currency")
    list_filter = ("state", "product")
    ordering = ("product__name", "-number")
    readonly_fields = ("product", "number", "state", "maker", "approver")
    maker = person("made_by", _("made by"))
    approver = person("approved_by", _("approved by"))
    refusals = (services.VersionRefused,)
    steps = (
        Step("submit", _("Send to review"), is_main=True),
        Step("approve", _("Approve and put on offer"), is_main=True),
        Step("send_back", _("Send back to the maker"), needs_reason=True),
        Step("retire", _("Take off offer"), needs_reason=True),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only what matters to the product's technique."""
        technique = obj.product.technique if obj else ""
        return (STANDING, *TERMS.get(technique, OTHER_TERMS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A version begins as a copy: by the button on its product."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == "draft")

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        steps = super().steps_for(request, row)
        return [step for step in steps if step.verb != "approve" or services.can_approve(version=row, by=by)]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "waterfall":
            return LinesField(label=db_field.verbose_name)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        try:
            services.save_draft(version=obj, changed=form.changed_data, at=timezone.now(), by=by)
        except services.VersionRefused as refusal:
            raise PermissionDenied(str(refusal)) from refusal

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "submit":
            return services.submit_version(version_id=row.pk, at=at, by=by)
        if verb == "approve":
            return services.approve_version(version_id=row.pk, at=at, by=by)
        if verb == "send_back":
            return services.send_back_version(version_id=row.pk, reason=reason, at=at, by=by)
        return services.retire_version(version_id=row.pk, reason=reason, at=at, by=by)


@admin.register(ProvisionClass)
class ProvisionClassAdmin(GranaryAdmin):
    """Without a class that begins at day 0, the usual five of the supervisors hold."""

    list_display = ("code", "first_day", "rate_share")
    ordering = ("first_day",)
    fields = ("code", "first_day", "rate")
    rate_share = share("rate", _("share set aside"))
