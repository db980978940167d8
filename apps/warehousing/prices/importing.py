"""Taking in files of prices."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

from django.db import transaction

from apps.core.turns import take_turn
from apps.tenants.services import current_platform
from apps.warehousing.models import Commodity, CommodityPrice, PriceFile
from apps.warehousing.prices import own, pink_sheet
from apps.warehousing.prices.judging import Judged, Known, judge
from apps.warehousing.prices.names import IN_CHINESE
from apps.warehousing.prices.reading import PriceTold, Series
from apps.warehousing.sheets import FileRefused, NotTold, SentFile, keep_rejects, sent_file
from apps.warehousing.units import bushel_of

Format = Literal["csv", "pink-sheet"]
FORMATS: dict[Format, Callable[[SentFile], Iterator[PriceTold | NotTold]]] = {
    "csv": own.told_in,
    "pink-sheet": pink_sheet.told_in,
}
MOST_BAD_LINES = 100_000


@dataclass(frozen=True, slots=True)
class ImportedPrices:
    """What became of a file. `told` is the sum of the five counts that follow it.

    told          prices that the file tells, or should: lines of a long layout, cells of a wide one
    landed        prices of dates that had none
    corrected     prices that supersede an earlier one of their date; the earlier one stays on record
    unchanged     prices that were known as they are
    passed_over   what was never meant to be a price; `reasons` counts why
    rejected      what did not land, each with its reason in the file `rejects_path`
    new           commodities that were not known before
    holes, stale  sentences: dates without a price for longer than its commodity allows, and series that end so
    known         the earlier intake of the very same bytes; then nothing was read
    """

    told: int = 0
    landed: int = 0
    corrected: int = 0
    unchanged: int = 0
    passed_over: int = 0
    rejected: int = 0
    rejects_path: Path | None = None
    reasons: Mapping[str, int] | None = None
    new: Sequence[str] = ()
    holes: Sequence[str] = ()
    stale: Sequence[str] = ()
    known: PriceFile | None = None


def import_prices(
    *, path: Path, format: Format, rejects_path: Path, accept_steps: bool = False, at: datetime, by: str
) -> ImportedPrices:
    """Take in the prices at `path` for the platform that is entered; `at` is when they become known.

    The same bytes again are a no-op, the same prices in another file nothing new, another price for a past date a new
    revision that supersedes. Bad lines go to `rejects_path` with number and reason while the good ones land. With
    `accept_steps` a person takes responsibility for prices that rose or fell further than their commodity's
    `largest_step`; a file of which some waited may then be sent once more. One import a platform at a time.

    Raises FileRefused, with a sentence, when the file cannot be read or is something else. Then nothing was changed.
    """
    sent = sent_file(path)
    entries = list(FORMATS[format](sent))
    told = [entry for entry in entries if isinstance(entry, PriceTold)]
    not_told = [entry for entry in entries if isinstance(entry, NotTold)]
    today = current_platform().business_date(at)
    with transaction.atomic():
        take_turn("prices")
        earlier = PriceFile.objects.filter(sha256=sent.sha256, steps_accepted=accept_steps).first()
        if earlier is not None:
            return ImportedPrices(known=earlier)
        new = _introduce(told)
        commodities = Commodity.objects.in_bulk({price.series.commodity for price in told}, field_name="code")
        known = _known(commodities)
        judged = _judge(told, known, commodities, today=today, accept_steps=accept_steps)
        bad = _bad(sent.name, not_told, judged.values())
        if bad:
            keep_rejects(rejects_path, bad)
        landed = [landing for verdict in judged.values() for landing in verdict.landed]
        file = PriceFile.objects.create(
            sha256=sent.sha256, kind=format, name=sent.name[:200], taken_in_at=at, steps_accepted=accept_steps,
            told=len(entries), landed=len(landed), rejected=len(bad), by=by,
        )  # fmt: skip
        _store(landed, file)
    corrected = sum(revision > 1 for _price, revision in landed)
    holes, stale = _gaps(judged, known, commodities, today)
    return ImportedPrices(
        told=len(entries),
        landed=len(landed) - corrected,
        corrected=corrected,
        unchanged=sum(verdict.unchanged for verdict in judged.values()),
        passed_over=sum(not entry.is_fault for entry in not_told),
        rejected=len(bad),
        rejects_path=rejects_path if bad else None,
        reasons=Counter(entry.reason for entry in not_told if not entry.is_fault),
        new=new,
        holes=holes,
        stale=stale,
    )


def _judge(
    told: Iterable[PriceTold],
    known: Mapping[Series, Mapping[date, Known]],
    commodities: Mapping[str, Commodity],
    *,
    today: date,
    accept_steps: bool,
) -> dict[Series, Judged]:
    by_series: defaultdict[Series, list[PriceTold]] = defaultdict(list)
    for price in told:
        by_series[price.series].append(price)
    return {
        series: judge(
            prices,
            known.get(series, {}),
            today=today,
            largest_step=None if accept_steps else commodities[series.commodity].largest_step,
        )
        for series, prices in by_series.items()
    }


def _store(landed: Iterable[tuple[PriceTold, int]], file: PriceFile) -> None:
    rows = (
        CommodityPrice(
            **price.series._asdict(),
            on=price.on,
            price=price.price,
            revision=revision,
            recorded_at=file.taken_in_at,
            file=file,
        )
        for price, revision in landed
    )
    CommodityPrice.objects.bulk_create(rows, batch_size=5_000)


def _introduce(told: Iterable[PriceTold]) -> list[str]:
    """Make the commodities that are not there yet, with the usual bounds; answers their codes."""
    names = {price.series.commodity: price for price in told}
    there = set(Commodity.objects.filter(code__in=names).values_list("code", flat=True))
    new = sorted(names.keys() - there)
    Commodity.objects.bulk_create(
        Commodity(
            code=code,
            name=names[code].name,
            name_zh=names[code].name_zh or IN_CHINESE.get(code, ""),
            bushel_kg=bushel_of(code),
        )
        for code in new
    )
    return new


def _known(commodities: Iterable[str]) -> Mapping[Series, Mapping[date, Known]]:
    """Every price of the commodities as it stands: the highest revision of each date."""
    known: defaultdict[Series, dict[date, Known]] = defaultdict(dict)
    rows = CommodityPrice.objects.filter(commodity__in=list(commodities)).order_by("revision")
    for *series, on, price, revision in rows.values_list(*Series._fields, "on", "price", "revision"):
        known[Series(*series)][on] = Known(price, revision)
    return known


def _bad(file: str, not_told: Iterable[NotTold], verdicts: Iterable[Judged]) -> list[tuple[str, int, str, str]]:
    bad = [(file, entry.line, entry.reason, entry.text) for entry in not_told if entry.is_fault]
    bad += [(file, price.line, reason, price.text) for verdict in verdicts for price, reason in verdict.rejected]
    if len(bad) > MOST_BAD_LINES:
        _name, line, reason, _text = min(bad)
        raise FileRefused(
            f"More than {MOST_BAD_LINES} lines are bad, first line {line} of {file}: {reason} Nothing was changed."
        )
    return bad


def _gaps(
    judged: Mapping[Series, Judged],
    known: Mapping[Series, Mapping[date, Known]],
    commodities: Mapping[str, Commodity],
    today: date,
) -> tuple[list[str], list[str]]:
    """Holes beside prices that have just landed, and series whose newest price is too old today."""
    holes, stale = [], []
    for series, verdict in judged.items():
        commodity = commodities[series.commodity]
        longest = timedelta(days=commodity.max_price_age)
        fresh = {price.on for price, _revision in verdict.landed}
        days = sorted(fresh | known.get(series, {}).keys())
        holes += [
            f"{commodity}: no price between {one} and {next_one}, {(next_one - one).days} days."
            for one, next_one in pairwise(days)
            if next_one - one > longest and fresh & {one, next_one}
        ]
        if days and today - days[-1] > longest:
            stale.append(
                f"{commodity}: the newest price is of {days[-1]}, {(today - days[-1]).days} days old; "
                f"{commodity.max_price_age} are allowed."
            )
    return holes, stale
