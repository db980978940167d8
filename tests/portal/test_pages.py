"""The seller's pages and the desk: what they say in both languages, what they refuse, who may enter."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.banking.models import PaymentBatch
from apps.financing.models import Contract, Financing, Offer
from apps.financing.services import render_contract
from apps.reconciliation.models import NightlyRun
from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.mail import latest_code
from tests.story import DAY, Story


@pytest.fixture
def story(platform: Platform) -> Story:
    """Books closed through yesterday, so that the pages' own clock finds an offer that is open today."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    seller = story.seller()
    seller.user = person(Role.SELLER, "mei@meadow.example")
    seller.save()
    story.night(today - DAY)
    return story


def person(role: str, email: str, language: str = "en") -> User:
    return User.objects.create_user(email=email, password="long-enough-1", role=role, language=language)


@pytest.fixture
def browse(story: Story, client_of: Callable[..., Any]) -> Any:
    """The seller's browser."""
    return client_of(story.platform, User.objects.get(email="mei@meadow.example"))


def offer() -> Offer:
    return Offer.objects.open().get(product_code="sales-advance")


def accept(browse: Any, amount: str) -> Any:
    return browse.post(f"/offers/{offer().pk}/review/", {"amount": amount})


@pytest.mark.parametrize(("language", "words"), [("en", "You can draw up to"), ("zh-hans", "您")])
def test_home_says_one_number_first(story: Story, browse: Any, language: str, words: str) -> None:
    User.objects.update(language=language)
    page = browse.get("/")
    assert page.status_code == 200
    assert words in page.content.decode()
    assert "1,300" in page.content.decode()


@pytest.mark.parametrize("path", ["/limit/", "/money/", "/orders/", "/documents/", "/more/"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_in_both_languages(browse: Any, path: str, language: str) -> None:
    User.objects.update(language=language)
    page = browse.get(path)
    assert page.status_code == 200
    assert f'lang="{language[:2]}' in page.content.decode()


def test_the_offer_shows_money_first_and_the_rate_beside_it(browse: Any) -> None:
    page = browse.get(f"/offers/{offer().pk}/", {"amount": "1000"}).content.decode()
    assert "¥40.00" in page
    assert "¥1,040.00" in page
    assert "%" in page
    assert page.index("¥1,040.00") < page.index("%")


@pytest.mark.parametrize("amount", ["1000", "1,000", "1 000", "１０００"])
def test_amounts_as_people_type_them(browse: Any, amount: str) -> None:
    answer = accept(browse, amount)
    assert answer.status_code == 302
    assert Contract.objects.get().application.requested_amount == 1000


NONSENSE = ["", "abc", "-5", "0", "1e3000", "9" * 400, "<script>alert(1)</script>", "5.001", "😀"]


@pytest.mark.parametrize("amount", NONSENSE)
def test_nonsense_is_answered_in_words_and_changes_nothing(browse: Any, amount: str) -> None:
    answer = accept(browse, amount)
    assert answer.status_code in {200, 422}
    assert "<script>alert(1)" not in answer.content.decode()
    assert not Contract.objects.exists()
    assert offer().state == "delivered"


def test_a_double_click_accepts_once_and_a_stale_page_says_so(browse: Any, story: Story) -> None:
    number = offer().pk
    for _click in range(2):
        assert browse.post(f"/offers/{number}/review/", {"amount": "1000"}).status_code == 302
    assert Contract.objects.count() == 1
    stale = browse.post(f"/offers/{number}/review/", {"amount": "500"})
    assert stale.status_code in {302, 409, 410, 422}
    assert Contract.objects.count() == 1


def test_signing_twice_is_one_financing_and_the_paper_is_only_the_sellers(
    browse: Any, story: Story, client_of: Callable[..., Any]
) -> None:
    accept(browse, "1000")
    contract = Contract.objects.get()
    render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(story.first), by="test")
    assert browse.post(f"/contracts/{contract.pk}/confirm/").status_code == 302
    assert Financing.objects.count() == 0
    for _click in range(2):
        assert browse.post(f"/contracts/{contract.pk}/sign/", {"code": latest_code()}).status_code == 302
    assert Financing.objects.count() == 1
    paper = browse.get(f"/contracts/{contract.pk}/paper/")
    assert b"".join(paper.streaming_content) == contract_bytes(contract)
    for resource in paper._resource_closers:  # the response's own close() would end the test's connection too
        resource()
    stranger = story.seller("Wang Wu", days=1)
    stranger.user = person(Role.SELLER, "wang@meadow.example")
    stranger.save()
    other = client_of(story.platform, stranger.user)
    financing = Financing.objects.get()
    for path in (f"/contracts/{contract.pk}/", f"/contracts/{contract.pk}/paper/", f"/money/{financing.pk}/"):
        assert other.get(path).status_code == 404
    assert other.post(f"/contracts/{contract.pk}/sign/").status_code == 404


def contract_bytes(contract: Contract) -> bytes:
    contract.refresh_from_db()
    with contract.document.open("rb") as paper:
        return bytes(paper.read())


def test_the_desk_is_for_staff_and_read_only_for_auditors(
    story: Story, client_of: Callable[..., Any], browse: Any
) -> None:
    assert browse.get("/desk/").status_code == 403
    clerk = client_of(story.platform, person(Role.STAFF, "clerk@meadow.example"))
    auditor = client_of(story.platform, person(Role.AUDITOR, "audit@meadow.example"))
    for path in ("/desk/", "/desk/nights/", "/desk/books/", "/desk/breaks/", "/desk/sellers/"):
        assert clerk.get(path).status_code == 200
        assert auditor.get(path).status_code == 200
    run = NightlyRun.objects.get()
    assert auditor.post(f"/desk/nights/{run.business_date}/close/").status_code == 403
    run.refresh_from_db()
    assert run.state == "balanced"
    assert clerk.post(f"/desk/nights/{run.business_date}/close/").status_code == 302
    run.refresh_from_db()
    assert (run.state, bool(run.closed_by)) == ("closed", True)


def test_a_second_person_sends_the_payouts(story: Story, client_of: Callable[..., Any]) -> None:
    auditor = client_of(story.platform, person(Role.AUDITOR, "audit@meadow.example"))
    clerk = client_of(story.platform, person(Role.STAFF, "clerk@meadow.example"))
    batch = PaymentBatch.objects.get()
    assert auditor.post(f"/desk/batches/{batch.pk}/approve/").status_code == 403
    for _click in range(2):
        assert clerk.post(f"/desk/batches/{batch.pk}/approve/").status_code == 302
    batch.refresh_from_db()
    assert batch.state == "sent"


def test_the_api_shows_a_seller_only_their_own_and_takes_settlements_from_staff_only(
    story: Story, browse: Any, client_of: Callable[..., Any]
) -> None:
    assert {one["seller"] for one in browse.get("/api/offers/").json()["results"]} == {"Li Mei"}
    stranger = client_of(story.platform, person(Role.SELLER, "none@meadow.example"))
    assert stranger.get("/api/offers/").json()["results"] == []
    body = {
        "settled_on": str(story.first + DAY),
        "currency": "CNY",
        "lines": [{"key": "1", "seller": "Li Mei", "order": "", "kind": "capture", "amount": "10.00"}],
    }
    assert browse.post("/api/settlement/", body, content_type="application/json").status_code == 403
    clerk = client_of(story.platform, person(Role.STAFF, "clerk@meadow.example"))
    first = clerk.post("/api/settlement/", body, content_type="application/json")
    assert first.status_code == 200, first.content
    again = clerk.post("/api/settlement/", body, content_type="application/json")
    assert (first.json()["landed"], again.json()["landed"], again.json()["known"]) == (1, 0, 1)
    broken = clerk.post("/api/settlement/", {"lines": "x", "state": "paid"}, content_type="application/json")
    assert broken.status_code == 400
    assert client_of(story.platform).get("/api/offers/").status_code == 403
