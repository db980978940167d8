"""Every address x every role: rows of another platform do not exist here, and nothing of theirs is ever shown."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from apps.financing.models import Offer
from apps.financing.services import render_contract
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from apps.warehousing.models import Operator, Pledge, Warehouse
from tests import factories
from tests.conftest import PlatformClient
from tests.core.test_factories import MODELS, factory_name
from tests.factories import DAY
from tests.tenants.addresses import Address, addresses

ADDRESSES = addresses()
STRANGER = "stranger"
ROLES = [STRANGER, *Role.values]
# Keys that exist in Harbor and not in Meadow, and keys that exist nowhere.
THEIRS, NOBODYS = 1_000_000, 2_000_000
HIDDEN = "Hidden Orchard"
ONE_ROW_ONLY = ("ledger/books/", "evidence/head/", "products/lendingpolicy/")  # whose key is always 1

Clients = Callable[[str], PlatformClient]


@pytest.fixture
def clients(two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]) -> dict[str, Clients]:
    """By platform, what makes a client of a role. Harbor has a row of every model; Meadow has people and a seller."""
    meadow, harbor = two_platforms
    with entered("harbor"):
        people = {"harbor": fill_platform(HIDDEN)}
    with entered("meadow"):
        people["meadow"] = _people("Meadow Orchard")
        for model in MODELS:
            if model not in {User, Seller, Operator, Warehouse} and model._meta.app_label != "banking":
                assert not model._default_manager.exists(), f"Meadow has a {model.__name__}"

    def maker(platform: Platform) -> Clients:
        return lambda role: client_of(platform, people[platform.schema_name].get(role))

    return {"meadow": maker(meadow), "harbor": maker(harbor)}


def _people(name: str) -> dict[str, User]:
    warehouse = factories.make_warehouse(name=name)
    people = {role: factories.make_user(role=role, name=name, warehouse=warehouse) for role in Role.values}
    factories.make_seller(user=people["seller"], name=name)
    return people


def fill_platform(name: str) -> dict[str, User]:
    """A row of every model whose key is THEIRS; a seller's own where it has one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
        for (sequence,) in cursor.fetchall():
            cursor.execute("SELECT setval(%s, %s)", [sequence, THEIRS - 1])
    factories.make_bank_account(purpose="collection")  # the first account, as sellers' have no page at the desk
    people = _people(name)
    seller = Seller.objects.get(user=people["seller"])
    pool = factories.make_funding_pool(name=name, financier=name)
    product = factories.make_financing_product(name=name, pool=pool, technique="receipt")
    version = factories.make_product_version(
        product=product, fee_rate=0, sweep_rate=0, annual_rate=Decimal("0.09"), lending_limit=Decimal("0.7")
    )
    offer = factories.make_offer(seller=seller, version=version)
    _fill_requests(seller, offer)
    contract = factories.make_contract(application=factories.make_application(offer=offer))
    financing = factories.make_financing(contract=contract, state="active", disbursed_on=DAY, closed_through=DAY)
    factories.make_event(
        financing=financing, kind="write_off", state="proposed", amount=None
    )  # waits for a second person
    _advance(seller)
    pledge = factories.make_pledge(seller=seller, subject=f"financing:{financing.pk}")
    factories.make_margin_call(pledge=pledge)
    factories.make_order(seller=seller, external_id=name)
    _fill_store(seller, people, pledge)
    factories.make_message(seller=seller)
    for model in MODELS:
        if not model._default_manager.exists():
            getattr(factories, factory_name(model))()
        assert model._default_manager.filter(pk__in=[THEIRS, 1]).exists(), model.__name__
    return people


def _fill_requests(seller: Seller, offer: Offer) -> None:
    """What the seller has asked a person for, with a question that waits, and a paper."""
    draft = factories.make_offer(seller=seller, assessment=offer.assessment, state="draft")
    asked = factories.asked_application(offer=draft, state="info_requested")
    factories.make_remark(application=asked)
    factories.make_application_file(application=asked)


def make_newcomer() -> User:
    """A seller who has joined and told nothing yet: each step is still to be filled in."""
    user = factories.make_user(role=Role.SELLER, name="Newcomer")
    factories.make_seller(
        user=user, state="registered", payout_account=None, payout_frozen=True, identity_done=False,
        business_done=False, payout_account_done=False, data_consent_done=False,
    )  # fmt: skip
    return user


def _advance(seller: Seller) -> None:
    """An advance that sales repay, with minimum periods to come: what can be eased in hard times."""
    known = Assessment.objects.get(seller=seller)
    terms = factories.make_product_version(
        product=factories.make_financing_product(technique="sales"), sweep_rate=Decimal("0.12"),
        minimum_share=Decimal("0.15"), period_days=60,
    )  # fmt: skip
    contract = factories.make_contract(
        application=factories.make_application(
            offer=factories.make_offer(seller=seller, version=terms, assessment=known)
        )
    )
    factories.make_financing(
        contract=contract, technique="sales", state="active", disbursed_on=DAY, closed_through=DAY
    )  # fmt: skip
    render_contract(contract_id=contract.pk, as_pdf=False, at=factories.AT, by="test")
    _offer_today(seller)


def _offer_today(seller: Seller) -> None:
    """What can be drawn on any day: an advance on sales and a loan on goods, within a limit above all that is out."""
    known = factories.make_assessment(seller=seller, business_date=DAY + timedelta(days=1), limit=Decimal(900_000))
    for technique, terms in (
        ("sales", {"sweep_rate": Decimal("0.12"), "expected_days": 90}),
        ("receipt", {"fee_rate": 0, "sweep_rate": 0, "annual_rate": Decimal("0.09"), "lending_limit": Decimal("0.7")}),
    ):
        product = factories.make_financing_product(technique=technique)
        factories.make_offer(
            seller=seller, version=factories.make_product_version(product=product, **terms), assessment=known,
            expires_on=date(2099, 12, 31),
        )  # fmt: skip


def _fill_store(seller: Seller, people: dict[str, User], pledge: Pledge) -> None:
    """A receipt that an operator and a seller see, with a photo, asked for in pledge, offered by another; a count."""
    warehouse = Warehouse.objects.get()
    receipt = factories.make_warehouse_receipt(
        warehouse=warehouse, depositor=factories.make_seller(), holder=seller, origin=seller.name
    )
    factories.make_attachment(receipt=receipt)
    factories.make_pledged_receipt(pledge=pledge, receipt=receipt)
    factories.make_receipt_transfer(receipt=receipt, giver=factories.make_seller(), taker=seller)
    factories.make_inspection(warehouse=warehouse, inspector=people[Role.WAREHOUSE])


def _path(address: Address, key: int) -> str:
    """The address of THEIRS or NOBODYS row or day."""
    is_theirs = key == THEIRS
    only_one = any(one in address.route for one in ONE_ROW_ONLY)
    return address.path(
        row=(1 if is_theirs else 2) if only_one else key, day=DAY if is_theirs else DAY + timedelta(days=90)
    )


def _answers(client: PlatformClient, address: Address, key: int) -> Iterator[Any]:
    path = _path(address, key)
    for ask in (client.get, client.post):
        client.cookies.pop("messages", None)  # what an answer before this one had to say
        yield ask(path)


def _body(answer: Any) -> str:
    text = (
        b"".join(answer.streaming_content).decode(errors="replace")
        if answer.streaming
        else answer.content.decode(errors="replace")
    )
    return re.sub(r'"[A-Za-z0-9]{64}"', "a token", text)


KEY = re.compile(r"\d[\d,-]{6,}|(?<=[/“])\d(?=[/”])")


def _same(answer: Any, other: Any) -> bool:
    """Alike in status, target and body, but for the key that was asked for."""

    def told(one: Any) -> tuple[int, str, str]:
        return one.status_code, KEY.sub("#", one.get("Location", "")), KEY.sub("#", _body(one))

    return told(answer) == told(other)


@pytest.mark.parametrize("role", ROLES)
def test_a_row_of_another_platform_answers_like_one_that_does_not_exist(clients: dict[str, Clients], role: str) -> None:
    client = clients["meadow"](role)
    shown = []
    for address in ADDRESSES:
        if not address.names_a_row:
            continue
        for answer, nobodys in zip(_answers(client, address, THEIRS), _answers(client, address, NOBODYS), strict=True):
            if answer.status_code not in {302, 403, 404, 405} or HIDDEN in _body(answer) or not _same(answer, nobodys):
                shown.append(f"{answer.request['REQUEST_METHOD']} {address.name} -> {answer.status_code}")
    assert shown == []


@pytest.mark.parametrize("role", ROLES)
def test_no_list_shows_anything_of_another_platform(clients: dict[str, Clients], role: str) -> None:
    client = clients["meadow"](role)
    shown = []
    for address in ADDRESSES:
        if address.names_a_row:
            continue
        answer = client.get(_path(address, THEIRS), {"q": HIDDEN[:4]} if "search" in address.name else {})
        if answer.status_code >= 500 or HIDDEN in _body(answer):
            shown.append(f"{address.name} -> {answer.status_code}")
    assert shown == []


# What nobody is shown at home either: rows' pages on other sites, deleting, and the paper of a contract without one.
# What is done to a break answers like a missing page unless its own form was sent.
NEVER_SEEN = re.compile(r"admin:view_on_site|admin:.*_delete|portal:paper|desk:break_act")

MOST_TO_SEE = ("auditor", "staff", "seller", "warehouse", "analyst", "approver", "financier")


def test_at_home_the_same_addresses_know_the_same_rows(clients: dict[str, Clients]) -> None:
    """The failing control: what the tests above look for is there to be found."""
    unknown = {one.name: one for one in ADDRESSES if one.names_a_row and not NEVER_SEEN.fullmatch(one.name)}
    hidden = 0
    for role in sorted(Role.values, key=MOST_TO_SEE.index):
        client = clients["harbor"](role)
        for address in list(unknown.values()):
            for answer, nobodys in zip(
                _answers(client, address, THEIRS), _answers(client, address, NOBODYS), strict=True
            ):
                hidden += HIDDEN in _body(answer)
                if not _same(answer, nobodys):
                    unknown.pop(address.name, None)
    assert set(unknown) == set()
    assert hidden > 20


def test_the_models_have_addresses(clients: dict[str, Clients]) -> None:
    shown: set[type[models.Model]] = {model for model in MODELS if f"admin:{_label(model)}_change" in _names()}
    assert len(shown) > 30
    assert len([name for name in _names() if name.startswith("portal:")]) > 10
    assert len([name for name in _names() if name.startswith("desk:")]) > 5


def _label(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def _names() -> set[str]:
    return {address.name for address in ADDRESSES}
