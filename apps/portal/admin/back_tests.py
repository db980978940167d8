"""The wind tunnel in the admin: ask, watch, cancel, compare."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import RefusingForm, Step, ViewOnlyAdmin, money, share
from apps.core.dates import DAY, local_date
from apps.orders.models import Order
from apps.portal.charts import Chart, Run, lines_chart
from apps.portal.tables import Amount, Cell, Column, Count, Share, Table
from apps.products.models import ProductVersion
from apps.reconciliation import back_tests
from apps.reconciliation.models import BackTest, BackTestSeller
from apps.tenants.services import current_platform

UNDER_WAY = ("waiting", "running")
ASSUMED = (
    "accept_share", "returned_share", "charged_back_share", "settlement_days", "default_days", "loss_share", "seed",
)  # fmt: skip
# The same once it is asked for: shares as a reader writes them.
ASSUMED_IN_WORDS = (
    "accepts", "returned", "charged_back", "settlement_days", "default_days", "lost_in_default", "seed",
)  # fmt: skip
TWENTY_MONTHS = timedelta(days=609)


class BackTestForm(RefusingForm):
    """What to try, over which days, under which assumptions."""

    refusals = (back_tests.BackTestRefused,)

    def check(self) -> None:
        back_tests.check_back_test(self.instance, today=current_platform().business_date(timezone.now()))


@admin.register(BackTest)
class BackTestAdmin(ViewOnlyAdmin):
    """Whoever may write terms may try them."""

    form = BackTestForm
    list_display = ("version", "first", "last", "state", "progress", "seconds")
    list_select_related = ("version__product",)
    list_filter = ("state", "version__product")
    ordering = ("-id",)
    change_form_outer_after_template: Any = "admin/back_test.html"
    refusals = (back_tests.BackTestRefused,)
    steps = (Step("cancel", gettext_lazy("Cancel")), Step("ask_again", gettext_lazy("Run again"), is_main=True))

    accepts = share("accept_share", gettext_lazy("take an offer, a day"))
    returned = share("returned_share", gettext_lazy("orders sent back"))
    charged_back = share("charged_back_share", gettext_lazy("orders charged back"))
    lost_in_default = share("loss_share", gettext_lazy("lost in default"))

    @admin.display(description=gettext_lazy("sellers"))
    def progress(self, row: BackTest) -> str:
        return f"{row.sellers_done} / {row.sellers}" if row.sellers else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("products.change_productversion")

    def may_take(self, request: HttpRequest, step: Step) -> bool:
        return self.has_add_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ("version", ("first", "last"))
        assumed = (
            gettext_lazy("What is assumed"),
            {
                "fields": ASSUMED,
                "description": gettext_lazy(
                    "Where the past does not tell. Each seller has this product alone, and the fund never runs out; "
                    "the result says how much of it was needed."
                ),
            },
        )
        if obj is None:
            return ((None, {"fields": asked}), assumed)
        assumed[1]["fields"] = ASSUMED_IN_WORDS
        error = ("error",) if obj.error else ()
        return ((None, {"fields": (*asked, "against", "state", "progress", "seconds", *error)}), assumed)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("state", "progress", *ASSUMED_IN_WORDS) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The last twenty months of orders, through yesterday at the latest."""
        zone, last = current_platform().zone, current_platform().business_date(timezone.now()) - DAY
        placed = Order.objects.aggregate(first=Min("placed_at"), last=Max("placed_at"))
        begun = last
        if placed["first"]:
            begun = local_date(placed["first"], zone)
            last = min(last, local_date(placed["last"], zone))
        return {
            "first": max(begun, last - TWENTY_MONTHS), "last": last, **super().get_changeform_initial_data(request)
        }  # fmt: skip

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "version" and field is not None:
            tried = ProductVersion.objects.filter(product__technique__in=back_tests.TRIED)
            field.queryset = tried.select_related("product").order_by("product__name", "-number")
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        now = timezone.now()
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        back_tests.ask_back_test(back_test=obj, today=current_platform().business_date(now), at=now, by=by)
        messages.info(request, _("A worker lives through the past now. This page shows how far it is."))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Whoever asked for one is led to where its progress shows."""
        return HttpResponseRedirect(reverse("admin:reconciliation_backtest_change", args=[obj.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """While a run is under way its page asks again and again how far it is; once it is over, all of it is new."""
        under_way = BackTest.objects.filter(state__in=UNDER_WAY)
        if getattr(request, "htmx", False) and not under_way.filter(pk=object_id).exists():
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().change_view(request, object_id, form_url, extra_context)

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "cancel":
            return back_tests.cancel_back_test(back_test_id=row.pk, at=at, by=by)
        return back_tests.retry_back_test(back_test_id=row.pk, at=at, by=by)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context |= {"back_test": row, "is_under_way": row.state in UNDER_WAY}
            if row.results:
                context |= {
                    "figures": figures_of(row), "charts": charts_of(row), "edited": back_tests.terms_differ(row),
                }  # fmt: skip
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(BackTestSeller)
class BackTestSellerAdmin(ViewOnlyAdmin):
    list_display = (
        "seller", "side", "qualified_on", "most_money", "drawn_money", "income_money", "missed", "outstanding_money",
        "lost_money",
    )  # fmt: skip
    list_select_related = ("seller",)
    list_filter = ("side",)
    ordering = ("back_test_id", "side", "seller_id")
    most_money = money("most_offered", gettext_lazy("most on offer"), "seller.currency")
    drawn_money = money("drawn", gettext_lazy("drawn"), "seller.currency")
    income_money = money("income", gettext_lazy("income"), "seller.currency")
    outstanding_money = money("outstanding", gettext_lazy("still out"), "seller.currency")
    lost_money = money("lost", gettext_lazy("lost"), "seller.currency")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "back_test__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]


def figures_of(back_test: BackTest) -> Table:
    """What both versions come to, line by line."""
    sides = _sides(back_test)
    columns = [Column(_("Figure")), *(Column(name, numeric=True) for name, _told in sides)]
    rows: list[list[Cell]] = []
    for label, key, of in LINES:
        rows.append([str(label), *(_cell(told, key, of) for _name, told in sides)])
    return Table(_("What it comes to"), columns, rows)


COUNT, MONEY, SHARE = "count", "money", "share"
LINES = (
    (gettext_lazy("Sellers whose past was lived through"), "sellers", COUNT),
    (gettext_lazy("Sellers who would have qualified"), "qualified", COUNT),
    (gettext_lazy("Sellers who drew"), "drew", COUNT),
    (gettext_lazy("Financings"), "financings", COUNT),
    (gettext_lazy("Drawn"), "drawn", MONEY),
    (gettext_lazy("Income"), "income", MONEY),
    (gettext_lazy("of it fees"), "fees", MONEY),
    (gettext_lazy("of it interest"), "interest", MONEY),
    (gettext_lazy("of it penalties"), "penalties", MONEY),
    (gettext_lazy("Minimums and instalments asked for"), "asked", COUNT),
    (gettext_lazy("Missed"), "missed", COUNT),
    (gettext_lazy("Financings ever more than 30 days past due"), "late", COUNT),
    (gettext_lazy("Most needed of the fund"), "peak", MONEY),
    (gettext_lazy("Still out on the last day"), "outstanding", MONEY),
    (gettext_lazy("of it in default"), "in_default", MONEY),
    (gettext_lazy("Lost, as assumed"), "lost", MONEY),
    (gettext_lazy("Loss that the scores would have expected"), "expected_loss", MONEY),
    (gettext_lazy("Annualised return"), "annualised", SHARE),
    (gettext_lazy("Annualised return after losses"), "annualised_after_losses", SHARE),
)


def _sides(back_test: BackTest) -> list[tuple[str, dict[str, Any]]]:
    results: dict[str, Any] = back_test.results or {}
    names = {"version": _("version %(number)s, tried") % {"number": back_test.version.number}}
    if back_test.against:
        names["against"] = _("version %(number)s, live") % {"number": back_test.against.number}
    return [(name, results[side]) for side, name in names.items() if side in results]


def _cell(told: dict[str, Any], key: str, of: str) -> Cell:
    value = told[key]
    if of == COUNT:
        return Count(value)
    if of == SHARE:
        return Share(None if value is None else Decimal(value))
    return Amount(Decimal(value), told["currency"])


def charts_of(back_test: BackTest) -> list[Chart]:
    """Money out and income month by month; none when nothing was drawn."""
    sides = _sides(back_test)
    months = sorted({row["month"] for _name, told in sides for row in told["months"]})
    if not months:
        return []
    days = [date.fromisoformat(f"{month}-01") for month in months]
    currency = sides[0][1]["currency"]
    return [
        lines_chart(name, title, days, _runs(sides, months, name), currency=currency)
        for name, title in (("outstanding", _("Money out at the end of each month")), ("income", _("Income a month")))
    ]


def _runs(sides: list[tuple[str, dict[str, Any]]], months: list[str], key: str) -> list[Run]:
    runs = []
    for (label, told), tone in zip(sides, ("expected", "slow"), strict=False):
        amounts = {row["month"]: Decimal(row[key]) for row in told["months"]}
        runs.append(Run(label, tone, [amounts.get(month) for month in months]))  # type: ignore[arg-type]  # a Tone
    return runs
