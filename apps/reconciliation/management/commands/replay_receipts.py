"""manage.py replay_receipts PATH [--first 2005-01-31] [--last 2011-12-31]"""

import os
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from apps.reconciliation.goods_replay import Quotes, Row, quotes_by_commodity, rows, through_the_fall
from apps.reconciliation.rehearsal import throwaway_platform
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.cohorts import Loan
from apps.warehousing.sheets import FileRefused

HEAD = (
    "Commodity", "Haircut", "Called at", "Loans", "Highest LTV", "Loans called", "Cured by price", "Goods sold",
    "With a loss", "Lost of all lent", "Worst loan lost", "Cash cures", "Most cash asked",
)  # fmt: skip
BEFORE_THE_FALL, FALL_HAIRCUT = date(2008, 6, 30), Decimal("0.3")
LONGEST = timedelta(days=430)


class Command(BaseCommand):
    help = (
        "Replay loans on cotton, palm oil, coffee and copper in store on the World Bank's monthly prices, on a "
        "platform made for it and dropped at the end. Prints the tables of docs/receipts-replay.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="the Pink Sheet as CSV")
        parser.add_argument(
            "--first", type=date.fromisoformat, default=date(2005, 1, 31), help="month of the first loan"
        )
        parser.add_argument(
            "--last", type=date.fromisoformat, default=date(2011, 12, 31), help="month of the last loan"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError("--last lies before --first. Nothing was done.")
        if Platform._meta.db_table not in connection.introspection.table_names():
            raise CommandError("The database has no tables yet. Run `manage.py prepare` first; nothing was done.")
        quotes = self._quotes(options["path"], first, last + LONGEST)
        self.stdout.write("\n".join(table(rows(quotes, last_taken=last))))
        if first <= BEFORE_THE_FALL <= last:
            loans = through_the_fall(quotes, taken_on=BEFORE_THE_FALL, haircut=FALL_HAIRCUT)
            self.stdout.write("\n" + "\n".join(fall(loans)))

    def _quotes(self, path: Path, first: date, last: date) -> dict[str, Quotes]:
        name = f"receipts_{os.getpid()}"
        with throwaway_platform(name), entered(name), TemporaryDirectory() as folder:
            rejects = Path(folder) / "rejects.csv"
            try:
                return quotes_by_commodity(path=path, rejects_path=rejects, first=first, last=last, at=timezone.now())
            except (FileRefused, OSError) as error:
                raise CommandError(f"{error} Nothing was kept.") from error


def table(found: Iterator[Row]) -> Iterator[str]:
    """The lines of a Markdown table of `found`."""
    yield _line(HEAD)
    yield _line(["---", *["--:"] * (len(HEAD) - 1)])
    for row in found:
        silent, paying = row.silent, row.paying
        yield _line(
            [
                row.commodity, _percent(row.haircut, 0), _percent(1 - row.haircut / 2, 0), str(silent.loans),
                _percent(silent.highest_ratio, 1), str(silent.called), str(silent.cured_by_price), str(silent.sold),
                str(silent.with_loss), _percent(silent.loss, 2), _percent(silent.worst_loss, 1),
                str(paying.cash_cures), _percent(paying.largest_cure, 1),
            ]
        )  # fmt: skip


def fall(loans: dict[str, Loan]) -> Iterator[str]:
    """The lines of a Markdown table: a line a month's end, the loan-to-value ratio and state of each of `loans`."""
    yield _line(["Month's end", *loans])
    yield _line(["---", *["--:"] * len(loans)])
    days = sorted({month.on for loan in loans.values() for month in loan.months})
    for day in days:
        cells = []
        for loan in loans.values():
            month = next((one for one in loan.months if one.on == day), None)
            state = "" if month is None or month.state == "ok" else f" {month.state}"
            cells.append("" if month is None else f"{_percent(month.ratio, 1)}{state}")
        yield _line([day.isoformat(), *cells])
    yield _line(
        ["Sold at a loss of", *(_percent(loan.loss / loan.lent, 1) if loan.sold_on else "" for loan in loans.values())]
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: Decimal, decimals: int) -> str:
    return f"{share * 100:.{decimals}f} %"
