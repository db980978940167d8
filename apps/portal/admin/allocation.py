"""Plans of who funds what: seen before they are kept, applied by another person."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.admin import Step, ViewOnlyAdmin, money, person
from apps.core.wording import money_text, share_text
from apps.financing.models import AllocationPlan
from apps.financing.services import allocation
from apps.ledger.calendar import booking_date, open_date
from apps.portal.tables import Amount, Cell, Column, Share, Table, Text
from apps.products.allocation import AVAILABLE
from apps.products.models.pools import KIND_NAMES
from apps.tenants.services import current_platform

LINES_SHOWN = 200


@admin.register(AllocationPlan)
class AllocationPlanAdmin(ViewOnlyAdmin):
    """Whoever may prepare sees what a plan would be and keeps it; whoever decides puts it in force."""

    list_display = ("business_date", "state", "asked_money", "placed_money", "maker", "made_at")
    list_filter = ("state",)
    ordering = ("-id",)
    change_form_outer_after_template: Any = "admin/allocation/plan.html"
    refusals = (allocation.PlanRefused,)
    steps = (
        Step("apply", gettext_lazy("Put in force"), is_main=True, right="decide"),
        Step("drop", gettext_lazy("Drop"), needs_reason=True, right="decide"),
    )
    asked_money = money("asked", gettext_lazy("asked for"))
    placed_money = money("placed", gettext_lazy("placed"))
    maker = person("made_by", gettext_lazy("made by"))
    applier = person("applied_by", gettext_lazy("put in force by"))
    fields = ("business_date", "state", "asked_money", "placed_money", "maker", "made_at", "applier")
    readonly_fields = ("state", "asked_money", "placed_money", "maker", "applier")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The plan as it would be now; kept when the button is pressed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now, currency = timezone.now(), current_platform().currency
        if request.method == "POST":
            by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
            try:
                plan = allocation.save_plan(currency=currency, on=_today(now), at=now, by=by)
            except allocation.PlanRefused as refusal:
                messages.error(request, str(refusal))
                return HttpResponseRedirect(request.path)
            messages.success(request, _("The plan is kept. Another person puts it in force here."))
            return HttpResponseRedirect(reverse(f"admin:{self._page('change')}", args=[plan.pk]))
        draft = allocation.draft_plan(currency=currency, on=open_date(current_platform().business_date(now)))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who would fund what now"),
            "opts": self.opts,
            "has_lines": bool(draft.lines),
            **tables_of(allocation.told(draft), currency),
        }
        return TemplateResponse(request, "admin/allocation/preview.html", context)

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        return [step for step in super().steps_for(request, row) if step.verb != "apply" or row.made_by != by]

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "apply":
            return allocation.apply_plan(plan_id=row.pk, on=_today(at), at=at, by=by)
        return allocation.drop_plan(plan_id=row.pk, reason=reason, at=at, by=by)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        plan = kwargs.get("obj")
        if plan is not None:
            context |= tables_of(plan.told, plan.currency)
        return super().render_change_form(request, context, *args, **kwargs)


def _today(at: datetime) -> Any:
    return booking_date(current_platform().business_date(at))


def tables_of(told: dict[str, Any], currency: str) -> dict[str, Any]:
    """What a plan says, as tables: the pools, the demand without all its money, the demand with it."""
    lines = told["lines"]
    short = [one for one in lines if Decimal(one["missing"])]
    whole = [one for one in lines if not Decimal(one["missing"])]
    costs = {one["name"]: Decimal(one["cost"]) for one in told.get("pools", [])}
    tables = [
        _pool_table(told.get("pools", []), currency),
        _line_table(_("Left out, in whole or in part"), short, costs, currency, _("Everybody gets what they want.")),
        _line_table(_("Funded in full"), whole, costs, currency, _("Nobody is funded in full.")),
    ]
    return {"tables": tables, "notes": _notes(told, max(len(short), len(whole)))}


def _notes(told: dict[str, Any], longest: int) -> list[str]:
    notes = []
    if number := told.get("left_out", 0):
        notes.append(
            ngettext("%(number)d smaller offer was not looked at.", "%(number)d smaller offers were not looked at.",
                     number) % {"number": number}
        )  # fmt: skip
    if longest > LINES_SHOWN:
        notes.append(_("Each list shows its first %(number)d lines.") % {"number": LINES_SHOWN})
    return notes


def _pool_table(pools: list[dict[str, str]], currency: str) -> Table:
    rows: list[list[Cell]] = [
        [
            one["name"],
            Share(Decimal(one["cost"])),
            Amount(Decimal(one["available"]), currency),
            Amount(Decimal(one["given"]), currency),
            Amount(Decimal(one["available"]) - Decimal(one["given"]), currency),
        ]
        for one in sorted(pools, key=lambda one: Decimal(one["cost"]))
    ]
    columns = (
        Column(_("Pool")), Column(_("Cost a year"), numeric=True), Column(_("Available"), numeric=True),
        Column(_("Placed"), numeric=True), Column(_("Left"), numeric=True),
    )  # fmt: skip
    return Table(_("Pools, the cheapest first"), columns, rows)


def _line_table(title: str, lines: list[dict[str, Any]], costs: dict[str, Decimal], currency: str, empty: str) -> Table:
    rows: list[list[Cell]] = [
        [
            Text(
                one["seller"],
                note=one["product"],
                href=reverse("admin:financing_offer_change", args=[one["offer"]]),
            ),
            Amount(Decimal(one["asked"]), currency),
            _given(one, costs, currency),
            Amount(Decimal(one["missing"]), currency),
            _why(one, currency),
        ]
        for one in lines[:LINES_SHOWN]
    ]
    columns = (
        Column(_("Seller")), Column(_("Wants"), numeric=True), Column(_("Gets")), Column(_("Missing"), numeric=True),
        Column(_("Why")),
    )  # fmt: skip
    return Table(title, columns, rows, empty=empty)


def _given(one: dict[str, Any], costs: dict[str, Decimal], currency: str) -> str:
    return "; ".join(
        _("%(amount)s of %(pool)s at %(cost)s")
        % {"amount": money_text(Decimal(amount), currency), "pool": pool, "cost": share_text(costs[pool])}
        for pool, amount in one["given"]
    ) or _("nothing")  # fmt: skip


def _why(one: dict[str, Any], currency: str) -> str:
    """Why these pools, and for what is missing what would have to give."""
    said = []
    if not one["given"]:
        pass
    elif not one["passed_over"]:
        said.append(_("The cheapest pool that may fund it."))
    else:
        said.append(_("The cheapest with room:"))
        said += [_hold_text(hold, currency) for hold in one["passed_over"]]
    if one["held"]:
        said.append(_("For the missing %(amount)s:") % {"amount": money_text(Decimal(one["missing"]), currency)})
        said += [_give_text(hold, currency) for hold in one["held"]]
    return " ".join(said)


def _hold_text(hold: dict[str, str], currency: str) -> str:
    most = money_text(Decimal(hold["most"]), currency)
    if hold["kind"] == AVAILABLE:
        return _("%(pool)s has nothing left.") % {"pool": hold["pool"]}
    return _("%(pool)s lends at most %(most)s for the %(kind)s %(value)s.") % {
        "pool": hold["pool"], "most": most, "kind": KIND_NAMES[hold["kind"]], "value": hold["value"],
    }  # fmt: skip


def _give_text(hold: dict[str, str], currency: str) -> str:
    by = money_text(Decimal(hold["by"]), currency)
    if hold["kind"] == AVAILABLE:
        return _("%(pool)s would need %(by)s more.") % {"pool": hold["pool"], "by": by}
    return _("%(pool)s would have to lend %(by)s more for the %(kind)s %(value)s than its limit of %(most)s.") % {
        "pool": hold["pool"], "by": by, "kind": KIND_NAMES[hold["kind"]], "value": hold["value"],
        "most": money_text(Decimal(hold["most"]), currency),
    }  # fmt: skip
