"""The pages of rules, of tonight's forecast, and of what a night set aside."""

from collections.abc import Callable

from apps.reconciliation.models import RuleBook, SetAside
from apps.tenants.models import Platform
from tests.conftest import PlatformClient
from tests.factories import AT, make_bank_line, make_set_aside, make_suggestion, make_user

Clients = Callable[..., PlatformClient]


def test_one_clerk_proposes_what_was_learned_and_another_puts_it_in_force(
    platform: Platform, client_of: Clients
) -> None:
    mei, chen = (client_of(platform, make_user(role="staff", name=name)) for name in ("Mei", "Chen"))
    mei.post("/desk/rules/learned/")
    assert RuleBook.objects.count() == 0  # nothing was learned yet
    for number in range(5):
        make_suggestion(accepted_by="user:1", decided_at=AT, lines=[f"bank_line:{number}"])
    assert "Propose it" in mei.get("/desk/rules/").content.decode()
    mei.post("/desk/rules/learned/")
    book = RuleBook.objects.get()
    assert "Tried on what is open now" in mei.get("/desk/rules/").content.decode()
    assert mei.post(f"/desk/rules/{book.pk}/activate/").status_code == 422
    assert chen.post(f"/desk/rules/{book.pk}/activate/").status_code == 302
    book.refresh_from_db()
    assert book.state == "active"
    assert "learned: collection" in chen.get("/desk/rules/").content.decode()


def test_tonights_forecast_is_a_page_that_writes_nothing(platform: Platform, client_of: Clients) -> None:
    line = make_bank_line(reference="WHO-KNOWS")
    page = client_of(platform, make_user(role="auditor")).get("/desk/forecast/").content.decode()
    assert "nobody expected it" in page
    line.refresh_from_db()
    assert line.matched_to == ""


def test_only_staff_has_a_seller_done_again(platform: Platform, client_of: Clients) -> None:
    aside = make_set_aside(work="offers", seller_id=1)
    path = f"/desk/nights/set-aside/{aside.pk}/again/"
    assert client_of(platform, make_user(role="auditor")).post(path).status_code == 403
    assert SetAside.objects.get().resolved_at is None
    assert client_of(platform, make_user(role="staff")).post(path).status_code == 302
    assert SetAside.objects.get().resolved_at is not None
