"""Every state x every verb of every state machine: what the matrix allows works, everything else changes nothing."""

import inspect
import re
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from apps.core.management.commands.docs import moves_of, states_of
from apps.core.models import Transition
from apps.core.states import Stateful, TransitionNotAllowed, stateful_models
from apps.reconciliation.models import NightlyRun
from apps.sellers.models import STEPS, Seller
from apps.tenants.models import Platform
from tests.states.matrix import MATRIX

LINE = re.compile(r"(?P<sources>[a-z_|]+) -(?P<verb>[a-z_]+)-> (?P<target>[a-z_]+)(?: +\+ .+)?")
# What else a row must be for its transitions' conditions to hold, and variants that lead to different targets.
ROWS: dict[str, list[dict[str, Any]]] = {
    "sellers.Seller": [{f"{step}_done": True for step in STEPS}],
    "warehousing.Pledge": [{"warehouse_confirmed_by": "user:1", "financier_confirmed_by": "user:2"}],
    "warehousing.WarehouseReceipt": [
        {"was_pledged": False, "frozen_from": "issued"},
        {"was_pledged": True, "frozen_from": "pledged"},
        {"was_pledged": False, "frozen_from": "expired"},
        {"was_pledged": True, "frozen_from": "invoked"},
    ],
}


def allowed_moves(name: str) -> dict[tuple[str, str], set[str]]:
    """The targets by (state, verb), as the matrix says."""
    states = states_of(apps.get_model(name))
    moves: dict[tuple[str, str], set[str]] = {}
    for line in filter(None, map(str.strip, MATRIX[name].splitlines())):
        found = LINE.fullmatch(line)
        assert found, f"{name}: {line!r} is not a line of the matrix"
        target = found["target"]
        sources = [state for state in states if state != target] if found["sources"] == "any" else found["sources"]
        for source in sources.split("|") if isinstance(sources, str) else sources:
            assert {source, target} <= set(states), f"{name}: {line!r} names an unknown state"
            moves.setdefault((source, found["verb"]), set()).add(target)
    return moves


def verbs_of(model: type[Stateful]) -> set[str]:
    return {move.verb for move in moves_of(model)}


def attempt(model: type[Stateful], state: str, verb: str, facts: dict[str, Any]) -> str:
    """The state that `verb` leads to, or the empty text when it is refused; a refusal must leave every field alone."""
    row = model(pk=1, state=state, **facts)
    before = dict(vars(row))
    parameters = inspect.signature(getattr(row, verb)).parameters
    changes = {name: Seller(pk=1) if name == "holder" else f"new {name}" for name in parameters}
    try:
        getattr(row, verb)(**changes)
    except TransitionNotAllowed:
        assert vars(row) == before
        return ""
    return str(row.state)


def test_the_matrix_knows_every_state_machine() -> None:
    assert set(MATRIX) == {model._meta.label for model in stateful_models()}


@pytest.mark.parametrize("name", MATRIX)
def test_only_the_moves_of_the_matrix_are_allowed(name: str, platform: Platform) -> None:
    model = apps.get_model(name)
    allowed = allowed_moves(name)
    assert {verb for _state, verb in allowed} == verbs_of(model)
    wrong = []
    for state in states_of(model):
        for verb in sorted(verbs_of(model)):
            outcomes = {attempt(model, state, verb, facts) for facts in ROWS.get(name, [{}])}
            expected = allowed.get((state, verb), {""})
            if outcomes != expected:
                wrong.append(f"{state} -{verb}-> {outcomes}, expected {expected}")
    assert not wrong
    assert not Transition.objects.exists()


@pytest.mark.parametrize("name", MATRIX)
def test_a_state_cannot_be_assigned(name: str) -> None:
    model = apps.get_model(name)
    first, *others = states_of(model)
    row = model(pk=1)
    assert row.state == first
    for state in others:
        with pytest.raises(AttributeError, match="Direct state modification is not allowed"):
            row.state = state
    assert row.state == first


def test_conditions_refuse_as_states_do() -> None:
    assert attempt(apps.get_model("sellers.Seller"), "registered", "submit", {"identity_done": True}) == ""
    pledge = apps.get_model("warehousing.Pledge")
    for confirmed in ({"warehouse_confirmed_by": "user:1"}, {"financier_confirmed_by": "user:2"}, {}):
        assert attempt(pledge, "requested", "confirm", confirmed) == ""
    same_person = {"warehouse_confirmed_by": "user:1", "financier_confirmed_by": "user:1"}
    assert attempt(pledge, "requested", "confirm", same_person) == ""


def test_a_refused_move_writes_neither_row_nor_log(platform: Platform, at: datetime) -> None:
    run = NightlyRun.objects.create(business_date=at.date())
    run.move("start", at=at, by="user:7", reason="by hand")
    with pytest.raises(TransitionNotAllowed):
        run.move("close", at=at, by="user:7", closed_by="user:7")
    stored = NightlyRun.objects.get(pk=run.pk)
    assert (stored.state, stored.closed_by) == ("running", "")
    (entry,) = Transition.of(run)
    assert (entry.verb, entry.source, entry.target) == ("start", "open", "running")
    assert (entry.by, entry.reason, entry.at) == ("user:7", "by hand", at)
