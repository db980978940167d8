"""The platform's own bank accounts, and how the CSV files of each are read."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.banking.models import BankAccount, CsvMapping
from apps.banking.services import AccountRefused, keep_mapping, open_account
from apps.banking.statements import sheets
from apps.banking.statements.parts import Entry, Problem, Refused
from apps.portal.bank_words import in_words
from apps.portal.doors import SignedIn
from apps.portal.file_forms import AccountForm, MappingForm, SampleForm
from apps.portal.money_files import account_table, preview_table, problem_table
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422
OURS = BankAccount.objects.exclude(purpose=BankAccount.Purpose.PAYOUT)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF)
def accounts(request: SignedIn) -> HttpResponseBase:
    """The accounts, and a form to add one."""
    form = AccountForm(request.POST or None)
    refusal = ""
    if form.is_valid():
        try:
            open_account(**form.cleaned_data, at=timezone.now(), by=request.user.actor)
        except AccountRefused as error:
            refusal = str(error)
        else:
            messages.success(request, _("The account was added."))
            return redirect("desk:accounts")
    mapped = set(CsvMapping.objects.values_list("account_id", flat=True))
    page = {"section": "files", "form": form, "refusal": refusal, "table": account_table(OURS.order_by("pk"), mapped)}
    return render(request, "desk/accounts.html", page, status=REFUSED if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF)
def csv_mapping(request: SignedIn, account_id: int) -> HttpResponseBase:
    """Hand in a sample; choose which column holds what; see the first rows read that way; keep it."""
    account = get_object_or_404(OURS.all(), pk=account_id)
    if "lines" in request.POST:
        return _chosen(request, account)
    sample = SampleForm(request.POST or None, request.FILES or None)
    if not sample.is_valid():
        page = {"section": "files", "account": account, "sample": sample}
        return render(request, "desk/csv_mapping.html", page, status=REFUSED if sample.is_bound else 200)
    lines = sample.cleaned_data["file"]
    try:
        mapping = sheets.propose(enumerate(lines.splitlines(), 1))
        refusal = ""
    except Refused as error:
        mapping = sheets.ColumnMapping(booking_date="", date_format="", decimal_sign="")
        refusal = str(error)
    return _page(request, account, MappingForm.of(mapping, account=account, lines=lines), refusal=refusal)


def _chosen(request: SignedIn, account: BankAccount) -> HttpResponseBase:
    form = MappingForm(request.POST, account=account, lines=request.POST["lines"])
    if not form.is_valid():
        return _page(request, account, form, status=REFUSED)
    try:
        mapping = form.mapping()
        parts = list(sheets.read(enumerate(form.cleaned_data["lines"].splitlines(), 1), mapping))
    except Refused as error:
        return _page(request, account, form, refusal=in_words(str(error)), status=REFUSED)
    if "keep" in request.POST:
        keep_mapping(account_id=account.pk, mapping=mapping, at=timezone.now(), by=request.user.actor)
        messages.success(request, _("From now on the CSV files of this account are read this way."))
        return redirect("desk:files")
    entries = [part for part in parts if isinstance(part, Entry)]
    problems = [(part.where, part.reason) for part in parts if isinstance(part, Problem)]
    return _page(
        request, account, form, preview=preview_table(entries, account.currency), problems=problem_table(problems)
    )


def _page(
    request: HttpRequest, account: BankAccount, form: MappingForm, status: int = 200, **shown: object
) -> HttpResponse:
    page = {"section": "files", "account": account, "form": form, **shown}
    return render(request, "desk/csv_mapping.html", page, status=status)
