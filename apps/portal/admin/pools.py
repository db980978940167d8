"""Pools in the admin: what bounds them, who funds what, and money that financiers take out."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import GranaryAdmin, RefusingForm, Step, money, person, share
from apps.core.money import ZERO
from apps.core.wording import share_text
from apps.financing.models import Participation
from apps.financing.services.pool_limits import out_with
from apps.ledger.calendar import booking_date
from apps.portal.forms import RangeForm
from apps.portal.states import wording
from apps.portal.tables import Amount, Cell, Column, Table, Text
from apps.products import funding, withdrawals
from apps.products.models import Funder, FundingPool, PoolLimit, Withdrawal
from apps.products.models.pools import KIND_NAMES
from apps.products.withdrawals import Payee
from apps.repayment.pool_income import ask_income, income_left
from apps.repayment.pool_statement import PoolStatement, pool_statement
from apps.tenants.services import current_platform


class RefusingAdmin(GranaryAdmin):
    """A form whose row a service writes. What the service refuses though the form was right is said as a message."""

    def changeform_view(  # type: ignore[override]  # the answer to a refusal is no page
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except self.refusals as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())


@admin.register(FundingPool)
class FundingPoolAdmin(GranaryAdmin):
    """A pool is named here; its money comes and goes through the ledger."""

    list_display = (
        "name", "financier", "cost", "committed_money", "drawn_money", "reserved_money", "headroom_money",
    )  # fmt: skip
    change_form_outer_after_template: Any = "admin/pools/pool.html"
    search_fields = ("name", "financier")
    ordering = ("name",)
    cost = share("cost_rate", gettext_lazy("cost a year"))
    committed_money = money("committed", gettext_lazy("committed"))
    reserved_money = money("reserved", gettext_lazy("reserved"))
    drawn_money = money("drawn", gettext_lazy("drawn"))
    headroom_money = money("headroom", gettext_lazy("headroom"), is_column=False)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = ["name", "financier", "currency", "cost_rate"]
        return named if obj is None else [*named, "committed_money", "reserved_money", "drawn_money"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["currency", "committed_money", "reserved_money", "drawn_money"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.statement_view)
        return [path("<int:object_id>/statement/", view, name=self._page("statement")), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        pool = kwargs.get("obj")
        if pool is not None:
            context |= {
                "pool": pool,
                "limits": limit_table(pool),
                "withdrawable": withdrawals.withdrawable(pool),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def statement_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What became of the pool's money between two dates: this month unless others are asked for."""
        pool = self.get_object(request, str(object_id))
        if pool is None or not self.has_view_permission(request, pool):
            raise Http404
        today = current_platform().business_date(timezone.now())
        asked = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
        form = RangeForm(request.GET if "first" in request.GET else asked)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Statement of %(pool)s") % {"pool": pool.name},
            "opts": self.opts,
            "pool": pool,
            "form": form,
        }
        if form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            told = pool_statement(pool=pool, first=first, last=last)
            context |= {
                "statement": statement_table(told, pool),
                "parts": part_table(pool),
                "income": income_left(pool),
            }
        return TemplateResponse(request, "admin/pools/statement.html", context)


class LimitForm(RefusingForm):
    """A limit, refused as the service would refuse it."""

    refusals = (funding.LimitRefused,)

    def check(self) -> None:
        funding.check_limit(self.instance)


@admin.register(PoolLimit)
class PoolLimitAdmin(RefusingAdmin):
    """The bounds of what a pool may have out; what they were stays on the evidence log."""

    form = LimitForm
    list_display = ("pool", "kind", "which", "at_most", "is_in_force", "because", "setter", "set_at")
    list_select_related = ("pool",)
    list_filter = ("pool", "kind", "is_in_force")
    ordering = ("pool__name", "kind", "value")
    fields = ("pool", "kind", "value", "most", "most_share", "is_in_force", "because", "setter", "set_at")
    refusals = (funding.LimitRefused,)
    amount = money("most", gettext_lazy("at most"), "pool.currency")
    setter = person("set_by", gettext_lazy("set by"))

    @admin.display(description=gettext_lazy("which"), ordering="value")
    def which(self, row: PoolLimit) -> str:
        return row.value or _("each")

    @admin.display(description=gettext_lazy("at most"))
    def at_most(self, row: PoolLimit) -> str:
        if row.most_share is None:
            return str(type(self).amount(self, row))
        return _("%(share)s of what is committed") % {"share": share_text(row.most_share)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["setter", "set_at", *([] if obj is None else ["pool", "kind", "value"])]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        funding.set_limit(limit=obj, at=timezone.now(), by=by)


@admin.register(Funder)
class FunderAdmin(RefusingAdmin):
    """Who funds a product beside its own pool; what it was stays on the evidence log."""

    list_display = ("product", "pool", "part", "taken", "is_in_force")
    list_select_related = ("product", "pool")
    list_filter = ("product", "pool", "part")
    ordering = ("product__name", "pool__name")
    fields = ("product", "pool", "part", "share", "is_in_force")
    refusals = (funding.LimitRefused,)
    taken = share("share", gettext_lazy("share"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["product", "pool"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        funding.set_funder(funder=obj, at=timezone.now(), by=by)


class WithdrawalForm(RefusingForm):
    """What is to be taken out, and the account that it is paid to."""

    refusals = (withdrawals.WithdrawalRefused,)

    holder = forms.CharField(
        label=gettext_lazy("Account holder"), max_length=140, widget=UnfoldAdminTextInputWidget
    )  # fmt: skip
    number = forms.CharField(
        label=gettext_lazy("Account number"), max_length=60, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("An IBAN, or the number as it is printed."),
    )  # fmt: skip
    bank = forms.CharField(
        label=gettext_lazy("Bank"), max_length=140, required=False, widget=UnfoldAdminTextInputWidget
    )
    bic = forms.CharField(label="BIC", max_length=11, required=False, widget=UnfoldAdminTextInputWidget)

    def payee(self) -> Payee:
        return Payee(**{name: self.cleaned_data[name] for name in ("holder", "number", "bank", "bic")})

    def check(self) -> None:
        asked = {name: self.cleaned_data[name] for name in ("pool", "amount", "reference", "reason")}
        of_income = self.cleaned_data["of"] == Withdrawal.Of.INCOME
        income = income_left(asked["pool"]) if of_income else None
        withdrawals.check_withdrawal(**asked, payee=self.payee(), income=income)


@admin.register(Withdrawal)
class WithdrawalAdmin(RefusingAdmin):
    """Asked for by one person, approved by another; then the bank has it."""

    form = WithdrawalForm
    list_display = ("pool", "reference", "amount_money", "of", "business_date", "asker", "standing")
    list_select_related = ("pool", "instruction__batch", "instruction__to_account")
    list_filter = ("pool", "of")
    search_fields = ("reference__exact",)
    ordering = ("-id",)
    refusals = (withdrawals.WithdrawalRefused,)
    steps = (
        Step("approve", gettext_lazy("Approve and send"), is_main=True, right="decide"),
        Step("refuse", gettext_lazy("Refuse"), needs_reason=True, right="decide"),
    )
    amount_money = money("amount", gettext_lazy("amount"), "pool.currency")
    asker = person("asked_by", gettext_lazy("asked for by"))

    @admin.display(description=gettext_lazy("payment"))
    def standing(self, row: Withdrawal) -> str:
        return str(wording("payment_batch", row.state).label)

    @admin.display(description=gettext_lazy("paid to"))
    def paid_to(self, row: Withdrawal) -> str:
        """In full: whoever approves it compares it with the financier's own word."""
        account = row.instruction.to_account
        return " ".join(filter(None, (account.holder, account.number, account.bank, account.bic))) if account else ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            shown = (
                "pool",
                "amount_money",
                "of",
                "reference",
                "reason",
                "paid_to",
                "business_date",
                "asker",
                "standing",
            )
            return ((None, {"fields": shown}),)
        to = (gettext_lazy("Paid to"), {"fields": ("holder", "number", "bank", "bic")})
        return ((None, {"fields": ("pool", "of", "amount", "reference", "reason")}), to)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["amount_money", "paid_to", "asker", "standing"]

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        """The steps while it waits; whoever asked for it may take it back and not approve it."""
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        allowed = [step for step in self.steps if self.may_take(request, step) and row.state == "built"]
        return [step for step in allowed if step.verb != "approve" or row.asked_by != by]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        now = timezone.now()
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        ask = ask_income if obj.of == Withdrawal.Of.INCOME else withdrawals.ask_withdrawal
        made = ask(
            pool_id=obj.pool_id, amount=obj.amount, reference=obj.reference, reason=obj.reason, payee=form.payee(),
            business_date=_today(now), at=now, by=by,
        )  # fmt: skip
        obj.pk = made.pk
        messages.info(request, _("It waits for another person, who approves it here. Until then the money lies still."))

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "approve":
            return withdrawals.approve_withdrawal(withdrawal_id=row.pk, business_date=_today(at), at=at, by=by)
        return withdrawals.refuse_withdrawal(
            withdrawal_id=row.pk, reason=reason, business_date=_today(at), at=at, by=by
        )


def _today(at: datetime) -> Any:
    return booking_date(current_platform().business_date(at))


PARTS_SHOWN = 200


def limit_table(pool: FundingPool) -> Table:
    """The limits in force, and what is in use of each; of a limit for each, the name that uses most of it."""
    rows: list[list[Cell]] = []
    for one in PoolLimit.objects.in_force().filter(pool=pool):
        out = out_with([pool.pk], one.kind, {one.value} - {""})
        used = max(((amount, value) for (_pool, value), amount in out.items()), default=(ZERO, one.value))
        limit = one.limit
        address = reverse("admin:products_poollimit_change", args=[one.pk])
        rows.append(
            [
                Text(str(KIND_NAMES[one.kind]), href=address),
                Text(one.value or _("each"), note=used[1] if not one.value else ""),
                Amount(limit.most, pool.currency),
                Amount(used[0], pool.currency),
                Amount(limit.most - used[0], pool.currency),
            ]
        )
    columns = (
        Column(_("Limit")), Column(_("Which")), Column(_("At most"), numeric=True), Column(_("In use"), numeric=True),
        Column(_("Left"), numeric=True),
    )  # fmt: skip
    return Table(_("Limits"), columns, rows, empty=_("No limit stands: it may all be lent to one seller."))


def statement_table(told: PoolStatement, pool: FundingPool) -> Table:
    """The figures of the statement, in the order in which they add up."""
    lines = (
        (_("Out before the first day"), told.opening),
        (_("Lent"), told.lent),
        (_("Principal that came back"), -told.repaid),
        (_("Principal written off"), -told.lost),
        (_("Changed by agreement"), told.changed),
        (_("Out at the end of the last day"), told.closing),
        (_("Fees, interest and penalties collected"), told.income),
        (_("Collected after it was written off"), told.recovered),
        (_("Put in by the financier"), told.put_in),
        (_("Taken out by the financier"), told.taken_out),
        (_("Income taken out by the financier"), told.income_taken),
    )
    rows = [(label, Amount(amount, pool.currency)) for label, amount in lines]
    return Table(_("What became of the money"), (Column(_("Figure")), Column(_("Amount"), numeric=True)), rows)


def part_table(pool: FundingPool) -> Table:
    """The pool's part in financings that others fund too, the latest first."""
    parts = Participation.objects.filter(pool=pool).select_related("financing").order_by("-pk")[:PARTS_SHOWN]
    rows: list[tuple[Cell, ...]] = [
        (
            Text(
                one.financing.number,
                note=_("first loss") if one.is_first_loss else "",
                href=reverse("admin:financing_financing_change", args=[one.financing_id]),
            ),
            *(
                Amount(amount, pool.currency)
                for amount in (one.amount, one.principal, one.income, one.lost, one.recovered)
            ),
        )
        for one in parts
    ]
    columns = (
        Column(_("Financing")), Column(_("Put in"), numeric=True), Column(_("Still out"), numeric=True),
        Column(_("Income"), numeric=True), Column(_("Lost"), numeric=True), Column(_("Recovered"), numeric=True),
    )  # fmt: skip
    return Table(
        _("Financings shared with other pools"), columns, rows, empty=_("It shares no financing with another pool.")
    )
