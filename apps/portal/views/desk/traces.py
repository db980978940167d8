"""Every number opens: a control total to its rows, an account to its postings, an entry to the file and line."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.ledger.models import Account, Entry
from apps.portal.doors import SignedIn
from apps.portal.nights import STEPS, figure_of, name_of_total
from apps.portal.paging import BY_NUMBER, PAGE_SIZE, page_of
from apps.portal.people import names_of
from apps.portal.subjects import subjects_of
from apps.portal.tables import Amount, Text
from apps.portal.traces import (
    ACCOUNT_OF,
    ENTRY_KINDS,
    LONGEST_RANGE,
    PostingsForm,
    carried_table,
    entry_table,
    kind_table,
    line_table,
    posting_table,
    postings_url,
    sold_table,
    standing_table,
    trail,
)
from apps.reconciliation.models import ControlTotal, NightlyRun
from apps.reconciliation.subledger import (
    OF_FINANCINGS,
    OF_SELLERS,
    financings_on,
    pledged_on,
    sellers_on,
    sums_of,
)
from apps.reconciliation.tracing import (
    STEP_OF_KIND,
    Behind,
    account_sums,
    behind,
    explained_lines,
    kinds_of,
    postings_of,
    sum_of_lines,
)
from apps.repayment.models import Movement
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def total(request: SignedIn, day: date, total: str) -> HttpResponse:
    """One control total of a night: its three figures, and the rows that stand behind them."""
    found = get_object_or_404(ControlTotal.objects.select_related("run"), run__business_date=day, name=total)
    account = ACCOUNT_OF.get(found.name, "")
    shown: dict[str, Any] = {
        "section": "night",
        "trail": trail(day),
        "name": name_of_total(found),
        "day": day,
        "total": found,
        "opening": figure_of(found, found.opening),
        "moved": figure_of(found, found.movements, signed=True),
        "closing": figure_of(found, found.closing),
        "difference": figure_of(found, found.difference, signed=True),
        "opening_url": _before(found, day),
        "moved_url": postings_url(account, found.currency, day, day) if account else "",
        "closing_url": postings_url(account, found.currency, day.replace(day=1), day) if account else "",
    }
    rows = _rows_behind(found, day)
    if rows is not None:
        page = page_of(rows, request.GET, key=BY_NUMBER)
        urls = _entries_behind(page.rows, found.name, day)
        shown |= {
            "page": page,
            "sums": {name: figure_of(found, figure) for name, figure in sums_of(rows).items()},
            "table": standing_table(page.rows, _("Row by row"), found.unit, urls),
        }
    return render(request, "desk/total.html", shown)


def _before(found: ControlTotal, day: date) -> str:
    """The same total on the night before, whose closing is this one's opening."""
    earlier = NightlyRun.objects.filter(business_date__lt=day, control_totals__name=found.name)
    last = earlier.order_by("-business_date").values_list("business_date", flat=True).first()
    return reverse("desk:total", args=[last, found.name]) if last else ""


def _rows_behind(found: ControlTotal, day: date) -> QuerySet[Any, Any] | None:
    """The rows behind a control total; of cash there are none but the postings themselves."""
    if found.unit:
        return pledged_on(found.unit, day)
    if found.name in OF_FINANCINGS:
        return financings_on(found.name, day)
    return sellers_on(day) if found.name == OF_SELLERS else None


def _entries_behind(rows: Sequence[Any], name: str, day: date) -> Mapping[int, str]:
    """By key of a row, the one entry that moved it on `day`; where there are several, the financing's own page."""
    keys = {one.pk for one in rows}
    if name in OF_FINANCINGS:
        moved = Movement.objects.filter(financing_id__in=keys, business_date=day).exclude(**{OF_FINANCINGS[name]: 0})
        pairs = list(moved.values_list("financing_id", "entry_key"))
    elif name == OF_SELLERS:
        pairs = [(key, f"sales:{day}:{key}") for key in keys]
    else:
        return {}
    entries = dict(Entry.objects.filter(key__in={key for _row, key in pairs}).values_list("key", "pk"))
    urls: dict[int, str] = {}
    for row, key in pairs:
        if key in entries:
            several = row in urls
            urls[row] = reverse("desk:financing", args=[row]) if several else reverse("desk:entry", args=[entries[key]])
    return urls


@require_safe
@for_roles(*DESK)
def postings(request: SignedIn) -> HttpResponse:
    """The postings on an account between two dates, of one kind or of all."""
    asked = request.GET
    account = get_object_or_404(Account, code=asked.get("account", ""), currency=asked.get("currency", ""))
    form = PostingsForm(asked)
    shown: dict[str, Any] = {
        "section": "books",
        "form": form,
        "account": account,
        "trail": [(reverse("desk:books"), _("Books"))],
    }
    if not form.is_valid():
        return render(request, "desk/postings.html", shown, status=REFUSED)
    first, last, kind = form.cleaned_data["first"], form.cleaned_data["last"], asked.get("kind", "")
    if first == last:
        shown["trail"] = trail(last)
    kinds = kinds_of(account, first, last)
    page = page_of(postings_of(account, first, last, kind), asked, key=BY_NUMBER)
    of_kind = next((one for one in kinds if one.kind == kind), None)
    return render(
        request,
        "desk/postings.html",
        {
            **shown,
            "page": page,
            "kind": ENTRY_KINDS.get(kind, kind),
            "sums": account_sums(account, first, last),
            "of_kind": Amount(of_kind.moved, account.currency, signed=True) if of_kind else None,
            "earlier_url": postings_url(
                account.code, account.currency, first - timedelta(days=LONGEST_RANGE), first - timedelta(days=1)
            ),
            "all_url": postings_url(account.code, account.currency, first, last),
            "kinds": kind_table(kinds, account, first, last),
            "table": posting_table(page.rows, account),
        },
    )


@require_safe
@for_roles(*DESK)
def entry(request: SignedIn, entry_id: int) -> HttpResponse:
    """One entry of the ledger: its postings, what it is about, who made it, and what it rests on."""
    found = get_object_or_404(Entry.objects.select_related("reverses", "reversed_by"), pk=entry_id)
    rests_on = behind(found)
    page = page_of(getattr(rests_on, rests_on.longest), request.GET, key=BY_NUMBER)
    step = "" if found.by.startswith("user:") else STEP_OF_KIND.get(found.kind, "")
    return render(
        request,
        "desk/entry.html",
        {
            "section": "books",
            "entry": found,
            "trail": trail(found.business_date),
            "kind": ENTRY_KINDS.get(found.kind, found.kind),
            "about": subjects_of([found.subject]).get(found.subject, Text(found.subject)),
            "by": names_of([found.by]).get(found.by, found.by),
            "step": STEPS.get(step, ""),
            "postings": entry_table(found.postings.select_related("debit", "credit").order_by("pk")),
            "page": page,
            "tables": _tables(rests_on, page.rows),
        },
    )


def _tables(rests_on: Behind, shown: Sequence[Any]) -> list[Any]:
    """What the entry rests on, list by list: the longest page by page, the others from their beginning."""

    def rows(part: str) -> Sequence[Any]:
        return shown if part == rests_on.longest else list(getattr(rests_on, part).order_by("pk")[:PAGE_SIZE])

    tables = (
        carried_table(rows("movements")),
        sold_table(rows("proceeds")),
        line_table(rows("lines"), _("Lines of the bank")),
    )
    return [table for table in tables if table.rows]


@require_safe
@for_roles(*DESK)
def explained(request: SignedIn, day: date) -> HttpResponse:
    """The bank's lines that a night explained."""
    get_object_or_404(NightlyRun, business_date=day)
    lines = explained_lines(day)
    page = page_of(lines, request.GET, key=BY_NUMBER)
    shown = {
        "section": "night",
        "trail": trail(day),
        "day": day,
        "page": page,
        "sum": sum_of_lines(lines),
        "currency": page.rows[0].currency if page.rows else "",
        "table": line_table(page.rows, _("Lines of the bank")),
    }
    return render(request, "desk/explained.html", shown)
