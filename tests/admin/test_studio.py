"""The studio: what terms do is shown as they are typed, is never kept, and a sample contract comes out of it."""

import json
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import lxml.html
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from pypdf import PdfReader

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.financing.models import Offer
from apps.products.models import LendingPolicy, ProductVersion
from apps.products.services import approve_version, new_version, retire_version, save_draft, submit_version
from apps.products.terms import ORDER, RECEIPT, RECEIVABLE, SALES
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.admin.test_products import change_page, form_of, words
from tests.conftest import PlatformClient
from tests.factories import (
    AT,
    make_assessment,
    make_back_test,
    make_contract,
    make_financing_product,
    make_lending_policy,
    make_product_version,
    make_user,
)
from tests.story import FIRST, Story

SignedIn = Callable[..., PlatformClient]
HTMX = {"HX-Request": "true"}


def preview_page(version: ProductVersion) -> str:
    return reverse("admin:products_productversion_preview", args=[version.pk])


def contract_page(version: ProductVersion) -> str:
    return reverse("admin:products_productversion_contract", args=[version.pk])


@pytest.fixture
def draft(platform: Platform) -> ProductVersion:
    """A draft of an advance on sales: 4 %, 12 % of sales, 100 to 50,000, in 120 days."""
    return make_product_version(state="draft", approved_by="")


def kept(version: ProductVersion) -> dict[str, Any]:
    return ProductVersion.objects.filter(pk=version.pk).values().get()


def test_the_panel_follows_what_is_typed_and_keeps_nothing(signed_in: SignedIn, draft: ProductVersion) -> None:
    """10,000 at 5 % in 120 days by 12 % of sales: 10,500 / 120 / 0.12 = 729.17 a day."""
    client, before = signed_in(Role.FINANCIER), kept(draft)
    typed = form_of(client, draft, fee_rate="5%", **{"eligibility.returned.at_most": "10%"})
    panel = client.post(preview_page(draft), typed, headers=HTMX).content.decode()
    assert "sells about CNY\N{NO-BREAK SPACE}729.17 a day" in panel
    assert "CNY\N{NO-BREAK SPACE}500.00" in panel
    assert "Share of orders sent back: at most 10%" in panel
    assert "<form" not in panel  # the panel alone, to be put in its place
    assert kept(draft) == before
    assert not Transition.objects.exists()


def test_without_script_the_page_comes_back_with_what_was_typed(signed_in: SignedIn, draft: ProductVersion) -> None:
    client, before = signed_in(Role.FINANCIER), kept(draft)
    page = client.post(preview_page(draft), form_of(client, draft, fee_rate="5%")).content.decode()
    assert "729.17" in page
    assert 'value="5%"' in page
    assert f'action="{change_page(draft)}"' in page  # saving from there saves
    assert kept(draft) == before


def test_the_panel_names_what_is_to_be_mended(signed_in: SignedIn, draft: ProductVersion) -> None:
    client = signed_in(Role.FINANCIER)
    panel = client.post(preview_page(draft), form_of(client, draft, fee_rate="18"), headers=HTMX).content.decode()
    assert "Flat fee: 18 would be 1,800%. If you mean 18%, write 0.18 or 18%." in panel
    assert "Annualised rate" not in panel
    paper = client.post(contract_page(draft), form_of(client, draft, fee_rate="18"))
    assert paper.status_code == 422
    assert "18 would be 1,800%" in paper.content.decode()


def test_another_example_may_be_asked_for(signed_in: SignedIn, draft: ProductVersion) -> None:
    """1,000 and 50 of fee, 100 of sales a day: 12 a day, 88 days. What is no amount leaves the usual example."""
    client = signed_in(Role.FINANCIER)
    typed = form_of(client, draft, fee_rate="0.05", example_amount="1,000", example_sales="100")
    illustration = client.post(preview_page(draft), typed, headers=HTMX).context["panel"]["illustration"]
    assert (illustration["charge"], illustration["days"]) == ("CNY\N{NO-BREAK SPACE}50.00", 88)
    for nonsense in ("-1", "a lot", "NaN", "1e99", "0"):
        typed = form_of(client, draft, example_amount=nonsense, example_sales=nonsense)
        illustration = client.post(preview_page(draft), typed, headers=HTMX).context["panel"]["illustration"]
        assert illustration["amount"] == "CNY\N{NO-BREAK SPACE}10,000.00", nonsense


def test_the_typical_seller_is_the_middle_one_with_credit(signed_in: SignedIn, draft: ProductVersion) -> None:
    """Daily sales of 100, 200 and 900, and one of 5,000 without a grade. 200 x 0.12 x 120 / 1.04 = 2,769: 2,700."""
    for number, (daily, grade) in enumerate((("100", "B"), ("900", "A"), ("200", "B"), ("5000", "")), start=1):
        assessment = make_assessment(grade=grade)
        assessment.features["daily_sales"] = daily
        assessment.save()
        assert number
    panel = signed_in(Role.AUDITOR).get(change_page(draft)).context["panel"]
    assert panel["is_typical"]
    assert panel["illustration"]["daily_sales"] == "CNY\N{NO-BREAK SPACE}200.00"
    assert panel["illustration"]["amount"] == "CNY\N{NO-BREAK SPACE}2,700.00"


def test_cautions_stand_beside_the_terms_for_maker_and_reviewer(signed_in: SignedIn) -> None:
    make_lending_policy(rate_cap="0.2", sweep_cap="0.1")
    version = make_product_version(state="in_review", approved_by="")
    other = make_product_version()
    text = signed_in(Role.FINANCIER).get(change_page(version)).content.decode()
    assert "If sales are fast, this costs 42.73% a year. Your platform&#x27;s cap is 20%." in text
    assert "It keeps 12% of sales. Your platform&#x27;s largest share is 10%." in text
    assert f"A seller may meet the conditions of this and of {other.product}" in text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("technique", [SALES, RECEIVABLE, ORDER, RECEIPT])
def test_every_technique_has_a_sample_contract(signed_in: SignedIn, technique: str, language: str) -> None:
    version = new_version(product_id=make_financing_product(technique=technique).pk, at=AT, by="user:9")
    answer = signed_in(Role.AUDITOR).get(contract_page(version), {"language": language})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert not Offer.objects.exists()


def test_what_is_typed_of_a_version_in_review_changes_nothing(signed_in: SignedIn) -> None:
    version = make_product_version(state="in_review", approved_by="")
    client, before = signed_in(Role.FINANCIER), kept(version)
    panel = client.post(preview_page(version), {"fee_rate": "0.5"}, headers=HTMX).content.decode()
    assert "CNY\N{NO-BREAK SPACE}400.00" in panel  # of the terms as stored
    assert kept(version) == before
    assert client.get(preview_page(version))["Location"] == change_page(version)


def test_the_waterfall_is_kept_in_the_order_of_its_numbers(signed_in: SignedIn, draft: ProductVersion) -> None:
    client, steps = signed_in(Role.FINANCIER), list(draft.waterfall)
    swapped = {f"waterfall.{steps[0]}": "2", f"waterfall.{steps[1]}": "1"}
    client.post(change_page(draft), form_of(client, draft, **swapped))
    draft.refresh_from_db()
    assert draft.waterfall == [steps[1], steps[0], *steps[2:]]
    assert Transition.of(draft).get().reason == "changed waterfall"


def test_conditions_purposes_and_papers_are_kept_by_name(signed_in: SignedIn, draft: ProductVersion) -> None:
    client = signed_in(Role.FINANCIER)
    typed = {"eligibility.returned.at_most": "10%", "eligibility.active_months.at_least": "6"}
    client.post(change_page(draft), form_of(client, draft, **typed, purposes=["stock"], documents=["licence", "tax"]))
    draft.refresh_from_db()
    assert draft.eligibility == {"active_months": {"at_least": "6"}, "returned": {"at_most": "0.1"}}
    assert (draft.purposes, draft.documents) == (["stock"], ["licence", "tax"])
    assert Transition.of(draft).get().reason == "changed eligibility, purposes, documents"


def test_haircuts_are_typed_one_a_line(signed_in: SignedIn) -> None:
    version = new_version(product_id=make_financing_product(technique=RECEIPT).pk, at=AT, by="user:9")
    client = signed_in(Role.FINANCIER)
    wrong = client.post(change_page(version), form_of(client, version, haircuts="cotton/3128B 30"))
    assert "30 would be 3,000%" in wrong.content.decode()
    client.post(change_page(version), form_of(client, version, haircuts="cotton/3128B 0.3\ncorn/2 15%\n"))
    version.refresh_from_db()
    assert version.haircuts == {"cotton/3128B": "0.3", "corn/2": "0.15"}


@pytest.mark.parametrize("typed", ["7, 15", "7,15", "7，15", "7、15", " ７; 15, ", "7 15"])
def test_buckets_are_typed_as_days_with_commas(signed_in: SignedIn, draft: ProductVersion, typed: str) -> None:
    client = signed_in(Role.FINANCIER)
    assert form_of(client, draft)["bucket_ends"] == ["30, 60, 90"]
    client.post(change_page(draft), form_of(client, draft, fee_rate="5%"))
    client.post(change_page(draft), form_of(client, draft, bucket_ends=typed))
    draft.refresh_from_db()
    assert draft.bucket_ends == [7, 15]
    told = [one.reason for one in Transition.of(draft)]
    assert told == ["changed fee_rate from 0.04 to 0.05", "changed bucket_ends"]  # sent back alike it is not changed
    assert form_of(client, draft)["bucket_ends"] == ["7, 15"]


def test_buckets_are_shown_by_name_to_who_may_not_edit(signed_in: SignedIn, draft: ProductVersion) -> None:
    ProductVersion.objects.filter(pk=draft.pk).update(bucket_ends=[7, 15])
    client, before = signed_in(Role.AUDITOR), kept(draft)
    page = client.get(change_page(draft)).content.decode()
    assert "1-7; 8-15; 15+" in page
    assert 'name="bucket_ends"' not in page
    assert client.post(change_page(draft), {"bucket_ends": "3"}).status_code == 403
    assert kept(draft) == before


@pytest.mark.parametrize("technique", [SALES, RECEIVABLE, ORDER, RECEIPT])
def test_every_technique_sets_its_buckets(signed_in: SignedIn, technique: str) -> None:
    version = new_version(product_id=make_financing_product(technique=technique).pk, at=AT, by="user:9")
    assert "bucket_ends" in signed_in(Role.FINANCIER).get(change_page(version)).context["adminform"].form.fields


def test_who_does_not_meet_the_conditions_is_offered_nothing(platform: Platform) -> None:
    """Two sellers alike but for the length of their record: a year, and two months over a quarter."""
    story = Story(platform)
    steady, young = story.seller(), story.seller(name="Wu Jun", days=150)
    story.agree("sales-advance", FIRST, eligibility={"active_months": {"at_least": "9"}})
    story.night(FIRST)
    offered = Offer.objects.filter(state="delivered").values_list("seller", "product_code")
    assert (steady.pk, "sales-advance") in offered
    assert (young.pk, "sales-advance") not in offered
    assert (young.pk, "stock-loan") in offered  # whose conditions are none


def test_what_comes_into_force_and_goes_out_is_on_the_evidence_log(platform: Platform) -> None:
    product = make_product_version(number=1, approved_by="user:2").product
    draft = new_version(product_id=product.pk, at=AT, by="user:1")
    submit_version(version_id=draft.pk, at=AT, by="user:1")
    for _press in range(2):
        approve_version(version_id=draft.pk, at=AT, by="user:2")
    retire_version(version_id=draft.pk, reason="season over", at=AT, by="user:3")
    log = Record.objects.filter(kind__startswith="product_version").order_by("position")
    assert [(one.kind, one.subject, one.by) for one in log] == [
        ("product_version_retired", f"product:{product.code}:1", "user:2"),
        ("product_version_activated", f"product:{product.code}:2", "user:2"),
        ("product_version_retired", f"product:{product.code}:2", "user:3"),
    ]
    assert '"fee_rate":"0.04"' in log[1].payload
    assert '"made_by":"user:1"' in log[1].payload


def test_versions_are_compared_in_words(signed_in: SignedIn) -> None:
    product = make_product_version(number=1).product
    draft = new_version(product_id=product.pk, at=AT, by="user:1")
    draft.fee_rate = Decimal("0.05")
    save_draft(version=draft, changed=["fee_rate"], at=AT, by="user:1")
    client = signed_in(Role.AUDITOR)
    address = reverse("admin:products_productversion_compare", args=[draft.pk])
    shown = client.get(address)
    assert [(one.label, one.before, one.after) for one in shown.context["differences"]] == [("Flat fee", "4%", "5%")]
    assert "What is different from" in client.get(change_page(draft)).content.decode()
    other = make_product_version(fee_rate=Decimal("0.05"))
    assert client.get(address, {"with": other.pk}).context["differences"] == []
    for nonsense in ("0", "x", "99999999"):
        assert client.get(address, {"with": nonsense}).status_code == 200


def test_the_policy_is_set_with_a_reason_and_put_on_record(signed_in: SignedIn) -> None:
    client = signed_in(Role.FINANCIER)
    add = reverse("admin:products_lendingpolicy_add")
    assert (
        "36 would be 3,600%" in client.post(add, {"rate_cap": "36", "sweep_cap": "0", "because": "x"}).content.decode()
    )
    assert not LendingPolicy.objects.exists()
    approvals = {"second_above": "20000", "answer_days": "2"}
    client.post(add, {"rate_cap": "36%", "sweep_cap": "0.3", "because": "the court's ceiling", **approvals})
    policy = LendingPolicy.in_force()
    assert (policy.rate_cap, policy.sweep_cap, policy.because) == (
        Decimal("0.36"),
        Decimal("0.3"),
        "the court's ceiling",
    )
    assert client.get(add).status_code == 403  # there is one already
    change = reverse("admin:products_lendingpolicy_change", args=[1])
    for _press in range(2):
        client.post(change, {"rate_cap": "24%", "sweep_cap": "0.3", "because": "a new ceiling", **approvals})
    log = Record.objects.filter(kind="lending_policy_set").order_by("position")
    assert len(log) == 2
    assert '"before":{"answer_days":"2","rate_cap":"0.36","second_above":"20000","sweep_cap":"0.3"}' in log[1].payload
    assert signed_in(Role.STAFF).post(change, {"rate_cap": "9"}).status_code == 403


def test_another_platforms_policy_and_products_do_not_count(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        make_lending_policy(rate_cap="0.01")
        make_product_version()
        make_assessment()
    with entered(meadow.schema_name):
        version = make_product_version(state="draft", approved_by="")
        panel = client_of(meadow, make_user(role=Role.AUDITOR)).get(change_page(version)).context["panel"]
    assert panel["cautions"] == []
    assert not panel["is_typical"]


def step_page(version: ProductVersion, verb: str) -> str:
    return reverse("admin:products_productversion_step", args=[version.pk, verb])


def test_a_stale_page_says_that_the_draft_has_moved_on(signed_in: SignedIn, draft: ProductVersion) -> None:
    client = signed_in(Role.FINANCIER)
    typed = form_of(client, draft, fee_rate="0.09")
    client.post(step_page(draft, "submit"))
    assert "what you typed was not saved" in words(client.post(change_page(draft), typed, follow=True))
    draft.refresh_from_db()
    assert (draft.state, draft.fee_rate) == ("in_review", Decimal("0.04"))
    assert "Ask a colleague" in words(client.post(step_page(draft, "approve"), follow=True))


def test_nobody_approves_terms_edited_since_they_were_read(signed_in: SignedIn, draft: ProductVersion) -> None:
    """The reviewer reads 4 %; meanwhile the version goes back, is made dearer and comes again: their page is stale."""
    maker, reviewer, colleague = (signed_in(Role.FINANCIER) for _person in range(3))
    maker.post(step_page(draft, "submit"))
    button = approve_button(reviewer, draft)
    colleague.post(step_page(draft, "send_back"), {"reason": "too cheap"})
    maker.post(change_page(draft), form_of(maker, draft, fee_rate="0.09"))
    maker.post(step_page(draft, "submit"))
    assert "Read them again" in words(reviewer.post(step_page(draft, "approve"), button, follow=True))
    assert kept(draft)["state"] == "in_review"
    again = approve_button(reviewer, draft)
    assert again != button
    reviewer.post(step_page(draft, "approve"), again)
    assert (kept(draft)["state"], kept(draft)["fee_rate"]) == ("active", Decimal("0.09"))


def approve_button(client: PlatformClient, version: ProductVersion) -> dict[str, Any]:
    """What the browser would send of the approve button on the version's page."""
    page = lxml.html.fromstring(client.get(change_page(version)).content)
    return dict(next(one for one in page.forms if one.action == step_page(version, "approve")).form_values())


@pytest.mark.parametrize("technique", [SALES, RECEIVABLE, ORDER, RECEIPT])
def test_the_contract_is_written_on_the_template_that_is_chosen(signed_in: SignedIn, technique: str) -> None:
    version = new_version(product_id=make_financing_product(technique=technique).pk, at=AT, by="user:9")
    client = signed_in(Role.FINANCIER)
    offered = client.get(change_page(version)).context["adminform"].form.fields["template"].choices
    assert {name for name, _words in offered} == {"standard", "plain_words"}
    typed = form_of(client, version, template="plain_words")
    assert "In plain words" in printed(client.post(f"{contract_page(version)}?language=en", typed))
    assert "In plain words" not in printed(client.get(contract_page(version), {"language": "en"}))  # as stored
    assert kept(version)["template"] == "standard"
    client.post(change_page(version), typed)
    assert kept(version)["template"] == "plain_words"
    assert "In plain words" in printed(client.get(contract_page(version), {"language": "en"}))
    refused = client.post(change_page(version), form_of(client, version, template="gilded"))
    assert "is not one of the" in refused.content.decode()
    assert kept(version)["template"] == "plain_words"


def printed(answer: Any) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_contracts_keep_their_template_and_the_next_version_begins_with_it(platform: Platform) -> None:
    contract = make_contract()
    stated = json.loads(contract.terms)
    assert stated["template"] == "standard"
    product = contract.application.version.product
    draft = new_version(product_id=product.pk, at=AT, by="user:1")
    draft.template = "plain_words"
    save_draft(version=draft, changed=["template"], at=AT, by="user:1")
    submit_version(version_id=draft.pk, at=AT, by="user:1")
    approve_version(version_id=draft.pk, at=AT, by="user:2")
    contract.refresh_from_db()
    assert json.loads(contract.terms) == stated
    after = new_version(product_id=product.pk, at=AT, by="user:1")
    assert after.template == "plain_words"
    with pytest.raises(IntegrityError, match="template_known"), transaction.atomic():
        ProductVersion.objects.filter(pk=after.pk).update(template="gilded")


def test_a_product_on_goods_says_why_it_cannot_be_tried_and_what_to_do(signed_in: SignedIn) -> None:
    tried, untried = (
        signed_in(Role.FINANCIER).get(change_page(new_version(product_id=product.pk, at=AT, by="user:9")))
        for product in (make_financing_product(), make_financing_product(technique=RECEIPT))
    )
    assert "Try these terms on the past" in tried.content.decode()
    assert "Try these terms on the past" not in untried.content.decode()
    assert "replay_receipts" in untried.content.decode()


def test_the_studio_lists_the_back_tests_of_a_version(signed_in: SignedIn) -> None:
    back_test = make_back_test()
    page = signed_in(Role.AUDITOR).get(change_page(back_test.version)).content.decode()
    assert reverse("admin:reconciliation_backtest_change", args=[back_test.pk]) in page
    assert "Try these terms on the past" not in page  # an auditor may not


def test_the_history_is_in_words(signed_in: SignedIn, draft: ProductVersion) -> None:
    client = signed_in(Role.FINANCIER)
    client.post(step_page(draft, "submit"))
    page = lxml.html.fromstring(client.get(change_page(draft)).content)
    told = [[cell.text_content() for cell in row.cssselect("td")][1:4] for row in page.cssselect("tr")]
    assert ["Sent to review", "Draft", "In review"] in told
