"""Bank files at the desk: handing one in, what was read of it and from where, booking one on one's word."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.banking.models import BankStatement, StatementFile
from apps.banking.refusals import StatementNumberTaken, StatementRefused
from apps.banking.services import book_on_word, grouped_payments, take_in_statement
from apps.portal.bank_words import in_words
from apps.portal.doors import SignedIn, come_back_later
from apps.portal.file_forms import StatementForm
from apps.portal.money_files import both_table, entry_table, file_table, grouped_table, problem_table, statement_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED, GONE = 422, 410
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def files(request: SignedIn) -> HttpResponse:
    """The files that came, the latest first, and a form to hand one in."""
    return _list(request, StatementForm())


@require_POST
@for_roles(Role.STAFF)
def take_in(request: SignedIn) -> HttpResponseBase:
    """Take in one file; a refusal shows why, and both statements where a number is taken."""
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=REFUSED)
    file, account = form.cleaned_data["file"], form.cleaned_data["csv_account"]
    try:
        taken = take_in_statement(
            source=file, name=file.name, csv_account=account.pk if account else None,
            at=timezone.now(), by=request.user.actor,
        )  # fmt: skip
    except StatementNumberTaken as refusal:
        both = both_table(refusal.was, refusal.came, refusal.known.currency)
        return _list(request, form, status=REFUSED, refusal=str(refusal), both=both)
    except StatementRefused as refusal:
        return _list(request, form, status=REFUSED, refusal=in_words(str(refusal)))
    if taken.is_new:
        words = ngettext("%(number)s bank line was booked.", "%(number)s bank lines were booked.", taken.booked)
        messages.success(request, words % {"number": taken.booked})
    else:
        messages.info(request, _("These very bytes came before: nothing is new."))
    return redirect("desk:file", taken.file.pk)


def _list(request: HttpRequest, form: StatementForm, status: int = 200, **more: Any) -> HttpResponse:
    page = page_of(StatementFile.objects.prefetch_related("statements"), request.GET, key=BY_NUMBER)
    table = file_table(page.rows, names_of(one.by for one in page.rows))
    return render(request, "desk/files.html", {"form": form, "table": table, "page": page, **more}, status=status)


@require_safe
@for_roles(*DESK)
def file(request: SignedIn, file_id: int) -> HttpResponse:
    """What was read of one file."""
    return _file(request, get_object_or_404(StatementFile, pk=file_id))


def _file(request: HttpRequest, found: StatementFile, refusal: str = "", status: int = 200) -> HttpResponse:
    statements = found.statements.select_related("account").order_by("position")
    page = {
        "section": "files",
        "file": found,
        "refusal": refusal,
        "statements": statement_table(statements),
        "problems": problem_table(found.problems),
        "by": names_of([found.by]).get(found.by, found.by),
    }
    return render(request, "desk/file.html", page, status=status)


@require_safe
@for_roles(*DESK)
def original(request: SignedIn, file_id: int) -> HttpResponseBase:
    """The file as it came, byte by byte."""
    found = get_object_or_404(StatementFile, pk=file_id)
    if not default_storage.exists(found.stored_as):
        return _file(request, found, _("The file's bytes are not in the platform's storage any more."), GONE)
    content = default_storage.open(found.stored_as)
    return FileResponse(content, as_attachment=True, filename=found.name, content_type="application/octet-stream")


@require_safe
@for_roles(*DESK)
def statement(request: SignedIn, statement_id: int) -> HttpResponse:
    """One statement: its proof, its entries with their places, and the bank lines that came of them."""
    return _statement(request, _found(statement_id))


def _found(statement_id: int) -> BankStatement:
    return get_object_or_404(BankStatement.objects.select_related("file", "account"), pk=statement_id)


def _statement(request: HttpRequest, found: BankStatement, refusal: str = "", status: int = 200) -> HttpResponse:
    entries = found.entries.select_related("line", "statement").prefetch_related("payments")
    page = page_of(entries, request.GET, key=BY_NUMBER)
    grouped = [payment for entry in page.rows for payment in grouped_payments(entry)]
    shown = {
        "section": "files",
        "statement": found,
        "refusal": refusal,
        "entries": entry_table(page.rows),
        "grouped": grouped_table(grouped, found.currency),
        "problems": problem_table(found.problems),
        "page": page,
        "accepted_by": names_of([found.accepted_by]).get(found.accepted_by, ""),
    }
    return render(request, "desk/statement.html", shown, status=status)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def book(request: SignedIn, statement_id: int) -> HttpResponseBase:
    """Book a statement that waits for a person, on the word of whoever presses."""
    found = _found(statement_id)
    try:
        book_on_word(statement_id=found.pk, at=timezone.now(), by=request.user.actor)
    except StatementRefused as refusal:
        return _statement(request, found, str(refusal), REFUSED)
    return redirect("desk:statement", found.pk)
