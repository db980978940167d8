"""The admin, page by page and role by role: who sees what, who changes what, and that nobody deletes anything."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse

from apps.financing.models import AllocationPlan, ApprovalLimit
from apps.orders.models import Order
from apps.products.models import (
    FinancingProduct,
    Funder,
    FundingPool,
    LendingPolicy,
    PoolLimit,
    ProductVersion,
    ProvisionClass,
    Withdrawal,
)
from apps.reconciliation.models import BackTest
from apps.sellers.models import Particulars, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from apps.warehousing.models import Commodity, Operator, PriceBasis, Warehouse
from tests import factories
from tests.conftest import PlatformClient
from tests.core.test_factories import MODELS, factory_name
from tests.factories import make_user

Clients = Callable[..., PlatformClient]
REGISTERED = [model for model in MODELS if model in admin.site._registry]
EDITABLE: dict[str, set[Any]] = {
    Role.FINANCIER: {
        FundingPool,
        PoolLimit,
        Funder,
        FinancingProduct,
        ProductVersion,
        LendingPolicy,
        ProvisionClass,
        Commodity,
        PriceBasis,
        Warehouse,
        ApprovalLimit,
    },
    Role.STAFF: {User, Seller},
    Role.AUDITOR: set(),
}
ADDABLE: dict[str, set[Any]] = {
    Role.FINANCIER: {
        FundingPool,
        PoolLimit,
        Funder,
        Withdrawal,
        AllocationPlan,
        FinancingProduct,
        ProvisionClass,
        PriceBasis,
        BackTest,
        ApprovalLimit,
    },
    Role.STAFF: {User, Warehouse, Operator},
    Role.AUDITOR: set(),
}

# Who a seller is by law is checked by staff and audited; it is not the financiers' to read.
HIDDEN: dict[str, set[Any]] = {Role.FINANCIER: {Particulars}, Role.STAFF: set(), Role.AUDITOR: set()}


def page(model: type[models.Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def row_of(model: type[models.Model]) -> Any:
    facts: dict[str, Any] = {"role": Role.SELLER} if model is User else {}
    if model is ProductVersion:
        facts = {"state": "draft", "approved_by": ""}
    if model is Order:  # financiers read the orders of sellers who let them
        seller = factories.make_seller()
        factories.make_consent(seller=seller, until=date(2100, 1, 1))
        facts = {"seller": seller}
    return getattr(factories, factory_name(model))(**facts)


def test_every_model_of_a_platform_is_in_the_admin() -> None:
    missing = {model.__name__ for model in MODELS if model not in admin.site._registry}
    assert not missing
    assert not {model for model in admin.site._registry if not model.__module__.startswith("apps.")}


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("role", [Role.FINANCIER, Role.STAFF, Role.AUDITOR])
def test_lists_and_rows_open_and_only_the_right_ones_are_editable(
    signed_in: Clients, model: type[models.Model], role: str
) -> None:
    row = row_of(model)
    client = signed_in(role)
    if model in HIDDEN[role]:
        assert client.get(page(model, "changelist")).status_code == 403
        assert client.get(page(model, "change", row.pk)).status_code == 403
        return
    listed = client.get(page(model, "changelist"))
    assert listed.status_code == 200
    shown = client.get(page(model, "change", row.pk))
    assert shown.status_code == 200
    assert ("_save" in shown.content.decode()) == (model in EDITABLE[role])
    added = client.get(page(model, "add"))
    assert added.status_code == (200 if model in ADDABLE[role] else 403)
    if model not in EDITABLE[role]:
        assert client.post(page(model, "change", row.pk), {}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_sellers_and_strangers_get_nothing(
    platform: Platform, client_of: Clients, signed_in: Clients, model: type[models.Model]
) -> None:
    row = row_of(model)
    seller, stranger = signed_in(Role.SELLER), client_of(platform)
    for address in (page(model, "changelist"), page(model, "change", row.pk)):
        assert seller.get(address, follow=True).status_code == 403
        answer = stranger.get(address, follow=True)
        assert answer.request["PATH_INFO"] == reverse("account_login")


def test_another_platforms_rows_are_not_there(two_platforms: tuple[Platform, Platform], client_of: Clients) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        theirs = factories.make_seller(name="Seller of Harbor")
    with entered(meadow.schema_name):
        client = client_of(meadow, make_user(role=Role.AUDITOR))
        ours = factories.make_seller(name="Seller of Meadow")
        listed = client.get(page(Seller, "changelist")).content.decode()
        shown = client.get(page(Seller, "change", theirs.pk), follow=True).content.decode()
    assert ours.name in listed
    assert theirs.name not in listed + shown


def test_the_sidebar_leads_to_pages_that_open(signed_in: Clients) -> None:
    client = signed_in(Role.AUDITOR)
    answer = client.get(reverse("admin:index"))
    links = [item["link"] for group in answer.context["sidebar_navigation"] for item in group["items"]]
    assert len(links) > 20
    for link in links:
        assert client.get(str(link)).status_code == 200


def test_an_account_number_is_shown_masked(signed_in: Clients) -> None:
    account = factories.make_bank_account(number="6222020200112233445")
    client = signed_in(Role.AUDITOR)
    for address in (page(type(account), "changelist"), page(type(account), "change", account.pk)):
        text = client.get(address).content.decode()
        assert "··3445" in text
        assert account.number not in text


def test_a_password_hash_is_never_shown(signed_in: Clients) -> None:
    user = make_user(role=Role.AUDITOR)
    client = signed_in(user=user)
    assert user.password
    assert user.password not in client.get(page(User, "change", user.pk)).content.decode()
