"""Order feeds: good lines land, bad ones are named, the same again is nothing, news moves forward only."""

import csv
from pathlib import Path

import pytest

from apps.core.models import Transition
from apps.orders.models import FeedFile, Order
from apps.orders.refusals import FeedRefused
from apps.orders.services import ImportResult, import_orders
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.story import FIRST, Story

HEADER = "order_id,seller_id,status,placed_at,paid_at,shipped_at,delivered_at,ended_at,goods,paid,refunded\n"
PAID = "A1,Li Mei,paid,2025-02-01 10:00:00,2025-02-01 10:05:00,,,,90.00,100.00,0\n"
DELIVERED = PAID.replace("paid,2025", "delivered,2025").replace(
    ",,,,90", ",2025-02-02 08:00:00,2025-02-04 12:00:00,,90"
)


class Feeds:
    """Writes feeds into a folder and takes them in."""

    def __init__(self, folder: Path, story: Story) -> None:
        self.folder, self.story = folder, story
        self.rejects = folder / "rejects.csv"

    def take(self, text: str | bytes, name: str = "feed.csv") -> ImportResult:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_orders(path=path, format="csv", rejects_path=self.rejects, at=self.story.at(FIRST), by="test")

    def reasons(self) -> list[tuple[str, str]]:
        with self.rejects.open(newline="") as rejects:
            return [(row["line"], row["reason"]) for row in csv.DictReader(rejects)]


@pytest.fixture
def feeds(tmp_path: Path, platform: Platform) -> Feeds:
    story = Story(platform)
    story.seller("Li Mei", days=1)
    Order.objects.all().delete()
    return Feeds(tmp_path, story)


def test_an_order_lands_with_its_times_in_the_platforms_zone(feeds: Feeds) -> None:
    result = feeds.take(HEADER + DELIVERED)
    order = Order.objects.get()
    assert (result.landed, result.rejected) == (1, 0)
    assert (order.state, order.paid, str(order.placed_at)) == ("delivered", 100, "2025-02-01 02:00:00+00:00")


def test_the_same_file_twice_is_nothing_new(feeds: Feeds) -> None:
    feeds.take(HEADER + PAID)
    again = feeds.take(HEADER + PAID, name="renamed.csv")
    assert again.known is not None
    assert (Order.objects.count(), FeedFile.objects.count()) == (1, 1)


def test_the_same_orders_in_another_file_are_nothing_new(feeds: Feeds) -> None:
    feeds.take(HEADER + PAID)
    result = feeds.take(HEADER + PAID + "\n")
    assert (result.landed, result.updated, result.unchanged) == (0, 0, 1)


def test_later_news_moves_an_order_forward_and_older_news_never_back(feeds: Feeds) -> None:
    feeds.take(HEADER + PAID)
    assert feeds.take(HEADER + DELIVERED, name="later.csv").updated == 1
    order = Order.objects.get()
    assert [row.verb for row in Transition.of(order)][-2:] == ["ship", "deliver"]
    old = feeds.take(HEADER + PAID + "\n\n", name="older.csv")
    order.refresh_from_db()
    assert (old.updated, old.unchanged, order.state) == (0, 1, "delivered")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (PAID.replace("Li Mei", "Nobody"), "unknown"),
        (PAID.replace("100.00", "-5.00"), "not an amount"),
        (PAID.replace("100.00", "9999999999999"), "below 10^12"),
        (PAID.replace("100.00", "1.001"), "not an amount"),
        (PAID.replace("100.00,0", "100.00,100.01"), "larger than what was paid"),
        (PAID.replace("paid,2025", "sold,2025", 1), "status is none of"),
        (PAID.replace("2025-02-01 10:05", "2025-01-01 10:05"), "paid before it was placed"),
        (PAID.replace("2025-02-01", "2031-02-01"), "in the future"),
        (PAID.replace("2025-02-01", "1931-02-01"), "before the year 2000"),
        (PAID.replace("2025-02-01 10:00:00", "yesterday"), "not a time"),
        (DELIVERED.replace("2025-02-04 12:00:00", "2025-02-01 12:00:00"), "before it was shipped"),
        ("A1,Li Mei,paid\n", "3 cells"),
        ('A1,"Li Mei,paid\n', "quotation mark"),
    ],
)
def test_a_bad_line_is_named_and_the_good_one_lands(feeds: Feeds, line: str, reason: str) -> None:
    good = PAID.replace("A1", "B2")
    result = feeds.take(HEADER + line + good)
    assert (result.landed, result.rejected) == (1, 1)
    assert Order.objects.get().external_id == "B2"
    ((number, said),) = feeds.reasons()
    assert number == "2"
    assert reason in said


def test_a_repeated_line_lands_once(feeds: Feeds) -> None:
    result = feeds.take(HEADER + PAID + PAID)
    assert (result.landed, result.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "feed.csv"),
        (b"a,b,c\n1,2,3\n", "feed.csv"),
        (b"\x1f\x8b\x08\x00 something", "gzip"),
        (b"PK\x03\x04 something", "zip"),
        ((HEADER + PAID).encode("utf-16"), "UTF-16"),
        ((HEADER + PAID).encode() + "é".encode("latin-1") + b"\n", "UTF-8"),
        ((HEADER + PAID).encode() + b"\x00\n", "not text"),
    ],
)
def test_a_file_that_is_something_else_changes_nothing(feeds: Feeds, content: bytes, words: str) -> None:
    with pytest.raises(FeedRefused, match=words):
        feeds.take(content)
    assert not Order.objects.exists()
    assert not FeedFile.objects.exists()


def test_a_folder_or_a_missing_file_is_refused(feeds: Feeds) -> None:
    for path in (feeds.folder, feeds.folder / "missing.csv"):
        with pytest.raises(FeedRefused):
            import_orders(path=path, format="csv", rejects_path=feeds.rejects, at=feeds.story.at(FIRST), by="test")


def test_a_feed_reaches_only_its_own_platform(feeds: Feeds, other_platform: Platform) -> None:
    feeds.take(HEADER + PAID)
    with entered(other_platform.schema_name):
        assert not Order.objects.exists()
        assert not FeedFile.objects.exists()


def test_the_real_marketplace(platform: Platform, shared_data: Path, tmp_path: Path) -> None:
    """33,239 orders, 776 of them without a seller; 1.2 % stand at several sellers; twice is nothing new."""
    folder = shared_data / "olist"
    arguments = {
        "format": "olist",
        "rejects_path": tmp_path / "r.csv",
        "at": Story(platform).at(FIRST).replace(year=2026),
    }
    result = import_orders(path=folder, by="test", **arguments)  # type: ignore[arg-type]
    assert Seller.objects.verified().count() == 3095
    assert (result.landed, result.rejected) == (32_879, 776)
    assert Order.objects.values("external_id").distinct().count() == 33_239 - 776
    assert sum(map(len, Order.objects.values_list("articles", flat=True))) == 37_105
    assert import_orders(path=folder, by="test", **arguments).known is not None  # type: ignore[arg-type]
