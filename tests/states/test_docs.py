"""`manage.py docs`: the pages are current, and a page that is not is named."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.management.commands.docs import state_pages


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("docs", *arguments, stdout=out)
    return out.getvalue()


def test_the_committed_pages_are_current() -> None:
    assert run("--check").endswith("0 written.\n")


def test_stale_missing_and_left_over_pages_are_named_and_mended(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    run()
    folder = tmp_path / "docs" / "states"
    assert {path.name for path in folder.iterdir()} == set(state_pages())
    (folder / "offer.md").write_text("old", encoding="utf-8")
    (folder / "sweep.md").unlink()
    (folder / "gone.md").touch()
    with pytest.raises(CommandError, match=r"Out of date: gone\.md, offer\.md, sweep\.md\."):
        run("--check")
    assert (folder / "offer.md").read_text(encoding="utf-8") == "old"  # a check changes nothing
    assert run().endswith("3 written.\n")
    assert run("--check").endswith("0 written.\n")


def test_a_page_draws_every_move_and_says_who_may_not_leave() -> None:
    page = state_pages()["pledge.md"]
    assert "[*] --> requested" in page
    assert "    requested --> pledged: confirm\n" in page
    assert "    released --> [*]\n" in page
    assert "pledged --> [*]" not in page
    assert "| `release_in_part` | release_requested | partially_released | What stays goes on securing" in page
