"""A financier makes a product in the admin: a draft, its example, review, another person's approval."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import lxml.html
import pytest
from django.urls import reverse

from apps.core.models import Transition
from apps.products.models import FinancingProduct, FundingPool, ProductVersion
from apps.products.services import new_version
from apps.products.terms import RECEIVABLE, SALES
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import AT, make_financing_product, make_funding_pool, make_product_version, make_user

SignedIn = Callable[..., PlatformClient]
PAUSES = {"pause_days": "30", "lower_share_days": "60", "lowest_part": "0.5", "more_instalments": "2",
          "extension_days": "30",
          "pauses_a_year": "2", "days_between_pauses": "60"}  # fmt: skip


def change_page(version: ProductVersion) -> str:
    return reverse("admin:products_productversion_change", args=[version.pk])


def press(client: PlatformClient, version: Any, verb: str, reason: str = "") -> Any:
    model = version._meta.model_name
    address = reverse(f"admin:products_{model}_step", args=[version.pk, verb])
    return client.post(address, {"reason": reason}, follow=True)


def form_of(client: PlatformClient, version: ProductVersion, **changes: Any) -> dict[str, Any]:
    """What the browser would send back from the version's page, with `changes`."""
    page = lxml.html.fromstring(client.get(change_page(version)).content)
    form = next(one for one in page.forms if one.get("id") == "productversion_form")
    sent: dict[str, Any] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return sent | changes


def words(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_from_a_new_pool_to_a_product_on_offer(signed_in: SignedIn) -> None:
    maker, checker = signed_in(Role.FINANCIER), signed_in(Role.FINANCIER)
    maker.post(
        reverse("admin:products_fundingpool_add"),
        {
            "name": "Autumn",
            "financier": "Riverbank Credit",
            "currency": "CNY",
            "cost_rate": "0.045",
            "committed": "1000000",
        },
    )
    pool = FundingPool.objects.get()
    assert (pool.name, pool.committed) == ("Autumn", 0)  # money comes through the ledger, not through a form
    led_to = maker.post(
        reverse("admin:products_financingproduct_add"),
        {"technique": SALES, "code": "harvest", "name": "Harvest advance", "name_zh": "丰收预支", "pool": pool.pk}
        | {**PAUSES, "versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"},
    )
    version = FinancingProduct.objects.get().versions.get()  # whoever makes a product is led to its first draft
    assert led_to["Location"] == change_page(version)
    answer = maker.post(
        change_page(version), form_of(maker, version, fee_rate="0.05", why="dearer money", _continue="1"), follow=True
    )
    assert not answer.context["errors"]
    press(maker, version, "submit")
    assert "Approve and put" not in maker.get(change_page(version)).content.decode()
    assert "Ask a colleague" in words(press(maker, version, "approve"))
    assert press(checker, version, "approve").status_code == 200
    version.refresh_from_db()
    assert (version.state, version.fee_rate) == ("active", Decimal("0.05"))
    assert [entry.verb for entry in Transition.of(version)] == ["create", "edit", "submit", "approve"]
    assert Transition.of(version).get(verb="edit").reason == "dearer money: changed fee_rate from 0.04 to 0.05"


@pytest.mark.parametrize("state", ["in_review", "active", "retired"])
def test_only_a_draft_has_a_form(signed_in: SignedIn, state: str) -> None:
    version = make_product_version(state=state)
    client = signed_in(Role.FINANCIER)
    shown = client.get(change_page(version)).content.decode()
    assert "_save" not in shown
    assert "past due: penalty; past due: fee" in shown  # terms in words, not as they are kept
    assert "0.04000000" not in shown
    refused = client.post(change_page(version), {"fee_rate": "0.5"}, follow=True)
    assert "what you typed was not saved" in words(refused)
    assert signed_in(Role.AUDITOR).post(change_page(version), {"fee_rate": "0.5"}).status_code == 403
    version.refresh_from_db()
    assert version.fee_rate == Decimal("0.04")


def test_a_form_shows_only_what_matters_to_the_technique(signed_in: SignedIn) -> None:
    client = signed_in(Role.FINANCIER)
    advance, receivable = (
        new_version(product_id=make_financing_product(technique=one).pk, at=AT, by="user:9")
        for one in (SALES, RECEIVABLE)
    )
    of_advance, of_receivable = (
        set(client.get(change_page(one)).context["adminform"].form.fields) for one in (advance, receivable)
    )
    assert {"fee_rate", "sweep_rate", "minimum_share", "waterfall", "eligibility"} <= of_advance
    assert not {"advance_rate", "settlement_days", "annual_rate"} & of_advance
    assert {"annual_rate", "advance_rate", "settlement_days"} <= of_receivable
    assert not {"minimum_share", "period_days"} & of_receivable


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fee_rate": "4"}, "4 would be 400%. If you mean 4%, write 0.04 or 4%."),
        ({"fee_rate": "18"}, "18 would be 1,800%. If you mean 18%, write 0.18 or 18%."),
        ({"fee_rate": "1200"}, "This is more than all of it: at most 100%."),
        ({"sweep_rate": "12"}, "12 would be 1,200%. If you mean 12%, write 0.12 or 12%."),
        ({"sweep_rate": "-12%"}, "This cannot be below 0."),
        ({"penalty_rate": "18"}, "18 would be 1,800%. If you mean 18%, write 0.18 or 18%."),
        ({"penalty_per_thousand": "50"}, "thousandths a day below 10"),
        ({"maximum_amount": "-1"}, "at most the largest"),
        ({"expected_days": "-30"}, "Please choose 0 or more."),
        ({"livelihood_floor": "-1"}, "floor and daily cap not below 0"),
        ({"fee_rate": "-0.04"}, "This cannot be below 0."),
        ({"fee_rate": "four"}, "Please write a share such as 0.18, or 18%."),
        ({"sweep_rate": "120%"}, "This is more than all of it: at most 100%."),
        ({"minimum_amount": "0"}, "The least amount must be more than 0"),
        ({"minimum_amount": "-5"}, "The least amount must be more than 0"),
        ({"expected_days": "0"}, "expected days at least 1"),
        ({"maximum_share": "0.1", "minimum_share": "0.2", "period_days": "30"}, "The maximum is at least the minimum"),
        ({"eligibility.returned.at_most": "10"}, "10 would be 1,000%"),
        ({"eligibility.score.at_least": "many"}, "Score: Please write a number."),
        ({"eligibility.score.at_least": "700", "eligibility.score.at_most": "600"}, "the least is more than the most"),
        ({"eligibility.trend.at_least": "NaN"}, "Please write a number."),
        ({"purposes": ["gambling"]}, "is not one of the choices shown"),
        ({"waterfall.due_fee": "1"}, "Two steps have the same place"),
        ({"minimum_amount": "90000"}, "at most the largest"),
        ({"sweep_rate": "0"}, "repaid by a share of sales"),
        ({"waterfall.due_fee": ""}, "Give each step a place"),
        ({"maximum_amount": "a lot"}, "Please write a number"),
        ({"bucket_ends": "a month"}, "Write whole days with commas between them: 30, 60, 90."),
        ({"bucket_ends": "7.5, 15"}, "Write whole days with commas between them: 30, 60, 90."),
        ({"bucket_ends": "-7, 15"}, "Write whole days with commas between them: 30, 60, 90."),
        ({"bucket_ends": "30, 9999999999"}, "Write whole days with commas between them: 30, 60, 90."),
        ({"bucket_ends": ""}, "Write the last days of one to eight buckets, such as 30, 60, 90."),
        ({"bucket_ends": " , "}, "Write the last days of one to eight buckets, such as 30, 60, 90."),
        ({"bucket_ends": "1,2,3,4,5,6,7,8,9"}, "Write the last days of one to eight buckets, such as 30, 60, 90."),
        ({"bucket_ends": "0, 30"}, "The first bucket ends on day 1 or later."),
        ({"bucket_ends": "30, 15"}, "15 does not come after 30."),
        ({"bucket_ends": "30, 4000"}, "The last of these days is 3,650 at most: ten years."),
    ],
)
def test_terms_that_make_no_sense_are_said_in_words_and_change_nothing(
    signed_in: SignedIn, wrong: dict[str, str], said: str
) -> None:
    version = make_product_version(state="draft", approved_by="")
    before = ProductVersion.objects.filter(pk=version.pk).values().get()
    client = signed_in(Role.FINANCIER)
    answer = client.post(change_page(version), form_of(client, version, **wrong))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert ProductVersion.objects.filter(pk=version.pk).values().get() == before
    assert not Transition.objects.exists()


FAR = {
    "period_days": "2000000",
    "grace_days": "4000000",
    "expected_days": "4000000",
    "offer_valid_days": "99999999",
    "minimum_share": "0.00001",
    "minimum_pace": "999",
}


def test_terms_beyond_all_bounds_are_said_at_their_field_and_the_draft_can_be_opened(signed_in: SignedIn) -> None:
    """4,000,000 days from today lie beyond the calendar; a minimum of 0.00001 makes 100,000 periods."""
    version = make_product_version(state="draft", approved_by="")
    client = signed_in(Role.FINANCIER)
    before = ProductVersion.objects.filter(pk=version.pk).values().get()
    for name, typed in FAR.items():
        wrong = form_of(client, version, **{"period_days": "7", "minimum_share": "0", name: typed})
        for address in (change_page(version), f"{change_page(version).removesuffix('change/')}preview/"):
            answer = client.post(address, wrong)
            assert answer.status_code == 200
            assert "At most" in answer.content.decode() or "520 periods" in answer.content.decode(), name
        assert client.post(f"{change_page(version).removesuffix('change/')}contract/", wrong).status_code == 422
    assert ProductVersion.objects.filter(pk=version.pk).values().get() == before
    assert client.get(change_page(version)).status_code == 200


def test_the_page_shows_what_a_seller_will_read(signed_in: SignedIn) -> None:
    """10,000 at 4 % in 120 days by 12 % of sales: 10,400 / 120 / 0.12 = 722.22 a day."""
    shown = signed_in(Role.AUDITOR).get(change_page(make_product_version()))
    illustration = shown.context["panel"]["illustration"]
    assert {name: illustration[name] for name in illustration if name not in {"minimums", "schedule"}} == {
        "amount": "CNY\N{NO-BREAK SPACE}10,000.00",
        "charge": "CNY\N{NO-BREAK SPACE}400.00",
        "total": "CNY\N{NO-BREAK SPACE}10,400.00",
        "annualised_rate": "26.89%",
        "daily_sales": "CNY\N{NO-BREAK SPACE}722.22",
        "days": 120,
        "cases": [
            {"case": "slow", "days": 200, "annualised_rate": "15.42%"},
            {"case": "expected", "days": 120, "annualised_rate": "26.89%"},
            {"case": "fast", "days": 80, "annualised_rate": "42.73%"},
        ],
        "worst": None,  # without a minimum a poor season is no default
    }
    assert (
        "A seller draws CNY\N{NO-BREAK SPACE}10,000.00 and sells about CNY\N{NO-BREAK SPACE}722.22 a day."
        in shown.content.decode()
    )


def test_a_receivable_is_shown_at_its_settlement(signed_in: SignedIn) -> None:
    product = make_financing_product(technique=RECEIVABLE)
    version = new_version(product_id=product.pk, at=AT, by="user:9")
    illustration = signed_in(Role.AUDITOR).get(change_page(version)).context["panel"]["illustration"]
    # 10,000 x 0.12 x 14 / 365 = 46.03
    assert (illustration["charge"], illustration["total"]) == (
        "CNY\N{NO-BREAK SPACE}46.03",
        "CNY\N{NO-BREAK SPACE}10,046.03",
    )
    assert (illustration["days"], illustration["cases"]) == (14, [])


def test_auditors_and_staff_press_no_button(signed_in: SignedIn) -> None:
    version = make_product_version(state="draft", approved_by="")
    for role in (Role.AUDITOR, Role.STAFF):
        client = signed_in(role)
        assert "Send to review" not in client.get(change_page(version)).content.decode()
        assert press(client, version, "submit").status_code == 403
        assert press(client, version.product, "new_version").status_code == 403
    version.refresh_from_db()
    assert version.state == "draft"
    assert version.product.versions.count() == 1


def test_a_link_never_moves_a_state_and_a_step_must_exist(signed_in: SignedIn) -> None:
    version = make_product_version(state="draft", approved_by="")
    client = signed_in(Role.FINANCIER)
    assert client.get(reverse("admin:products_productversion_step", args=[version.pk, "submit"])).status_code == 405
    assert press(client, version, "delete").status_code == 403
    missing = reverse("admin:products_productversion_step", args=[0, "submit"])
    assert client.post(missing).status_code == 404
    version.refresh_from_db()
    assert version.state == "draft"


def test_a_forged_form_is_refused(signed_in: SignedIn) -> None:
    version = make_product_version(state="draft", approved_by="")
    client = signed_in(Role.FINANCIER)
    client.handler.enforce_csrf_checks = True
    assert press(client, version, "submit").status_code == 403
    version.refresh_from_db()
    assert version.state == "draft"


def test_what_contracts_rest_on_stays_once_terms_have_left_draft(signed_in: SignedIn) -> None:
    product = make_product_version().product
    client = signed_in(Role.FINANCIER)
    other = make_funding_pool(name="Other")
    form = {"name": "New name", "name_zh": "新名称", "technique": RECEIVABLE, "code": "stolen", "pool": other.pk}
    form |= {**PAUSES, "versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    client.post(reverse("admin:products_financingproduct_change", args=[product.pk]), form)
    changed = FinancingProduct.objects.get(pk=product.pk)
    assert (changed.name, changed.name_zh) == ("New name", "新名称")
    assert (changed.technique, changed.code, changed.pool_id) == (SALES, product.code, product.pool_id)


def test_the_history_names_people(signed_in: SignedIn) -> None:
    maker = make_user(role=Role.FINANCIER, name="Zhou Min")
    product = make_product_version().product
    version = new_version(product_id=product.pk, at=AT, by=maker.actor)
    text = signed_in(Role.AUDITOR).get(change_page(version)).content.decode()
    assert "Zhou Min" in text
    assert "copied from version 1" in text
    assert maker.actor not in text
