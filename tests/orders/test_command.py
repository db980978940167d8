"""manage.py import_orders: what the operator reads."""

import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.orders.models import Order
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_seller
from tests.orders.feed_files import DELIVERED, feed


@pytest.fixture
def meadow(two_platforms: tuple[Platform, Platform]) -> str:
    with entered("meadow"):
        make_seller(external_id="S-1")
    return "meadow"


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command(
        "import_orders", str(path), stdout=out, **{"platform": "meadow", "format": "csv", "rejects": None, **options}
    )
    return out.getvalue()


def test_it_tells_what_became_of_the_lines_and_where_the_bad_ones_are(tmp_path: Path, meadow: str) -> None:
    path = feed(tmp_path, DELIVERED, {**DELIVERED, "order_id": "A-2", "seller_id": "S-2"})
    said = run(path, rejects=tmp_path / "bad.csv")
    assert "2 lines read: 1 orders are new, 0 moved on, 0 are as they were, 1 lines were rejected." in said
    assert f"The rejected lines are in {tmp_path / 'bad.csv'}" in said
    assert "Nothing to do: these very bytes came as orders.csv on" in run(path)
    with entered("meadow"):
        assert Order.objects.count() == 1
    with entered("harbor"):
        assert not Order.objects.exists()


def test_rejects_lie_under_var_unless_a_place_is_named(tmp_path: Path, meadow: str, settings: Any) -> None:
    settings.BASE_DIR = tmp_path / "checkout"
    folder = tmp_path / "read-only"
    folder.mkdir()
    run(feed(folder, {**DELIVERED, "seller_id": "S-2"}))
    assert [file.name for file in folder.iterdir()] == ["orders.csv"]
    assert (tmp_path / "checkout" / "var" / "rejects" / "meadow" / "orders.csv.rejects.csv").exists()


def test_a_wrong_file_and_a_wrong_platform_are_one_sentence(tmp_path: Path, meadow: str) -> None:
    with pytest.raises(CommandError, match=r"No such file or directory\. Nothing was changed"):
        run(tmp_path / "missing.csv")
    with pytest.raises(CommandError, match="no working platform 'nowhere'"):
        run(feed(tmp_path, DELIVERED), platform="nowhere")
    with entered("meadow"):
        assert not Order.objects.exists()


def test_the_progress_bar_is_for_terminals(
    tmp_path: Path, meadow: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(feed(tmp_path, DELIVERED))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(feed(tmp_path, {**DELIVERED, "order_id": "A-3"}, name="next.csv"))
    drawn = capsys.readouterr().err
    assert "100% next.csv" in drawn
    assert drawn.endswith("\n")
