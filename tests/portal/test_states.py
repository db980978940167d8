"""Every state has words in both languages and a tone; the table of words and the models agree."""

import re

import pytest
from django.apps import apps
from django.utils import translation

from apps.core.states import Stateful
from apps.portal.states import BAD, GOOD, MACHINES, NEUTRAL, WARN, wording

TONES = {NEUTRAL, GOOD, WARN, BAD}


def stateful_models() -> dict[str, list[str]]:
    """Each state machine of the code, by the name templates use, with its states."""
    models = [model for model in apps.get_models() if issubclass(model, Stateful)]
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower(): [
            state
            for state, _label in model._meta.get_field("state").flatchoices  # type: ignore[union-attr]  # a column
        ]
        for model in models
    }


@pytest.mark.parametrize(("machine", "states"), sorted(stateful_models().items()))
def test_every_state_of_a_model_has_its_words(machine: str, states: list[str]) -> None:
    assert states
    assert set(states) <= set(MACHINES[machine]), f"{machine} has states that no page can name."


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_a_state_is_written_in_both_languages_and_shown_in_a_tone(machine: str) -> None:
    for state, (tone, label) in MACHINES[machine].items():
        assert tone in TONES
        with translation.override("en"):
            english = str(label)
        with translation.override("zh-hans"):
            chinese = str(label)
        assert re.search(r"[\u4e00-\u9fff]", chinese), f"{machine} {state} is not written in Chinese."
        assert english
        assert not re.search(r"[\u4e00-\u9fff_]", english)


def test_no_two_states_of_a_machine_share_their_words() -> None:
    for machine, states in MACHINES.items():
        labels = [str(label) for _tone, label in states.values()]
        assert len(set(labels)) == len(labels), f"Two states of {machine} look alike."


def test_only_what_is_wrong_or_lost_is_red() -> None:
    assert wording("financing", "overdue").tone == BAD
    assert wording("financing", "active").tone == GOOD
    assert wording("order", "paid").tone == NEUTRAL


def test_a_state_without_words_is_still_readable() -> None:
    assert wording("order", "held_at_customs") == (NEUTRAL, "Held at customs")


def test_an_unknown_machine_is_a_slip() -> None:
    with pytest.raises(KeyError):
        wording("spaceship", "launched")
