"""Getting money, page by page: what is kept, what happens once, and where an offer that is gone leads."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.financing.models import Contract, Offer
from apps.financing.papers import contract_html
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_offer, make_seller, make_user
from tests.portal.test_pages import NONSENSE
from tests.story import DAY, Story

D = Decimal


@pytest.fixture
def story(platform: Platform) -> Story:
    """Books closed through yesterday, and a seller with an offer of up to 1,300.00."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(today - DAY)
    return story


@pytest.fixture
def browse(story: Story, client_of: Callable[..., Any]) -> Any:
    return client_of(story.platform, offer().seller.user)


def offer() -> Offer:
    return Offer.objects.open().select_related("seller__user").get(product_code="sales-advance")


def page(browse: Any, name: str = "", offer_id: int = 0) -> str:
    return str(browse.get(f"/offers/{offer_id or offer().pk}/{name}").content.decode())


def test_each_page_keeps_what_was_chosen_and_back_finds_it_again(browse: Any) -> None:
    path = f"/offers/{offer().pk}/"
    assert 'value="1,300' in page(browse)  # all of it, until something else is chosen
    assert browse.post(path, {"amount": "1,000"}).url == f"{path}repayment/"
    for _refresh in range(2):
        assert "Continue" in page(browse, "repayment/")
        assert "¥1,040.00" in page(browse, "review/")
    assert 'value="1,000' in page(browse)
    assert not Contract.objects.exists()
    assert offer().state == "delivered"


def test_use_and_papers_stand_before_the_button_and_in_the_contract(
    platform: Platform, client_of: Callable[..., Any]
) -> None:
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    version = story.agree("sales-advance", today - DAY, purposes=["stock", "inputs"], documents=["tax"])
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(today - DAY)
    assert offer().version == version
    browse = client_of(platform, seller.user)
    text = page(browse, "review/")
    assert "goods to sell; seed, feed, fertiliser and other inputs." in text
    assert "latest tax return." in text
    browse.post(f"/offers/{offer().pk}/review/", {"amount": "1000"})
    terms = json.loads(Contract.objects.get().terms)
    assert (terms["purposes"], terms["documents"]) == (["stock", "inputs"], ["tax"])
    english, chinese = contract_html(terms, "en"), contract_html(terms, "zh-hans")
    assert "only for goods to sell; seed, feed, fertiliser and other inputs." in " ".join(english.split())
    assert "仅用于：采购商品；采购种子、饲料、肥料等农资。" in chinese
    assert "五个工作日内出示下列材料：最近一期纳税申报表。" in chinese


def test_another_device_finds_it_too(browse: Any, story: Story, client_of: Callable[..., Any]) -> None:
    browse.post(f"/offers/{offer().pk}/", {"amount": "700"})
    assert "¥728.00" in page(client_of(story.platform, offer().seller.user), "review/")


def test_four_presses_lead_from_home_to_the_contract(browse: Any) -> None:
    home = browse.get("/").content.decode()
    path = f"/offers/{offer().pk}/"
    assert f'href="{path}"' in home  # 1: get money
    assert browse.post(path, {"amount": "1000"}).url == f"{path}repayment/"  # 2: continue
    assert f'href="{path}review/"' in page(browse, "repayment/")  # 3: continue
    assert 'name="amount" value="1000.0000"' in page(browse, "review/")
    answer = browse.post(f"{path}review/", {"amount": "1000.0000"})  # 4: accept
    assert answer.url == f"/contracts/{Contract.objects.get().pk}/"


def test_a_double_click_accepts_once_and_every_page_leads_on_to_the_contract(browse: Any) -> None:
    path = f"/offers/{offer().pk}/"
    for _click in range(2):
        assert browse.post(f"{path}review/", {"amount": "1000"}).status_code == 302
    contract = Contract.objects.get()
    for name in ("", "repayment/", "review/"):
        assert browse.get(f"{path}{name}").url == f"/contracts/{contract.pk}/"


def test_a_second_tab_accepts_what_it_showed_or_learns_that_it_is_too_late(browse: Any) -> None:
    path = f"/offers/{offer().pk}/"
    browse.post(path, {"amount": "1000"})  # the first tab reads its review
    browse.post(path, {"amount": "500"})  # the second chooses anew
    browse.post(f"{path}review/", {"amount": "1000"})
    assert Contract.objects.get().application.approved_amount == D("1000")
    late = browse.post(f"{path}review/", {"amount": "500"})
    assert late.status_code == 422
    assert f"/contracts/{Contract.objects.get().pk}/" in late.content.decode()
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("amount", [*NONSENSE, "1300.01", "99.99"])
def test_nonsense_is_kept_as_typed_answered_in_words_and_changes_nothing(browse: Any, amount: str) -> None:
    answer = browse.post(f"/offers/{offer().pk}/", {"amount": amount})
    assert answer.status_code == 422
    assert "<script>alert(1)" not in answer.content.decode()
    assert offer().wanted_amount is None


def replaced(old: Offer, **facts: Any) -> Offer:
    """A newer offer in the place of `old`."""
    at = datetime.now(UTC)
    old.refresh_from_db()
    old.move("replace", at=at, by="night")
    new = make_offer(
        seller=old.seller, version=old.version, assessment=old.assessment, made_on=old.made_on,
        expires_on=old.expires_on, **facts,
    )  # fmt: skip
    Offer.objects.filter(pk=old.pk).update(replaced_by=new)
    return new


def test_a_replaced_offer_explains_itself_leads_to_the_newest_and_takes_the_amount_along(browse: Any) -> None:
    old = offer()
    browse.post(f"/offers/{old.pk}/", {"amount": "1000"})
    new = replaced(old, maximum_amount=D("1200.00"))
    for answer in (
        browse.get(f"/offers/{old.pk}/review/"),
        browse.post(f"/offers/{old.pk}/review/", {"amount": "1000"}),
    ):
        words = answer.content.decode()
        assert "Newer figures of your shop have replaced it." in words
        assert f'href="/offers/{new.pk}/"' in words
    assert not Contract.objects.exists()
    assert 'value="1,000' in page(browse, offer_id=new.pk)
    newest = replaced(new, maximum_amount=D("900.00"))
    assert f'href="/offers/{newest.pk}/"' in page(browse, offer_id=old.pk)


def test_an_expired_offer_says_until_when_it_was_open(browse: Any) -> None:
    old = offer()
    Offer.objects.filter(pk=old.pk).update(made_on=old.made_on - timedelta(days=30), expires_on=old.made_on)
    for name in ("", "repayment/", "review/"):
        assert "It was open until" in page(browse, name, old.pk)
    assert browse.post(f"/offers/{old.pk}/review/", {"amount": "1000"}).status_code == 422
    assert not Contract.objects.exists()


def test_less_room_than_was_chosen_lowers_the_amount_and_says_so(browse: Any) -> None:
    old = offer()
    browse.post(f"/offers/{old.pk}/", {"amount": "1300"})
    Offer.objects.filter(pk=old.pk).update(maximum_amount=D("1100.00"))
    words = page(browse, "review/")
    assert "the amount was lowered" in words
    assert 'name="amount" value="1100.0000"' in words


def test_another_sellers_offer_is_not_there(browse: Any, story: Story, client_of: Callable[..., Any]) -> None:
    other = client_of(story.platform, make_seller(user=make_user(role=Role.SELLER)).user)
    for name in ("", "repayment/", "review/"):
        assert other.get(f"/offers/{offer().pk}/{name}").status_code == 404
        assert other.post(f"/offers/{offer().pk}/{name}", {"amount": "1000"}).status_code in {404, 405}
    assert offer().wanted_amount is None


def test_a_refused_review_goes_on_at_the_amount_and_not_past_the_pages(browse: Any) -> None:
    path = f"/offers/{offer().pk}/"
    refused = browse.post(f"{path}review/", {"amount": "9999"})
    assert refused.status_code == 422
    assert f'<form class="form" method="post" action="{path}"' in refused.content.decode()
    assert browse.post(path, {"amount": "1000"}).url == f"{path}repayment/"
    assert not Contract.objects.exists()


def test_while_typing_only_the_cost_comes_back(browse: Any) -> None:
    path = f"/offers/{offer().pk}/"
    typed = browse.get(path, {"amount": "1000"}, headers={"HX-Request": "true"}).content.decode()
    assert "¥1,040.00" in typed
    refused = browse.get(path, {"amount": "9999"}, headers={"HX-Request": "true"})
    assert refused.status_code == 200
    assert 'class="error"' in refused.content.decode().partition('id="cost"')[2]
    assert offer().wanted_amount is None, "looking keeps nothing"
