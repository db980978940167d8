"""Lists, forms and filters of the admin speak the reader's language where Django names things by itself."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils import translation

from apps.core.states import Stateful

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMES_OF_THEIR_OWN = {"SHA-256"}


def _labels() -> Iterator[tuple[str, str]]:
    """Every model of the admin, and every column of its list, by the place where it is named."""
    for model, page in admin.site._registry.items():
        yield model._meta.label, str(model._meta.verbose_name_plural)
        yield f"app of {model._meta.label}", str(model._meta.app_config.verbose_name)
        for name in page.list_display:
            if isinstance(name, str) and name != "__str__":
                yield f"{model._meta.label}.{name}", str(label_for_field(name, model, page))


def test_every_list_of_the_admin_is_headed_in_chinese() -> None:
    with translation.override("zh-hans"):
        english = {place: label for place, label in _labels() if not CHINESE.search(label)}
    assert {place: label for place, label in english.items() if label not in NAMES_OF_THEIR_OWN} == {}


def test_in_english_nothing_is_called_otherwise_than_in_the_code() -> None:
    pool = apps.get_model("products", "FundingPool")
    assert str(pool._meta.verbose_name) == "funding pool"
    assert str(pool._meta.verbose_name_plural) == "funding pools"
    assert str(pool._meta.get_field("committed").verbose_name) == "committed"


def test_states_are_shown_in_words_and_migrations_know_their_names_alone() -> None:
    field: Any = apps.get_model("products", "ProductVersion")._meta.get_field("state")
    assert dict(field.flatchoices)["in_review"] == "In review"
    _name, _path, _arguments, kept = field.deconstruct()
    assert ("in_review", "in_review") in kept["choices"]
    assert "verbose_name" not in kept
    for model in apps.get_models():
        if issubclass(model, Stateful):
            column: Any = model._meta.get_field("state")
            assert all(CHINESE.search(word) for _state, word in _in_chinese(column.flatchoices)), model


def _in_chinese(choices: Sequence[tuple[str, Any]]) -> list[tuple[str, str]]:
    with translation.override("zh-hans"):
        return [(state, str(word)) for state, word in choices]


def test_nobody_who_works_on_an_application_is_spoken_to_as_its_seller() -> None:
    state: Any = apps.get_model("financing", "Application")._meta.get_field("state")
    words = dict(state.flatchoices)
    assert str(words["info_requested"]) == "Waits for the seller"
