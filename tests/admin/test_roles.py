"""Who does what in the admin, over every page and button that there is; and lists taken away leave a trace."""

import csv
import io
import resource
import tracemalloc
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db import Error, connection, models, transaction
from django.urls import reverse

from apps.core import bulk
from apps.core.exports import cell
from apps.core.models import Export, Transition
from apps.financing.models import AllocationPlan, Application
from apps.orders.models import Order
from apps.products.models import FinancingProduct, ProductVersion, Withdrawal
from apps.reconciliation.models import BackTest
from apps.sellers.models import Particulars, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import FINANCIERS, Role
from apps.warehousing.models import Inspection, Pledge, WarehouseReceipt
from tests import factories
from tests.admin.test_pages import REGISTERED, page, row_of
from tests.conftest import PlatformClient
from tests.factories import AT, make_bank_account, make_seller, make_user

SignedIn = Callable[..., PlatformClient]
AT_WORK = (Role.FINANCIER, Role.ANALYST, Role.APPROVER, Role.STAFF, Role.AUDITOR)
PREPARES, DECIDES = {Role.FINANCIER, Role.ANALYST}, {Role.FINANCIER, Role.APPROVER}
# Every button of the admin, by hand, and whose it is. Nobody who is not named has it.
BUTTONS: dict[tuple[type[models.Model], str], set[Role]] = {
    (FinancingProduct, "new_version"): PREPARES,
    (ProductVersion, "submit"): PREPARES,
    **{(ProductVersion, verb): DECIDES for verb in ("approve", "send_back", "retire")},
    **{(Application, verb): DECIDES for verb in ("take_up", "approve", "reject")},
    **{(Pledge, verb): DECIDES for verb in ("take_in", "give_back", "release", "decline_release")},
    **{(WarehouseReceipt, verb): {Role.FINANCIER} for verb in ("freeze", "unfreeze")},
    (Inspection, "resolve"): {Role.FINANCIER},
    **{(Withdrawal, verb): DECIDES for verb in ("approve", "refuse")},
    **{(AllocationPlan, verb): DECIDES for verb in ("apply", "drop")},
    **{(BackTest, verb): PREPARES for verb in ("cancel", "ask_again")},
    **{
        (Seller, verb): {Role.STAFF}
        for verb in ("verify", "request_info", "reject", "suspend", "resume", "close")
    },
}  # fmt: skip


def test_every_button_is_in_the_matrix() -> None:
    found = {(model, step.verb) for model, one in admin.site._registry.items() for step in getattr(one, "steps", ())}
    assert found == set(BUTTONS)


@pytest.mark.parametrize("role", AT_WORK)
def test_a_role_has_its_buttons_and_no_other(signed_in: SignedIn, role: Role) -> None:
    client = signed_in(role)
    for (model, verb), roles in BUTTONS.items():
        with transaction.atomic():
            row = row_of(model)
            before = type(row)._default_manager.filter(pk=row.pk).values().get()
            known = Transition.objects.count()
            answer = client.post(page(model, "step", row.pk, verb), {"reason": "because"})
            assert answer.status_code == (302 if role in roles else 403), (model.__name__, verb)
            if role not in roles:
                assert type(row)._default_manager.filter(pk=row.pk).values().get() == before
                assert Transition.objects.count() == known
            transaction.set_rollback(True)


@pytest.mark.parametrize("role", [Role.SELLER, Role.WAREHOUSE])
def test_nobody_else_has_any(signed_in: SignedIn, role: Role) -> None:
    client = signed_in(role)
    for model, verb in BUTTONS:
        with transaction.atomic():
            row = row_of(model)
            answer = client.post(page(model, "step", row.pk, verb), {"reason": "because"}, follow=True)
            assert answer.status_code == 403, (model.__name__, verb)
            transaction.set_rollback(True)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.APPROVER])
def test_analysts_edit_terms_and_approvers_nothing(signed_in: SignedIn, role: Role) -> None:
    """Of every model of the admin: what opens, what has a form, what may be added."""
    client, editable = signed_in(role), set()
    addable = set()
    for model in REGISTERED:
        with transaction.atomic():
            row = row_of(model)
            shown = client.get(page(model, "change", row.pk))
            assert shown.status_code == (403 if model is Particulars else 200), model.__name__
            if "_save" in shown.content.decode():
                editable.add(model)
            else:
                assert client.post(page(model, "change", row.pk), {}).status_code == 403
            if client.get(page(model, "add")).status_code == 200:
                addable.add(model)
            assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
            transaction.set_rollback(True)
    terms: set[Any] = {FinancingProduct, ProductVersion}
    assert editable == (terms if role == Role.ANALYST else set())
    assert addable == ({FinancingProduct, BackTest, AllocationPlan} if role == Role.ANALYST else set())


def test_what_an_analyst_prepares_an_approver_decides(signed_in: SignedIn) -> None:
    maker, checker = make_user(role=Role.ANALYST), make_user(role=Role.APPROVER)
    version = factories.make_product_version(state="draft", approved_by="", made_by=maker.actor)
    analyst, approver = signed_in(user=maker), signed_in(user=checker)
    assert analyst.post(page(ProductVersion, "step", version.pk, "submit")).status_code == 302
    assert analyst.post(page(ProductVersion, "step", version.pk, "approve")).status_code == 403
    assert "Approve and put on offer" in approver.get(page(ProductVersion, "change", version.pk)).content.decode()
    assert approver.post(page(ProductVersion, "step", version.pk, "approve")).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.made_by, version.approved_by) == ("active", maker.actor, checker.actor)


def exported(client: PlatformClient, model: type[models.Model], query: str = "") -> list[list[str]]:
    """The rows of the file, its heading first."""
    answer: Any = client.post(page(model, "export") + query)
    assert (answer.status_code, answer.streaming) == (200, True)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("role", AT_WORK)
def test_auditors_and_administrators_take_lists_away_and_nobody_else(signed_in: SignedIn, role: Role) -> None:
    client = signed_in(role)
    may = role in {Role.AUDITOR, Role.FINANCIER}
    for model in REGISTERED:
        hidden = model is Particulars and role in FINANCIERS
        answer = client.post(page(model, "export"))
        assert answer.status_code == (200 if may and not hidden else 403), model.__name__
        assert client.get(page(model, "export")).status_code == 405
        listed = client.get(page(model, "changelist"))
        assert ("Export as CSV" in listed.content.decode()) == (may and not hidden), model.__name__
    taken = set(Export.objects.values_list("model", flat=True))
    wanted = {model._meta.label_lower for model in REGISTERED if not (model is Particulars and role in FINANCIERS)}
    assert taken == (wanted if may else set())


def test_a_file_holds_what_the_filters_leave_and_its_trace_says_so(signed_in: SignedIn) -> None:
    for number in range(120):  # more than a page
        make_seller(external_id=f"S{number:03}", name="=HYPERLINK(1)" if number == 7 else f"Seller {number}")
    make_seller(external_id="GONE", state="suspended")
    auditor = make_user(role=Role.AUDITOR)
    rows = exported(signed_in(user=auditor), Seller, "?state__exact=verified")
    assert len(rows) == 121
    assert "GONE" not in {cell for row in rows for cell in row}
    assert [one for row in rows for one in row if "HYPERLINK" in one] == ["'=HYPERLINK(1)"]
    trace = Export.objects.get()
    assert (trace.model, trace.query, trace.rows, trace.by) == (
        "sellers.seller", "state__exact=verified", 120, auditor.actor,
    )  # fmt: skip
    assert trace.columns == rows[0]


def test_a_trace_stays(signed_in: SignedIn) -> None:
    exported(signed_in(Role.AUDITOR), Seller)
    for statement in ("UPDATE core_export SET by = 'nobody'", "DELETE FROM core_export", "TRUNCATE core_export"):
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Export.objects.count() == 1


def test_a_file_shows_no_more_than_the_page(signed_in: SignedIn) -> None:
    make_bank_account(number="6222020200112233445")
    account = type(make_bank_account(number="6222020200112233446"))
    text = str(exported(signed_in(Role.AUDITOR), account))
    assert "··3445" in text
    assert "62220202" not in text
    seen, unseen = make_seller(), make_seller()
    factories.make_consent(seller=seen, until=date(2100, 1, 1))
    factories.make_order(seller=seen, external_id="SEEN")
    factories.make_order(seller=unseen, external_id="UNSEEN")
    of_financier = str(exported(signed_in(Role.FINANCIER), Order))
    assert "SEEN" in of_financier
    assert "UNSEEN" not in of_financier
    assert "UNSEEN" in str(exported(signed_in(Role.AUDITOR), Order))


def test_filters_that_are_not_known_export_nothing(signed_in: SignedIn) -> None:
    client = signed_in(Role.AUDITOR)
    answer = client.post(page(Seller, "export") + "?star_sign=leo", follow=True)
    assert "These filters are not known here. Nothing was exported." in answer.content.decode()
    assert not Export.objects.exists()


def test_a_file_holds_no_row_of_another_platform(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        make_seller(name="Seller of Harbor")
    with entered(meadow.schema_name):
        make_seller(name="Seller of Meadow")
        client = client_of(meadow, make_user(role=Role.AUDITOR))
        answer: Any = client.post(page(Seller, "export"))
    with entered(harbor.schema_name):  # the body is sent when the request has left its platform
        text = b"".join(answer.streaming_content).decode()
        assert connection.schema_name == harbor.schema_name  # type: ignore[attr-defined]  # of django-tenants
        assert not Export.objects.exists()
    assert "Seller of Meadow" in text
    assert "Seller of Harbor" not in text


@pytest.mark.parametrize("number_of_rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_many_rows_take_no_more_memory_than_a_few(signed_in: SignedIn, number_of_rows: int) -> None:
    columns = ["model", "object_id", "verb", "source", "target", "by", "reason", "at"]
    rows = (("orders.order", number, "pay", "", "paid", "night", "x" * 200, AT) for number in range(number_of_rows))
    bulk.copy_rows(Transition, columns, rows)
    answer: Any = signed_in(Role.AUDITOR).post(reverse("admin:core_transition_export"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        lines = sum(piece.count(b"\n") for piece in answer.streaming_content)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{number_of_rows:,} rows: {peak / 1e6:.1f} MB at most, the process {grown:.1f} MB larger than before")
    assert lines == number_of_rows + 1
    assert peak < 8_000_000  # twenty thousand rows at once would be above 20 MB
    assert grown < 64  # the driver's own memory too, which tracemalloc does not see


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("-5", "'-5"), (-5, "-5"), ("@x", "'@x"), ("a <b>c</b>", "a c"), (date(2025, 3, 14), "2025-03-14")],
)
def test_a_cell_is_text_that_no_spreadsheet_computes(value: Any, text: str) -> None:
    assert cell(value) == text
