"""`manage.py docs`: the state diagrams in docs/states/, drawn from the code."""

from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.states import Stateful, stateful_models

FOLDER = Path("docs") / "states"
NOTICE = "<!-- Made by `manage.py docs` from the code. Do not edit: change the code and run it again. -->"


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move. `note` is the transition's own docstring."""

    verb: str
    source: str
    target: str
    note: str


class Command(BaseCommand):
    help = "Write docs/states/ from the code; with --check, name the pages that are out of date instead."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is out of date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / FOLDER
        pages = state_pages()
        stale = stale_pages(folder, pages)
        if check and stale:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run `manage.py docs` and commit what it writes.")
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            for name in stale:
                if name in pages:
                    (folder / name).write_text(pages[name], encoding="utf-8")
                else:
                    (folder / name).unlink()
        self.stdout.write(f"{len(pages)} pages in {FOLDER}, {0 if check else len(stale)} written.")


def stale_pages(folder: Path, pages: dict[str, str]) -> list[str]:
    """The names of pages that differ from what stands in `folder`, are missing there, or should not be there."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in found.keys() | pages.keys() if found.get(name) != pages.get(name))


def state_pages() -> dict[str, str]:
    """Every page of docs/states/ as it should be, by file name."""
    models = stateful_models()
    return {"README.md": _index(models)} | {_file_name(model): _page(model) for model in models}


def states_of(model: type[Stateful]) -> list[str]:
    """The states of `model`, the one at birth first."""
    return [value for value, _label in _state_of(model).choices or ()]


def moves_of(model: type[Stateful]) -> list[Move]:
    """Every allowed move of `model`, in the order in which the states stand in the code."""
    states = states_of(model)
    moves = []
    for one in _state_of(model).get_all_transitions(model):
        targets = getattr(one.target, "allowed_states", None) or [one.target]
        sources = {"*": states, "+": [state for state in states if state not in targets]}.get(one.source, [one.source])
        note = " ".join((getdoc(one.method) or "").split())
        moves += [Move(one.name, source, target, note) for source in sources for target in targets]
    return sorted(moves, key=lambda move: (states.index(move.source), states.index(move.target), move.verb))


def _state_of(model: type[Stateful]) -> Any:
    return model._meta.get_field("state")  # type: ignore[misc]  # Stateful is abstract: its heirs have the field


def _file_name(model: type[Stateful]) -> str:
    return f"{str(model._meta.verbose_name).replace(' ', '_')}.md"


def _index(models: list[type[Stateful]]) -> str:
    rows = "\n".join(
        f"| [{str(model._meta.verbose_name).capitalize()}]({_file_name(model)}) | `{model._meta.app_label}` "
        f"| {len(states_of(model))} | {len(moves_of(model))} |"
        for model in models
    )
    return (
        f"{NOTICE}\n\n# State machines\n\n"
        "Only the transitions named here move a state; each writes who, when and why to the transition log, in\n"
        "the same transaction. `tests/states/matrix.py` says the same by hand, and a test tries every other move.\n\n"
        f"| model | app | states | moves |\n| --- | --- | ---: | ---: |\n{rows}\n"
    )


def _page(model: type[Stateful]) -> str:
    moves, states = moves_of(model), states_of(model)
    left = {move.source for move in moves if move.source != move.target}
    drawing = [f"    [*] --> {states[0]}"]
    drawing += [f"    {move.source} --> {move.target}: {move.verb}" for move in moves]
    drawing += [f"    {state} --> [*]" for state in states if state not in left]
    rows = "\n".join(f"| `{one.verb}` | {one.source} | {one.target} | {one.note} |" for one in moves)
    about = " ".join((getdoc(model) or "").split())
    return (
        f"{NOTICE}\n\n# {str(model._meta.verbose_name).capitalize()}\n\n{about}\n\n"
        "```mermaid\nstateDiagram-v2\n" + "\n".join(drawing) + "\n```\n\n"
        f"| verb | from | to | |\n| --- | --- | --- | --- |\n{rows}\n"
    )
