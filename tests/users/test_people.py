"""People: one role each, one platform each, and what a role lets them do."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_user

# What each role may do, by hand. "*" is every other app; nobody may delete anything.
MATRIX = {
    Role.SELLER: {"*": ""},
    Role.FINANCIER: {
        "*": "view export",
        "products": "view add change decide export",
        "warehousing": "view add change decide export",
        "financing": "view decide export",
    },
    Role.ANALYST: {"*": "view"},  # and two models of products: see below
    Role.APPROVER: {"*": "view"},  # and what they decide on: likewise
    Role.STAFF: {"*": "view", "users": "view add change", "sellers": "view add change", "warehousing": "view add"},
    Role.AUDITOR: {"*": "view export"},
    Role.WAREHOUSE: {"*": ""},
}
VERBS = ("view", "add", "change", "delete", "decide", "export")
APPS = [
    "users", "ledger", "evidence", "banking", "sellers", "orders", "products", "warehousing", "financing", "repayment",
    "core",
]  # fmt: skip


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("app", APPS)
def test_a_role_may_do_what_the_matrix_says_and_no_more(role: str, app: str) -> None:
    user = User(role=role)
    allowed = MATRIX[Role(role)].get(app, MATRIX[Role(role)]["*"]).split()
    for verb in VERBS:
        assert user.has_perm(f"{app}.{verb}_something") is (verb in allowed), verb
    assert user.has_module_perms(app) is bool(allowed)


@pytest.mark.parametrize(
    ("role", "model", "allowed"),
    [
        (Role.ANALYST, "products.productversion", "view add change"),
        (Role.ANALYST, "products.financingproduct", "view add change"),
        (Role.ANALYST, "products.fundingpool", "view"),
        (Role.ANALYST, "products.lendingpolicy", "view"),
        (Role.ANALYST, "financing.application", "view"),
        (Role.APPROVER, "products.productversion", "view decide"),
        (Role.APPROVER, "products.financingproduct", "view"),
        (Role.APPROVER, "financing.application", "view decide"),
        (Role.APPROVER, "warehousing.pledge", "view decide"),
        (Role.APPROVER, "warehousing.warehousereceipt", "view"),
        (Role.AUDITOR, "products.productversion", "view export"),
    ],
)
def test_who_prepares_does_not_decide_and_who_decides_does_not_prepare(role: str, model: str, allowed: str) -> None:
    app, _dot, name = model.partition(".")
    held = {verb for verb in VERBS if User(role=role).has_perm(f"{app}.{verb}_{name}")}
    assert held == set(allowed.split())


@pytest.mark.parametrize("role", Role.values)
def test_nobody_may_do_everything(role: str) -> None:
    user = User(role=role)
    assert not user.is_superuser
    assert not user.has_perm("")
    assert not user.has_perm("ledger")
    assert not user.has_perms(["ledger.view_entry", "ledger.delete_entry"])
    assert user.is_staff is (role not in {Role.SELLER, Role.WAREHOUSE})


def test_a_disabled_person_may_do_nothing() -> None:
    user = User(role=Role.STAFF, is_active=False)
    assert not user.has_perm("users.view_user")
    assert not user.has_module_perms("users")


def test_a_role_that_is_not_known_may_do_nothing_and_is_not_stored(platform: Platform) -> None:
    assert not User(role="root").has_perm("users.view_user")
    assert not User(role="root").is_staff
    with pytest.raises(ValidationError, match="'root' is not a valid choice"):
        make_user(role="root")
    user = make_user()
    with pytest.raises(IntegrityError, match="user_role_known"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(role="root")


def test_an_address_is_kept_in_lower_case_and_once_a_platform(two_platforms: tuple[Platform, Platform]) -> None:
    with entered("meadow"):
        lin = make_user(email="Lin@Granary.Test")
        assert lin.email == "lin@granary.test"
        with pytest.raises(ValidationError, match="already exists"):
            make_user(email="LIN@granary.test")
        with pytest.raises(IntegrityError, match="user_email_lower_case"), transaction.atomic():
            User.objects.filter(pk=lin.pk).update(email="Lin@granary.test")
    with entered("harbor"):
        assert make_user(email="lin@granary.test").name == "Lin"


def test_a_person_is_named_in_logs_by_a_key_not_by_personal_data(platform: Platform) -> None:
    lin = make_user(name="Lin Mei", email="lin@granary.test")
    assert lin.actor == f"user:{lin.pk}"
    assert str(lin) == "Lin Mei"


FRONT_DOORS = {
    "/": {Role.SELLER},
    "/desk/": {Role.STAFF, Role.AUDITOR, Role.FINANCIER, Role.ANALYST, Role.APPROVER},
    "/admin/": set(Role) - {Role.SELLER, Role.WAREHOUSE},
    "/warehouse/": {Role.WAREHOUSE},
}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("path", FRONT_DOORS)
def test_each_role_has_its_front_door(
    platform: Platform, client_of: Callable[..., PlatformClient], role: str, path: str
) -> None:
    """Whoever may not enter is led to their own door, or told so; nobody sees another's page."""
    answer = client_of(platform, make_user(role=role)).get(path)
    if role not in FRONT_DOORS[path]:
        assert answer.status_code in {302, 403}
        assert answer.get("Location") != path


@pytest.mark.parametrize("path", FRONT_DOORS)
def test_a_stranger_is_asked_to_sign_in(
    platform: Platform, client_of: Callable[..., PlatformClient], path: str
) -> None:
    answer = client_of(platform).get(path)
    assert answer.status_code == 302
    assert "login" in answer["Location"]
