"""Staff make sellers' users and decide on sellers; nobody raises anybody's rights."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from apps.core.models import Transition
from apps.sellers.models import Seller
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_seller, make_user

SignedIn = Callable[..., PlatformClient]
NEW = {"email": "Li.Na@Farm.example", "name": "Li Na", "language": "zh-hans", "is_active": "on"}


def test_staff_make_a_sellers_user_who_can_sign_in(signed_in: SignedIn) -> None:
    signed_in(Role.STAFF).post(reverse("admin:users_user_add"), {**NEW, "new_password": "corn and cotton 9"})
    user = User.objects.get(email="li.na@farm.example")
    assert (user.role, user.language, user.name) == (Role.SELLER, "zh-hans", "Li Na")
    assert user.check_password("corn and cotton 9")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"new_password": ""}, "Give the new user a password"),
        ({"new_password": "short"}, "too short"),
        ({"new_password": "password1234"}, "too common"),
        ({"new_password": "corn and cotton 9", "email": "nobody"}, "check the e-mail address"),
        ({"new_password": "corn and cotton 9", "email": ""}, "Give an e-mail address or a telephone number"),
        ({"new_password": "corn and cotton 9", "phone": "12"}, "A telephone number of another country"),
    ],
)
def test_a_bad_form_makes_nobody(signed_in: SignedIn, form: dict[str, str], said: str) -> None:
    client = signed_in(Role.STAFF)
    before = User.objects.count()
    answer = client.post(reverse("admin:users_user_add"), {**NEW, **form})
    assert said in answer.content.decode()
    assert User.objects.count() == before


def test_a_role_cannot_be_smuggled_in(signed_in: SignedIn) -> None:
    form = {**NEW, "new_password": "corn and cotton 9", "role": Role.FINANCIER}
    client = signed_in(Role.STAFF)
    client.post(reverse("admin:users_user_add"), form)
    user = User.objects.get(email="li.na@farm.example")
    assert user.role == Role.SELLER
    client.post(reverse("admin:users_user_change", args=[user.pk]), form)
    user.refresh_from_db()
    assert user.role == Role.SELLER


@pytest.mark.parametrize("role", [Role.FINANCIER, Role.STAFF, Role.AUDITOR])
def test_staff_change_no_user_but_sellers(signed_in: SignedIn, role: str) -> None:
    other = make_user(role=role)
    answer = signed_in(Role.STAFF).post(
        reverse("admin:users_user_change", args=[other.pk]), {**NEW, "new_password": "taken over by me"}
    )
    assert answer.status_code == 403
    other.refresh_from_db()
    assert not other.check_password("taken over by me")


def test_an_empty_password_keeps_the_present_one(signed_in: SignedIn) -> None:
    user = make_user(role=Role.SELLER, password="corn and cotton 9")
    form = {"email": user.email, "name": "New name", "language": "en", "is_active": "on", "new_password": ""}
    signed_in(Role.STAFF).post(reverse("admin:users_user_change", args=[user.pk]), form)
    user.refresh_from_db()
    assert user.name == "New name"
    assert user.check_password("corn and cotton 9")


def press(client: PlatformClient, seller: Seller, verb: str, reason: str = "") -> str:
    answer = client.post(reverse("admin:sellers_seller_step", args=[seller.pk, verb]), {"reason": reason}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_staff_decide_on_a_seller_with_reasons(signed_in: SignedIn) -> None:
    seller = make_seller(state="submitted")
    client = signed_in(Role.STAFF)
    assert "Say why" in press(client, seller, "reject")
    assert press(client, seller, "verify") == "Done."
    assert press(client, seller, "suspend", "orders under inquiry") == "Done."
    assert "Not possible now" in press(client, seller, "verify")
    assert press(client, seller, "resume") == "Done."
    seller.refresh_from_db()
    assert seller.state == "verified"
    log = [(entry.verb, entry.reason) for entry in Transition.of(seller)]
    assert log == [("verify", ""), ("suspend", "orders under inquiry"), ("resume", "")]


def test_a_seller_who_owes_is_not_closed(signed_in: SignedIn) -> None:
    seller = make_seller(balance=-5)
    assert "still outstanding" in press(signed_in(Role.STAFF), seller, "close")
    seller.refresh_from_db()
    assert seller.state == "verified"


def test_staff_change_particulars_and_nothing_that_money_rests_on(signed_in: SignedIn) -> None:
    seller = make_seller(name="Old name", balance=100)
    form = {"name": "New name", "category": "fruit", "region": "Yunnan", "language": "zh-hans", "user": ""}
    form |= {"consents-TOTAL_FORMS": "0", "consents-INITIAL_FORMS": "0"}
    smuggled = {"balance": "999999", "sweep_cap": "0", "state": "closed", "payout_frozen": "", "external_id": "other"}
    client = signed_in(Role.STAFF)
    client.post(reverse("admin:sellers_seller_change", args=[seller.pk]), {**form, **smuggled})
    changed = Seller.objects.get(pk=seller.pk)
    assert (changed.name, changed.region) == ("New name", "Yunnan")
    assert (changed.balance, changed.sweep_cap, changed.state) == (100, seller.sweep_cap, "verified")
    assert changed.external_id == seller.external_id


def test_sellers_are_listed_latest_first_and_by_category(signed_in: SignedIn) -> None:
    for name, category in (("Tea house", "tea"), ("Cup maker", "cups"), ("Other tea", "tea")):
        make_seller(name=name, category=category)
    client, address = signed_in(Role.ANALYST), reverse("admin:sellers_seller_changelist")
    names = [one.name for one in client.get(address).context["cl"].result_list]
    assert names == ["Other tea", "Cup maker", "Tea house"]
    of_tea = client.get(address, {"category": "tea"}).context["cl"].result_list
    assert [one.name for one in of_tea] == ["Other tea", "Tea house"]
