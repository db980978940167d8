"""Taking in order feeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from django.db import transaction

from apps.core import bulk
from apps.core.turns import take_turn
from apps.orders.feeds.intake import Intake, Progress, silent
from apps.orders.feeds.landing import Landed, land
from apps.orders.feeds.olist import OlistFeed
from apps.orders.feeds.own import OwnFeed
from apps.orders.feeds.staging import prepare
from apps.orders.feeds.text import digest_of
from apps.orders.models import FeedFile
from apps.sellers.services import onboard_from_platform
from apps.tenants.models import Platform
from apps.tenants.services import current_platform

Format = Literal["csv", "olist"]
FORMATS: dict[Format, type[OwnFeed] | type[OlistFeed]] = {"csv": OwnFeed, "olist": OlistFeed}
CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a feed.

    lines      lines read, over all of its files; `files` has them by file
    landed     orders that are new (an order over several sellers is one for each)
    updated    orders that moved on
    unchanged  orders of which nothing new was told, older news among them
    rejected   lines that did not land, each with its reason in the file `rejects_path`
    notes      how many orders were odd in which way, and how that was taken
    known      the earlier intake of the very same bytes; then nothing was read
    """

    lines: int = 0
    files: Mapping[str, int] = field(default_factory=dict)
    landed: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_path: Path | None = None
    notes: Mapping[str, int] = field(default_factory=dict)
    known: FeedFile | None = None


def import_orders(
    *, path: Path, format: Format, rejects_path: Path, progress: Progress = silent, at: datetime, by: str
) -> ImportResult:
    """Take in the order feed at `path` (a file for `csv`, a folder for `olist`) for the platform that is entered.

    The same bytes again are a no-op; the same orders in another file are nothing new; later news moves orders forward,
    never back. Bad lines are written to `rejects_path` with number and reason while the good ones land. Times without
    an offset are in the platform's zone, amounts in its currency. One import a platform at a time; another one waits.

    Raises FeedRefused, with a sentence, when the feed cannot be read or is something else. Then nothing was changed.
    """
    platform, intake = current_platform(), Intake(progress)
    with transaction.atomic():
        feed = FORMATS[format](path, platform.currency, platform.zone, intake)
        digest = digest_of(feed.files())
        take_turn("order files")
        known = FeedFile.objects.filter(sha256=digest).first()
        if known is not None:
            return ImportResult(known=known)
        feed_id = bulk.next_ids(FeedFile, 1)[0]
        landed = _land(feed, feed_id, platform, at, by)
        for number, line in feed.orders.numbered(landed.faults.keys()):
            intake.reject(feed.orders.name, number, landed.faults[number], line)
        if intake.bad:
            intake.write_rejects(rejects_path)
        FeedFile.objects.create(
            id=feed_id, sha256=digest, kind=format, name=path.name[:200], taken_in_at=at, lines=intake.lines.total(),
            landed=landed.new + landed.moved, rejected=len(intake.bad), by=by,
        )  # fmt: skip
    return ImportResult(
        lines=intake.lines.total(),
        files=intake.lines,
        landed=landed.new,
        updated=landed.moved,
        unchanged=landed.unchanged,
        rejected=len(intake.bad),
        rejects_path=rejects_path if intake.bad else None,
        notes=+intake.notes,
    )


def _land(feed: OwnFeed | OlistFeed, feed_id: int, platform: Platform, at: datetime, by: str) -> Landed:
    onboard_from_platform(sellers=feed.newcomers(), currency=platform.currency, at=at, by=by)
    prepare()
    expected, unread = feed.stage()
    landed = land(
        feed.told,
        expected,
        feed_id=feed_id,
        currency=platform.currency,
        latest=at + CLOCKS_DIFFER,
        reason=f"feed {feed.orders.name}",
        at=at,
        by=by,
    )
    landed.faults |= unread
    return landed
