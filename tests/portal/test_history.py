"""The history of a row in the reader's language: verbs, reasons that Granary gave, edits of terms; people's own words
stay as they are."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from apps.core.history import names_of
from apps.core.management.commands.docs import moves_of
from apps.core.models import Transition
from apps.core.states import stateful_models
from apps.portal.history import GIVEN, PATTERNS, VERBS, reason_of_row, verb_of_row
from apps.products.models import ProductVersion
from apps.products.services import new_version, save_draft
from apps.tenants.models import Platform
from tests.factories import AT, make_application, make_product_version, make_user

D = Decimal
VERSION = "products.productversion"


def edited(changes: dict[str, Any], why: str = "") -> str:
    """The reason that is kept of an edit, as the page says it."""
    version = new_version(product_id=make_product_version().product_id, at=AT, by="user:1")
    for name, value in changes.items():
        setattr(version, name, value)
    save_draft(version=version, changed=list(changes), at=AT, by="user:1", why=why)
    kept = Transition.of(version).get(verb="edit").reason
    return reason_of_row(ProductVersion.objects.select_related("product__pool").get(pk=version.pk), kept)


def test_an_edit_names_terms_as_their_labels_do_and_figures_as_a_reader_would(platform: Platform) -> None:
    changes = {
        "period_days": 30,
        "minimum_share": "0.05",
        "season_shaped": True,
        "eligibility": {},
        "template": "plain_words",
    }
    told = edited(changes, why="Our bank raised its rate: 5 %, since May")
    assert told == (
        "Our bank raised its rate: 5 %, since May: Days in a period from 0 to 30; Minimum a period from 0% to 5%; "
        "Minimums follow the seasons from no to yes; Who may be offered it changed; Contract template from standard to "
        "with a summary in plain words"
    )


@pytest.mark.parametrize(
    "typed",
    [
        "we changed our mind",
        "changed everything",
        "changed fee_rate from 0.04 to dear",
        "changed fee_ra",
        "copied from here",
    ],
)
def test_what_people_typed_and_what_was_cut_short_stays_as_it_is(platform: Platform, typed: str) -> None:
    assert reason_of_row(make_product_version(), typed) == typed


def test_reasons_that_granary_gave_are_said_with_their_numbers() -> None:
    assert len(PATTERNS) == len(GIVEN)
    for given, told in (
        ("replaced by version 12", "由版本 12 取代"),
        ("copied from version 3", "由版本 3 复制"),
        ("withdrawn by the seller", "卖家撤回"),
    ):
        with translation.override("zh-hans"):
            assert reason_of_row(None, given) == told
        assert reason_of_row(None, given) == given


def test_the_reasons_of_a_refusal_are_told_as_the_seller_reads_them(platform: Platform) -> None:
    application = make_application(state="rejected", reasons=["papers_missing", "fund"], business_date=date(2025, 3, 1))
    assert reason_of_row(application, "papers_missing, fund") == (
        "Papers that this needs did not come, or not all of them. The fund behind this product has no room for it."
    )
    assert reason_of_row(application, "withdrawn by the seller") == "withdrawn by the seller"


def test_every_verb_of_every_machine_has_its_words() -> None:
    verbs = {move.verb for model in stateful_models() for move in moves_of(model)}
    assert verbs | {"create"} == set(VERBS)
    assert verb_of_row(VERSION, "submit") == "Sent to review"
    assert verb_of_row("sellers.seller", "submit") == "Sent in"
    assert verb_of_row(VERSION, "dance_all_night") == "Dance all night"


def test_machines_are_named_beside_people(platform: Platform) -> None:
    person = make_user(name="Zhou Min")
    assert names_of([person.actor, "night", "policy", "somebody"]) == {
        person.actor: "Zhou Min", "night": "the night", "policy": "the rules", "somebody": "somebody",
    }  # fmt: skip
