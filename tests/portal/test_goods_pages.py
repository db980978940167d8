"""Pages about goods in store: the warehouse's, the seller's, the desk's and the one behind a paper's QR code."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.tenants.models import Platform
from apps.users.models import Role, User
from apps.warehousing.models import Attachment, Inspection, ReceiptPaper, Warehouse, WarehouseReceipt
from apps.warehousing.services import announce_goods, offer_transfer, paper_of
from tests.conftest import PlatformClient
from tests.factories import make_commodity, make_operator, make_seller, make_user
from tests.portal.pages import read
from tests.warehousing.goods import issued
from tests.warehousing.test_uploads import PDF, located

Browse = Callable[..., PlatformClient]
D = Decimal


@pytest.fixture
def operator(platform: Platform) -> User:
    make_commodity(code="cotton", name="Cotton", name_zh="棉花")
    return make_operator().user


@pytest.fixture
def browse(platform: Platform, client_of: Callable[..., PlatformClient]) -> Browse:
    return lambda user=None, **extra: client_of(platform, user, **extra)


@pytest.fixture
def store(operator: User) -> Warehouse:
    return operator.operator.warehouse


def said(answer: Any) -> str:
    return read(answer.content.decode()).text


def pdf(name: str = "slip.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def issue_form(**differing: Any) -> dict[str, Any]:
    ahead = (timezone.now() + timedelta(days=200)).date()
    return {
        "key": "k-1", "depositor": "S-1", "commodity": "cotton", "weight": "4,980.5", "unit": "kg", "grade": "3128",
        "lot": "L-7", "bin": "B-1", "insurance": "PICC 7", "insured_until": ahead, "valid_until": ahead, **differing,
    }  # fmt: skip


def test_an_operator_starts_at_what_waits(operator: User, store: Warehouse, browse: Browse) -> None:
    answer = browse(operator).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/warehouse/")
    announce_goods(
        number="WR-ASKED", warehouse=store, seller=make_seller(name="Farmer Ana"), commodity="cotton", unit="kg",
        weight=D(900), at=timezone.now(), by="user:1",
    )  # fmt: skip
    page = browse(operator).get("/warehouse/")
    assert "Farmer Ana" in said(page)
    assert "900" in said(page)


def test_a_receipt_is_issued_at_the_gate_with_photos(operator: User, browse: Browse) -> None:
    farmer = make_seller(external_id="S-1")
    client = browse(operator)
    photo = SimpleUploadedFile("bale.jpg", located())
    answer = client.post("/warehouse/issue/", issue_form(photos=[photo], documents=[pdf()]))
    receipt = WarehouseReceipt.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/warehouse/receipts/{receipt.pk}/")
    assert (receipt.weight, receipt.holder, receipt.issued_by) == (D("4980.5"), farmer, operator.actor)
    assert {one.kind for one in Attachment.objects.all()} == {"photo", "document"}
    again = client.post("/warehouse/issue/", issue_form(photos=[photo_again()], documents=[pdf()]))
    assert again["Location"] == answer["Location"]
    assert (WarehouseReceipt.objects.count(), Attachment.objects.count()) == (1, 2)
    page = said(client.get(answer["Location"]))
    for words in ("4,980.5", "L-7", "Weighed, taken in", "slip.pdf"):
        assert words in page


def photo_again() -> SimpleUploadedFile:
    return SimpleUploadedFile("bale.jpg", located())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"depositor": "S-NOBODY"}, "No seller here has this number"),
        ({"weight": "five"}, "weight in figures"),
        ({"weight": "-5"}, "weight in figures"),
        ({"weight": "0"}, "more than nothing"),
        ({"weight": "1.00001"}, "four decimals"),
        ({"unit": "ton"}, "This unit is not known"),
        ({"commodity": "gold"}, ""),
        ({"lot": ""}, ""),
        ({"valid_until": "2020-01-01"}, "at least through the day of issue"),
        ({"photos": [SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>")]}, "is no JPEG, PNG or WebP"),
        ({"documents": [SimpleUploadedFile("x.pdf", PDF + b"x" * 9 * 1024 * 1024)]}, "larger than 8 MB"),
    ],
)
def test_a_bad_form_issues_nothing(operator: User, browse: Browse, wrong: dict[str, Any], words: str) -> None:
    make_seller(external_id="S-1")
    answer = browse(operator).post("/warehouse/issue/", issue_form(**wrong))
    assert answer.status_code == 422
    assert words in said(answer)
    assert not WarehouseReceipt.objects.exists()
    assert not Attachment.objects.exists()


def test_announced_goods_are_issued_to_who_announced_them(operator: User, store: Warehouse, browse: Browse) -> None:
    farmer = make_seller(user=make_user(role=Role.SELLER))
    client = browse(farmer.user)
    form = {
        "key": "k",
        "warehouse": store.pk,
        "commodity": "cotton",
        "weight": "５０００",
        "unit": "公斤",
        "origin": "Hotan",
    }
    client.post("/receipts/bring/", form)
    client.post("/receipts/bring/", form)
    asked = WarehouseReceipt.objects.get()
    assert (asked.state, asked.holder, asked.announced_weight, asked.unit) == ("requested", farmer, D(5000), "kg")
    assert browse(operator).get(f"/warehouse/issue/{asked.pk}/").status_code == 200
    browse(operator).post(f"/warehouse/issue/{asked.pk}/", issue_form(depositor="somebody else"))
    asked.refresh_from_db()
    assert (asked.state, asked.holder) == ("issued", farmer)
    assert browse(operator).get(f"/warehouse/issue/{asked.pk}/").status_code == 302


ACTS = ["withdraw", "split", "revalidate", "replace", "freeze", "turn-away", "files"]


@pytest.mark.parametrize("act", ACTS)
def test_a_user_of_another_warehouse_gets_404(operator: User, browse: Browse, act: str) -> None:
    receipt = issued()
    client = browse(operator)
    for path in (f"/warehouse/receipts/{receipt.pk}/", f"/warehouse/receipts/{receipt.pk}/{act}/",
                 f"/warehouse/issue/{receipt.pk}/", f"/receipts/{receipt.pk}/paper.pdf"):  # fmt: skip
        assert client.get(path).status_code == 404
        if act in path:
            assert client.post(path, {"reason": "mine now", "weights": "1\n4999"}).status_code == 404
    assert receipt.number not in said(client.get("/warehouse/receipts/"))
    receipt.refresh_from_db()
    assert receipt.state == "issued"


@pytest.mark.parametrize("role", [Role.SELLER, Role.FINANCIER, Role.STAFF, Role.AUDITOR])
def test_the_warehouses_pages_are_the_warehouses(platform: Platform, browse: Browse, role: str) -> None:
    for path in ("/warehouse/", "/warehouse/receipts/", "/warehouse/issue/", "/warehouse/inspections/"):
        assert browse(make_user(role=role)).get(path).status_code == 403


def test_an_operator_enters_no_other_pages(operator: User, browse: Browse) -> None:
    for path in ("/desk/", "/desk/inspections/", "/receipts/", "/money/", "/admin/warehousing/warehousereceipt/"):
        assert browse(operator).get(path).status_code in {302, 403}


@pytest.mark.parametrize(
    ("act", "form", "state"),
    [
        ("withdraw", {}, "delivered"),
        ("split", {"weights": "2,000\n3000\n"}, "split"),
        ("replace", {"key": "k", "declaration": "burnt"}, "replaced"),
        ("freeze", {"reason": "a dispute"}, "frozen"),
        ("files", {}, "issued"),
    ],
)
def test_an_act_is_one_form(
    operator: User, store: Warehouse, browse: Browse, act: str, form: dict[str, str], state: str
) -> None:
    receipt = issued(warehouse=store)
    client = browse(operator)
    assert client.get(f"/warehouse/receipts/{receipt.pk}/{act}/").status_code == 200
    assert client.post(f"/warehouse/receipts/{receipt.pk}/{act}/", form).status_code == 302
    receipt.refresh_from_db()
    assert receipt.state == state
    assert client.get(f"/warehouse/receipts/{receipt.pk}/").status_code == 200


def test_what_is_refused_is_said_above_the_form(operator: User, store: Warehouse, browse: Browse) -> None:
    receipt = issued(warehouse=store)
    client = browse(operator)
    answer = client.post(f"/warehouse/receipts/{receipt.pk}/split/", {"weights": "2000\n2999"})
    assert answer.status_code == 422
    assert "The parts add up to 4999 kg, the receipt is for 5000.0000 kg" in said(answer)
    WarehouseReceipt.objects.filter(pk=receipt.pk).update(state="pledged")
    answer = client.post(f"/warehouse/receipts/{receipt.pk}/withdraw/")
    assert "only the financier can let them go" in said(answer)
    assert client.get(f"/warehouse/receipts/{receipt.pk}/burn/").status_code == 404
    assert WarehouseReceipt.objects.get().state == "pledged"


def test_receipts_are_found_by_number_lot_holder_and_state(operator: User, store: Warehouse, browse: Browse) -> None:
    issued(warehouse=store, depositor=make_seller(name="Farmer Ana"))
    client = browse(operator)
    for query in ("", "?q=wr-1", "?q=l-1", "?q=ana", "?state=issued"):
        assert "WR-1" in said(client.get(f"/warehouse/receipts/{query}")), query
    for query in ("?q=zzz", "?state=split", "?q=ana&state=pledged"):
        assert "WR-1" not in said(client.get(f"/warehouse/receipts/{query}")), query


def test_sellers_see_their_own_and_pass_it_on(operator: User, store: Warehouse, browse: Browse) -> None:
    giver = make_seller(user=make_user(role=Role.SELLER), external_id="S-A")
    taker = make_seller(user=make_user(role=Role.SELLER), external_id="S-B")
    receipt = issued(warehouse=store, depositor=giver)
    assert "WR-1" in said(browse(giver.user).get("/receipts/"))
    assert "WR-1" not in said(browse(taker.user).get("/receipts/"))
    assert browse(taker.user).get(f"/receipts/{receipt.pk}/").status_code == 404
    assert browse(taker.user).post(f"/receipts/{receipt.pk}/pass-on/", {"taker": "S-B"}).status_code == 404
    answer = browse(giver.user).post(f"/receipts/{receipt.pk}/pass-on/", {"taker": "S-C"})
    assert (answer.status_code, "No other seller here" in said(answer)) == (422, True)
    browse(giver.user).post(f"/receipts/{receipt.pk}/pass-on/", {"taker": "S-B"})
    offer = receipt.transfers.get()
    assert browse(giver.user).post(f"/receipts/offers/{offer.pk}/accept/").status_code == 404
    assert "offers you goods" in said(browse(taker.user).get("/receipts/"))
    browse(taker.user).post(f"/receipts/offers/{offer.pk}/accept/")
    assert "WR-1" in said(browse(taker.user).get("/receipts/"))
    assert browse(giver.user).get(f"/receipts/{receipt.pk}/").status_code == 404


def test_photos_are_shown_without_what_the_camera_wrote(operator: User, store: Warehouse, browse: Browse) -> None:
    farmer = make_seller(user=make_user(role=Role.SELLER), external_id="S-1")
    browse(operator).post("/warehouse/issue/", issue_form(photos=[photo_again()], documents=[pdf()]))
    photo, slip = Attachment.objects.order_by("pk")
    for user in (operator, farmer.user):
        answer = browse(user).get(f"/receipts/files/{photo.pk}/?original")
        content = answer.getvalue()
        assert b"Grandmother" not in content
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    answer = browse(farmer.user).get(f"/receipts/files/{slip.pk}/")
    assert "attachment" in answer["Content-Disposition"]
    assert answer.getvalue() == PDF
    answer = browse(make_user(role=Role.FINANCIER)).get(f"/receipts/files/{photo.pk}/?original")
    assert b"Grandmother" in answer.getvalue()
    for stranger in (make_operator().user, make_seller(user=make_user(role=Role.SELLER)).user):
        assert browse(stranger).get(f"/receipts/files/{photo.pk}/").status_code == 404


def test_a_count_is_given_at_the_desk_and_made_in_the_warehouse(
    operator: User, store: Warehouse, browse: Browse
) -> None:
    receipt = issued(warehouse=store, by=operator.actor)
    colleague, staff = make_operator(warehouse=store).user, make_user(role=Role.STAFF)
    soon = (timezone.now() + timedelta(days=3)).date()
    desk = browse(staff)
    answer = desk.post("/desk/inspections/", {"number": "WR-1", "inspector": operator.pk, "due_on": soon})
    assert (answer.status_code, "must not count this lot" in said(answer)) == (422, True)
    desk.post("/desk/inspections/", {"number": "WR-1", "inspector": colleague.pk, "due_on": soon})
    task = Inspection.objects.get()
    path = f"/warehouse/inspections/{task.pk}/"
    assert browse(operator).get(path).status_code == 404
    assert "L-1" not in said(browse(operator).get("/warehouse/inspections/"))
    assert "5,000" not in said(browse(colleague).get(path))
    answer = browse(colleague).post(path, {"counted": "4000"})
    assert answer.status_code == 422
    browse(colleague).post(path, {"counted": "4000", "note": "wet", "evidence": [pdf()]})
    receipt.refresh_from_db()
    assert receipt.state == "frozen"
    assert "Failed, goods frozen" in said(desk.get("/desk/inspections/"))
    assert "4,000" in said(desk.get(f"/desk/inspections/{task.pk}/"))
    assert browse(make_user(role=Role.AUDITOR)).get("/desk/inspections/").status_code == 200


@pytest.fixture
def paper(operator: User, store: Warehouse) -> ReceiptPaper:
    farmer = make_seller(name="Farmer Ana", external_id="S-1", user=make_user(role=Role.SELLER))
    receipt = issued(warehouse=store, depositor=farmer, by=operator.actor)
    return paper_of(receipt_id=receipt.pk, site="https://meadow.test/", at=timezone.now(), by=operator.actor)


def test_anybody_with_the_paper_traces_the_goods_and_learns_nothing_else(
    paper: ReceiptPaper, operator: User, browse: Browse
) -> None:
    answer = browse().get(f"/trace/{paper.token}/")
    page = said(answer)
    for words in ("This paper is valid", "The title is free", "5,000", "3128", "Weighed, taken in", "Cold store 3"):
        assert words in page
    for secret in ("Ana", "S-1", operator.name, "user:", "PICC", "CNY", "¥"):
        assert secret not in page
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert browse().get("/trace/guessed/").status_code == 404
    assert len(paper.token) >= 22


@pytest.mark.parametrize(
    ("state", "words", "encumbered"),
    [
        ("delivered", "The goods were taken out", None),
        ("frozen", "This receipt is frozen", False),
        ("expired", "This receipt has expired", False),
        ("pledged", "This paper is valid", True),
        ("sold", "The goods were taken out", None),
    ],
)
def test_the_trace_says_how_good_the_paper_is(
    paper: ReceiptPaper, browse: Browse, state: str, words: str, encumbered: bool | None
) -> None:
    frozen = {"frozen_from": "issued"} if state == "frozen" else {}
    WarehouseReceipt.objects.filter(pk=paper.receipt_id).update(state=state, **frozen)
    page = said(browse().get(f"/trace/{paper.token}/"))
    assert words in page
    assert ("The title is encumbered" in page) is (encumbered is True)
    assert ("The title is free" in page) is (encumbered is False)


def test_a_paper_is_rendered_once_and_again_only_for_new_facts(
    paper: ReceiptPaper, browse: Browse, operator: User
) -> None:
    owner = browse(paper.receipt.holder.user)
    for _twice in range(2):
        answer = owner.get(f"/receipts/{paper.receipt_id}/paper.pdf")
        content = answer.getvalue()
    assert ReceiptPaper.objects.count() == 1
    assert content.startswith(b"%PDF")
    taker = make_seller(user=make_user(role=Role.SELLER), external_id="S-B")
    offer = offer_transfer(
        receipt_id=paper.receipt_id, giver_id=paper.receipt.holder_id, taker_number="S-B",
        on=timezone.now().date(), at=timezone.now(), by="user:1",
    )  # fmt: skip
    browse(taker.user).post(f"/receipts/offers/{offer.pk}/accept/")
    assert "This paper was replaced" in said(browse().get(f"/trace/{paper.token}/"))
    newer = browse(taker.user).get(f"/receipts/{paper.receipt_id}/paper.pdf").getvalue()
    second = ReceiptPaper.objects.get(number=2)
    assert newer != content
    assert "This paper is valid" in said(browse().get(f"/trace/{second.token}/"))

    def check(token: str, file: bytes) -> str:
        return said(browse().post(f"/trace/{token}/", {"file": SimpleUploadedFile("paper.pdf", file)}))

    assert "Yes, byte for byte" in check(second.token, newer)
    assert "another paper of this receipt" in check(second.token, content)
    assert "was altered" in check(second.token, newer + b" ")
    assert "Please choose the PDF" in said(browse().post(f"/trace/{second.token}/"))


def test_the_trace_takes_thirty_looks_a_minute(paper: ReceiptPaper, browse: Browse) -> None:
    client = browse()
    answers = [client.get(f"/trace/{paper.token}/").status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_the_paper_states_the_goods_in_both_languages(paper: ReceiptPaper) -> None:
    from pypdf import PdfReader

    with paper.document.open("rb") as document:
        text = PdfReader(io.BytesIO(document.read())).pages[0].extract_text()
    words = re.sub(r"\s", "", text)
    for part in (
        "Warehousereceipt",
        "仓单",
        "5,000kg",
        "L-1",
        "Cotton棉花",
        "FarmerAna",
        "3128",
        f"/trace/{paper.token}/",
    ):
        assert part in words, part
    for price in ("CNY", "¥", "pledgee"):
        assert price not in words
