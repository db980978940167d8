"""Who moved a row, when and why: what stands beneath it on its page."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Transition
from apps.core.states import Stateful

LATEST_TRANSITIONS = 50
# Who acts besides people.
MACHINES = {
    "policy": _("the rules"),
    "night": _("the night"),
    "worker": _("a background task"),
    "command": _("the command line"),
    "folder": _("a watched folder"),
    "replay": _("a replay"),
}


def history_of(row: models.Model) -> list[dict[str, Any]]:
    """The latest transitions of a row, newest first, each with the name of who made it."""
    if not isinstance(row, Stateful):
        return []
    entries = list(Transition.of(row).order_by("-id")[:LATEST_TRANSITIONS])
    names = names_of({entry.by for entry in entries})
    return [{"entry": entry, "who": names[entry.by]} for entry in entries]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """How to show each actor: people by name, machines in words, whoever is neither as they are."""
    keys = {actor: actor.removeprefix("user:") for actor in actors}
    people = get_user_model()._default_manager.in_bulk([int(key) for key in keys.values() if key.isdigit()])
    return {
        actor: str(people.get(int(key), actor) if key.isdigit() else MACHINES.get(actor, actor))
        for actor, key in keys.items()
    }
