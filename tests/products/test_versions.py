"""Versions of terms: made by one person, approved by another, frozen after draft, one active a product."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction

from apps.core.models import Transition
from apps.products.models import FinancingProduct, ProductVersion
from apps.products.services import (
    VersionRefused,
    approve_version,
    can_approve,
    new_version,
    retire_version,
    save_draft,
    send_back_version,
    submit_version,
)
from apps.products.terms import PAYABLE, RECEIVABLE, SALES
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_financing_product, make_product_version
from tests.threads import at_once

MAKER, CHECKER, THIRD = "user:1", "user:2", "user:3"


@pytest.fixture
def product(platform: Platform) -> FinancingProduct:
    """A product on offer, its first version active."""
    return make_product_version(number=1).product


def states_of(product: FinancingProduct) -> dict[int, str]:
    return dict(product.versions.order_by("number").values_list("number", "state"))


def in_review(product: FinancingProduct, at: datetime) -> ProductVersion:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    return submit_version(version_id=draft.pk, at=at, by=MAKER)


def test_a_change_of_terms_goes_from_maker_to_checker_to_offer(product: FinancingProduct, at: datetime) -> None:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    assert (draft.number, draft.state, draft.fee_rate) == (2, "draft", Decimal("0.04"))
    draft.fee_rate = Decimal("0.05")
    save_draft(version=draft, changed=["fee_rate"], at=at, by=MAKER)
    submit_version(version_id=draft.pk, at=at, by=MAKER)
    assert states_of(product) == {1: "active", 2: "in_review"}
    approved = approve_version(version_id=draft.pk, at=at, by=CHECKER)
    assert states_of(product) == {1: "retired", 2: "active"}
    assert (approved.made_by, approved.approved_by, approved.fee_rate) == (MAKER, CHECKER, Decimal("0.05"))
    log = [(entry.verb, entry.by, entry.reason) for entry in Transition.of(draft)]
    assert log == [
        ("create", MAKER, "copied from version 1"),
        ("edit", MAKER, "changed fee_rate from 0.04 to 0.05"),
        ("submit", MAKER, ""),
        ("approve", CHECKER, ""),
    ]
    (retired,) = Transition.of(product.versions.get(number=1))
    assert (retired.verb, retired.reason) == ("retire", "replaced by version 2")


@pytest.mark.parametrize("hand", ["create", "edit", "submit"])
def test_nobody_approves_terms_they_had_a_hand_in(product: FinancingProduct, at: datetime, hand: str) -> None:
    by = {verb: CHECKER if verb == hand else MAKER for verb in ("create", "edit", "submit")}
    draft = new_version(product_id=product.pk, at=at, by=by["create"])
    save_draft(version=draft, changed=["fee_rate"], at=at, by=by["edit"])
    version = submit_version(version_id=draft.pk, at=at, by=by["submit"])
    with pytest.raises(VersionRefused, match="Ask a colleague"):
        approve_version(version_id=version.pk, at=at, by=CHECKER)
    assert not can_approve(version=version, by=CHECKER)
    assert states_of(product) == {1: "active", 2: "in_review"}
    assert can_approve(version=version, by=THIRD)


def test_the_database_too_wants_two_people(product: FinancingProduct, at: datetime) -> None:
    version = in_review(product, at)
    product.versions.filter(number=1).update(state="retired")
    with pytest.raises(IntegrityError, match="product_version_four_eyes"), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(state="active", approved_by=MAKER)
    with pytest.raises(IntegrityError, match="product_version_four_eyes"), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(state="active")


@pytest.mark.parametrize(
    "column", ["fee_rate", "sweep_rate", "maximum_amount", "made_by", "waterfall", "bucket_ends", "product_id"]
)
@pytest.mark.parametrize("state", ["in_review", "active", "retired"])
def test_frozen_terms_cannot_be_changed_by_raw_sql(platform: Platform, column: str, state: str) -> None:
    version = make_product_version(state=state)
    before = ProductVersion.objects.filter(pk=version.pk).values().get()
    values = {"made_by": "'user:9'", "waterfall": "'[]'::jsonb", "bucket_ends": "'{7}'", "product_id": "product_id + 1"}
    value = values.get(column, "0.5")
    with pytest.raises(Error, match="frozen once it leaves draft"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE products_productversion SET {column} = {value}")
    assert ProductVersion.objects.filter(pk=version.pk).values().get() == before


def test_a_draft_can_still_be_changed(platform: Platform) -> None:
    version = make_product_version(state="draft", approved_by="")
    ProductVersion.objects.filter(pk=version.pk).update(fee_rate="0.05")
    version.refresh_from_db()
    assert version.fee_rate == Decimal("0.05")


def test_a_draft_that_left_meanwhile_is_not_saved(product: FinancingProduct, at: datetime) -> None:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    submit_version(version_id=draft.pk, at=at, by=MAKER)
    draft.fee_rate = Decimal("0.09")
    with pytest.raises(VersionRefused, match="no longer a draft"):
        save_draft(version=draft, changed=["fee_rate"], at=at, by=MAKER)
    assert ProductVersion.objects.get(pk=draft.pk).fee_rate == Decimal("0.04")


def test_a_product_has_one_active_version_whatever_the_code_does(product: FinancingProduct) -> None:
    with pytest.raises(IntegrityError, match="one_active_version_a_product"), transaction.atomic():
        make_product_version(product=product, number=2)
    assert states_of(product) == {1: "active"}


def test_two_checkers_at_once_have_one_effect(fresh_platform: Callable[..., Platform], at: datetime) -> None:
    schema = fresh_platform().schema_name
    with entered(schema):
        product = make_product_version().product
        version = in_review(product, at)

    def approve(by: str) -> Callable[[], Any]:
        return lambda: approve_version(version_id=version.pk, at=at, by=by).state

    assert at_once(schema, [approve(CHECKER), approve(THIRD)]) == ["active", "active"]
    with entered(schema):
        assert states_of(product) == {1: "retired", 2: "active"}
        assert Transition.of(version).filter(verb="approve").count() == 1


def test_pressing_twice_changes_nothing_more(product: FinancingProduct, at: datetime) -> None:
    first = new_version(product_id=product.pk, at=at, by=MAKER)
    assert new_version(product_id=product.pk, at=at, by=THIRD) == first
    for _press in range(2):
        submit_version(version_id=first.pk, at=at, by=MAKER)
    for _press in range(2):
        approve_version(version_id=first.pk, at=at, by=CHECKER)
    for _press in range(2):
        retire_version(version_id=first.pk, reason="season over", at=at, by=MAKER)
    assert [entry.verb for entry in Transition.of(first)] == ["create", "submit", "approve", "retire"]
    assert not product.versions.active().exists()


def test_sent_back_it_can_be_mended_and_submitted_again(product: FinancingProduct, at: datetime) -> None:
    version = in_review(product, at)
    with pytest.raises(VersionRefused, match="Say what should change"):
        send_back_version(version_id=version.pk, reason="  ", at=at, by=CHECKER)
    back = send_back_version(version_id=version.pk, reason="the fee is too high", at=at, by=CHECKER)
    assert back.state == "draft"
    back.fee_rate = Decimal("0.03")
    save_draft(version=back, changed=["fee_rate"], at=at, by=MAKER)
    submit_version(version_id=back.pk, at=at, by=MAKER)
    assert approve_version(version_id=back.pk, at=at, by=CHECKER).fee_rate == Decimal("0.03")


@pytest.mark.parametrize(
    ("service", "arguments"),
    [
        (approve_version, {}),
        (send_back_version, {"reason": "no"}),
        (retire_version, {"reason": "no"}),
    ],
)
def test_a_draft_takes_no_later_step(
    product: FinancingProduct, at: datetime, service: Callable[..., Any], arguments: dict[str, str]
) -> None:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    with pytest.raises(VersionRefused, match="Nothing was changed"):
        service(version_id=draft.pk, at=at, by=CHECKER, **arguments)
    assert states_of(product) == {1: "active", 2: "draft"}


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"sweep_rate": Decimal(0)}, "repaid by a share of sales"),
        ({"fee_rate": Decimal("4")}, "Write rates as shares of one"),
        ({"maximum_amount": Decimal(1)}, "at most the largest"),
        ({"expected_days": 0}, "expected days at least 1"),
        ({"waterfall": ["due_fee"]}, "each standing and component exactly once"),
    ],
)
def test_terms_that_make_no_sense_are_named_in_words(
    product: FinancingProduct, at: datetime, terms: dict[str, Any], words: str
) -> None:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    for name, value in terms.items():
        setattr(draft, name, value)
    with pytest.raises(ValidationError, match=words):
        draft.full_clean(exclude=["state"])


def test_a_draft_that_lacks_what_its_technique_needs_is_not_submitted(product: FinancingProduct, at: datetime) -> None:
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    draft.sweep_rate = Decimal(0)
    save_draft(version=draft, changed=["sweep_rate"], at=at, by=MAKER)
    with pytest.raises(VersionRefused, match="repaid by a share of sales"):
        submit_version(version_id=draft.pk, at=at, by=MAKER)
    assert states_of(product) == {1: "active", 2: "draft"}


@pytest.mark.parametrize("technique", [SALES, RECEIVABLE, PAYABLE])
def test_a_first_version_is_cautious_and_complete(platform: Platform, at: datetime, technique: str) -> None:
    product = make_financing_product(technique=technique)
    draft = new_version(product_id=product.pk, at=at, by=MAKER)
    assert (draft.number, draft.state, draft.made_by) == (1, "draft", MAKER)
    submit_version(version_id=draft.pk, at=at, by=MAKER)
    assert approve_version(version_id=draft.pk, at=at, by=CHECKER).state == "active"


def test_taking_off_offer_needs_a_reason(product: FinancingProduct, at: datetime) -> None:
    version = product.versions.get()
    with pytest.raises(VersionRefused, match="Say why"):
        retire_version(version_id=version.pk, reason="", at=at, by=MAKER)
    assert states_of(product) == {1: "active"}
    retire_version(version_id=version.pk, reason="season over", at=at, by=MAKER)
    copy = new_version(product_id=product.pk, at=at, by=MAKER)
    assert (copy.number, copy.fee_rate) == (2, Decimal("0.04"))  # of the latest, when none is active
