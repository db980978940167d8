"""Asking a person for more, on the phone: ask, answer, take back, read the reasons, sign what is granted."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.financing.models import Application, ApplicationFile
from apps.financing.services import ask_seller, render_contract
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import asked_application, make_seller, make_user
from tests.financing.asking import Desk
from tests.portal.test_pages import NONSENSE
from tests.story import DAY, Story

ASK = "/ask/sales-advance/"
PAPER = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def story(platform: Platform) -> Story:
    """Books closed through yesterday, and a seller with a limit of 12,000 and an offer of 2,600."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    seller = story.seller(daily="200.00")
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(today - DAY)
    return story


@pytest.fixture
def desk(story: Story) -> Desk:
    desk = Desk(story, story.first + DAY)
    desk.rules(second_above="50000")
    return desk


@pytest.fixture
def browse(story: Story, client_of: Callable[..., Any]) -> Any:
    return client_of(story.platform, seller_of().user)


def seller_of() -> Seller:
    return Seller.objects.select_related("user").get()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def status(client: Any, path: str) -> int:
    answer = client.get(path)
    for resource in answer._resource_closers:  # the response's own close() would end the test's connection too
        resource()
    return int(answer.status_code)


def paper(name: str = "order.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PAPER, "application/pdf")


def asked(browse: Any, amount: str = "20,000") -> Application:
    answer = browse.post(ASK, {"amount": amount, "text": "For the harvest.", "papers": paper()})
    found = Application.objects.latest("pk")
    assert (answer.status_code, answer.url) == (302, f"/requests/{found.pk}/")
    return found


def test_the_way_to_a_person_and_what_is_asked(browse: Any) -> None:
    offer = seller_of().offers.open().get(product_code="sales-advance")
    assert ASK in text(browse.get(f"/offers/{offer.pk}/"))
    assert ASK in text(browse.get("/limit/"))
    page = text(browse.get(ASK))
    assert "A person will look at this, usually within 2 business days." in page
    assert "Up to ¥2,600 you can draw at once" in page
    found = asked(browse, "２０，０００")  # full-width digits
    assert found.requested_amount == 20000
    page = text(browse.get(f"/requests/{found.pk}/"))
    for words in ("20,000", "Being looked at", "For the harvest.", "order.pdf", "Take the request back"):
        assert words in page
    assert f"/requests/{found.pk}/" in text(browse.get("/"))
    assert browse.get(f"/offers/{offer.pk}/").url == f"/requests/{found.pk}/"
    assert browse.get(ASK).url == f"/requests/{found.pk}/"


@pytest.mark.parametrize("amount", [*NONSENSE, "50000.01", "99.99", "2000"])
def test_nonsense_is_answered_in_words_and_asks_nobody(browse: Any, amount: str) -> None:
    answer = browse.post(ASK, {"amount": amount, "text": "For the harvest."})
    assert answer.status_code == 422
    assert "For the harvest." in text(answer)
    assert "<script>alert(1)" not in text(answer)
    assert not Application.objects.exists()


def test_a_file_that_is_none_is_refused_with_everything_else(browse: Any) -> None:
    bad = SimpleUploadedFile("order.pdf", b"<html></html>", "application/pdf")
    answer = browse.post(ASK, {"amount": "20000", "text": "x", "papers": bad})
    assert answer.status_code == 422
    assert not Application.objects.exists()
    assert not ApplicationFile.objects.exists()


def test_a_question_is_answered_on_the_page_and_home_leads_there(browse: Any, desk: Desk) -> None:
    found = asked(browse)
    person = make_user(role=Role.APPROVER)
    ask_seller(application_id=found.pk, question="Who buys <b>them</b>?", at=desk.story.at(desk.day), by=person.actor)
    assert "A question waits for you" in text(browse.get("/"))
    page = text(browse.get(f"/requests/{found.pk}/"))
    assert "Who buys &lt;b&gt;them&lt;/b&gt;?" in page
    empty = browse.post(f"/requests/{found.pk}/answer/", {"text": " "})
    assert empty.status_code == 422
    assert "Write an answer, or choose a file." in text(empty)
    reply = {"text": "A school in town.", "papers": paper("contract.pdf")}
    assert browse.post(f"/requests/{found.pk}/answer/", reply).status_code == 302
    found.refresh_from_db()
    assert found.state == "under_review"
    assert "A school in town." in text(browse.get(f"/requests/{found.pk}/"))
    late = browse.post(f"/requests/{found.pk}/answer/", {"text": "Also this."})
    assert late.status_code == 302  # answered already: nothing happens
    assert "Also this." not in text(browse.get(f"/requests/{found.pk}/"))


def test_taken_back_the_offer_is_there_as_before(browse: Any) -> None:
    found = asked(browse)
    for _click in range(2):
        answer = browse.post(f"/requests/{found.pk}/withdraw/")
        assert answer.url == f"/requests/{found.pk}/"
    page = text(browse.get(answer.url))
    assert "You took it back." in page
    assert "Draw up to ¥2,600" in page


def test_a_refusal_shows_each_reason_and_the_way_to_yes(browse: Any, desk: Desk) -> None:
    found = asked(browse)
    desk.refuses(desk.approver("0"), found, "amount_for_sales", "papers_missing")
    page = text(browse.get(f"/requests/{found.pk}/"))
    assert "The amount is large for what your shop sells." in page
    assert "Ask again and send them along." in page
    assert 'href="/limit/"' in page
    assert "Draw up to ¥2,600" in page


def test_granted_for_less_says_so_before_the_signature(browse: Any, desk: Desk) -> None:
    found = asked(browse)
    granted = desk.approves(desk.approver("50000"), found, "15000", "For the boxes; the rest in summer.")
    render_contract(contract_id=granted.contract.pk, as_pdf=False, at=desk.story.at(desk.day), by="test")
    for page in (f"/requests/{found.pk}/", f"/contracts/{granted.contract.pk}/"):
        shown = text(browse.get(page))
        assert "You asked for ¥20,000, and ¥15,000 are granted." in shown
        assert "For the boxes; the rest in summer." in shown
    answer = browse.post(f"/requests/{found.pk}/withdraw/", follow=True)
    assert "decided already" in text(answer)
    assert "Your contract is ready" in text(browse.get("/"))


def test_another_sellers_request_and_papers_do_not_exist(
    browse: Any, story: Story, client_of: Callable[..., Any]
) -> None:
    found = asked(browse)
    file = found.files.get()
    stranger = make_user(role=Role.SELLER)
    make_seller(user=stranger)
    other = client_of(story.platform, stranger)
    assert status(browse, f"/requests/files/{file.pk}/") == 200
    assert other.get(f"/requests/{found.pk}/").status_code == 404
    assert other.get(f"/requests/files/{file.pk}/").status_code == 404
    for act in ("answer", "withdraw"):
        assert other.post(f"/requests/{found.pk}/{act}/", {"text": "x"}).status_code == 404
    for role, expected in ((Role.APPROVER, 200), (Role.AUDITOR, 200), (Role.WAREHOUSE, 403)):
        assert status(client_of(story.platform, make_user(role=role)), f"/requests/files/{file.pk}/") == expected
    goods = asked_application(cautions=[])
    assert browse.get(f"/requests/{goods.pk}/").status_code == 404
