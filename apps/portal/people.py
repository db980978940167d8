"""Who did it, by name: rows keep actors (`user:7`, `night`, `policy`), pages say people."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.users.models import User


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The name of each actor: a person's own, or what the machine that acted is called. One query."""
    actors = {actor for actor in actors if actor}
    keys = {actor: int(key) for actor in actors if (key := actor.removeprefix("user:")).isdigit()}
    people = User.objects.in_bulk(list(keys.values())) if keys else {}
    machines = {"night": _("the night"), "policy": _("the rules"), "worker": _("a worker"), "command": _("a command")}
    return {
        actor: str(people[keys[actor]]) if keys.get(actor) in people else machines.get(actor, actor) for actor in actors
    }
