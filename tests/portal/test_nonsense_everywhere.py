"""Every form of every page of a seller, found by walking the addresses, against what nobody should type.

Never an error of ours, never a script let through, and where the answer is no, nothing has changed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.financing.models import Contract, Offer
from apps.financing.services import render_contract
from apps.sellers.models import MessageSettings, Particulars, Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from apps.warehousing.models import MarginCall, ReceiptTransfer
from tests.conftest import PlatformClient
from tests.factories import make_margin_call, make_message, make_pledge, make_receipt_transfer, make_seller, make_user
from tests.portal.typing_nonsense import NONSENSE, Form, forms_of
from tests.story import DAY, Story
from tests.tenants.addresses import addresses
from tests.warehousing.pledging import bales

Clients = Callable[..., PlatformClient]
ANSWERS = {200, 302, 400, 403, 404, 405, 409, 410, 422, 429}


@pytest.fixture
def seller(platform: Platform) -> Seller:
    """Li Mei with a running advance, a contract to sign, an offer, goods, an offer of goods, a call and a message."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - 2 * DAY)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(today - 2 * DAY)
    story.draw(story.offer(seller), "300", today - DAY)
    story.night(today - DAY)
    contract = story.accept(story.offer(seller), "200", today)
    render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(today), by="test")
    bales(1, farmer=seller)
    (theirs,) = bales(1)
    make_receipt_transfer(receipt=theirs, giver=theirs.holder, taker=seller)
    make_margin_call(pledge=make_pledge(seller=seller))
    make_message(seller=seller)
    return seller


@pytest.fixture
def newcomer(platform: Platform) -> Seller:
    """Somebody who has begun to join."""
    return make_seller(
        user=make_user(role=Role.SELLER, email="wang@meadow.example"), state="registered", payout_account=None,
        payout_frozen=True, external_id="joining-1", identity_done=False, business_done=False,
        payout_account_done=False, data_consent_done=False,
    )  # fmt: skip


def keys_of(seller: Seller) -> dict[str, int]:
    """The seller's own row for each argument that an address takes."""
    return {
        "offer_id": Offer.objects.filter(seller=seller).latest("pk").pk,
        "contract_id": Contract.objects.filter(seller=seller).latest("pk").pk,
        "financing_id": seller.financings.get().pk,
        "receipt_id": seller.warehouse_receipts.latest("pk").pk,
        "transfer_id": ReceiptTransfer.objects.get(taker=seller).pk,
        "call_id": MarginCall.objects.get().pk,
        "message_id": seller.messages.latest("pk").pk,
    }


def pages(keys: dict[str, int]) -> Iterator[str]:
    """The addresses of a seller's pages that can be looked at, with this seller's own rows in them."""
    for address in addresses():
        if address.name.startswith("portal:") and set(address.arguments) <= set(keys):
            yield reverse(address.name, kwargs={name: keys[name] for name in address.arguments})


def state_of_things() -> tuple[Any, ...]:
    """What changes whenever something happens."""
    return (
        Transition.objects.count(),
        Record.objects.count(),
        list(MessageSettings.objects.values()),
        list(Particulars.objects.values()),
        list(Seller.objects.order_by("pk").values("payout_account", "category", "region", "identity_done")),
        list(Offer.objects.order_by("pk").values_list("wanted_amount", flat=True)),
    )


def faults(client: PlatformClient, form: Form, name: str, typed: Any) -> Iterator[str]:
    """What is wrong with the answer to a form in which somebody typed nonsense; its effects are rolled back."""
    before = state_of_things()
    with transaction.atomic():
        answer = client.post(form.action, form.with_typed(name, typed))
        after = state_of_things()
        transaction.set_rollback(True)
    body = "" if answer.streaming else answer.content.decode()
    answer.close()
    if answer.status_code not in ANSWERS:
        yield f"{answer.status_code}"
    if "<script>alert" in body:
        yield "lets a script through"
    if answer.status_code == 422 and before != after:
        yield "says no and changes something"
    if answer.status_code == 422 and name in form.shown and _can_be_shown(typed) and escape(typed) not in body:
        yield "forgets what was typed"


def _can_be_shown(typed: Any) -> bool:
    return isinstance(typed, str) and bool(typed.strip()) and len(typed) < 100 and "\x00" not in typed


def forms(client: PlatformClient, seller: Seller) -> Iterator[Form]:
    """All forms on all pages that `client` may look at."""
    for path in pages(keys_of(seller)):
        shown = client.get(path)
        if shown.streaming:
            shown.close()
        elif shown.status_code == 200 and "html" in shown["Content-Type"]:
            yield from forms_of(shown.content.decode(), path)


@pytest.mark.parametrize("who", ["seller", "newcomer"])
def test_no_form_breaks_lets_anything_through_or_changes_what_it_refuses(
    platform: Platform, seller: Seller, newcomer: Seller, client_of: Clients, who: str
) -> None:
    person = {"seller": seller, "newcomer": newcomer}[who]
    client = client_of(platform, person.user)
    found, tried = [], set()
    for form in forms(client, seller):
        for name in form.values:
            tried.add((form.action, name))
            for typed in NONSENSE:
                found += [f"{form.action} {name}={typed[:20]!r} {fault}" for fault in faults(client, form, name, typed)]
    assert found == []
    assert len(tried) > {"seller": 30, "newcomer": 9}[who], "the walk finds the forms"


FILES = {
    "a program named as a picture": ("harvest.jpg", b"MZ\x90\x00" + b"\x00" * 200, "image/jpeg"),
    "a page named as a paper": ("paper.pdf", b"<html><script>alert(1)</script></html>", "application/pdf"),
    "nothing at all": ("empty.pdf", b"", "application/pdf"),
    "too much": ("large.pdf", b"%PDF-1.7\n" + b"0" * 12_000_000, "application/pdf"),
}


@pytest.mark.parametrize("kind", FILES)
def test_no_page_that_takes_a_file_breaks_on_a_wrong_one(
    platform: Platform, seller: Seller, client_of: Clients, kind: str
) -> None:
    client = client_of(platform, seller.user)
    found, tried = [], set()
    for form in forms(client, seller):
        for name in form.files:
            tried.add(form.action)
            file = SimpleUploadedFile(*FILES[kind])
            found += [f"{form.action} {name} {fault}" for fault in faults(client, form, name, file)]
    assert found == []
    assert tried
