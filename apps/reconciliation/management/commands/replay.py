"""manage.py replay --platform P --from D --to D [--seed N] [--pdfs N]"""

from argparse import ArgumentParser
from dataclasses import astuple
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from apps.orders.models import Order
from apps.products.starter import start_products
from apps.reconciliation.night import missing_dates
from apps.reconciliation.replay import Month, Replay, failed_nights
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform

HEADINGS = ("month", "advanced", "earned", "repaid", "outstanding", "overdue", "limit use", "breaks", "drawn")
WIDTHS = (8, 15, 13, 15, 15, 12, 10, 7, 6)


class Command(PlatformCommand):
    help = "Live through imported history day by day with the real services, and prove the books at the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat, help="first business date")
        parser.add_argument("--to", dest="last", required=True, type=date.fromisoformat, help="last business date")
        parser.add_argument("--seed", type=int, default=1, help="same seed, same result to the cent (default 1)")
        parser.add_argument("--pdfs", type=int, default=20, help="how many contracts become PDFs (default 20)")

    def work(self, platform: Platform, **options: Any) -> None:
        first, last = options["first"], options["last"]
        self._check(platform, first, last)
        Platform.objects.filter(pk=platform.pk).update(nights_by_hand=True)
        start_products(
            currency=platform.currency,
            financier="Granary Credit",
            funding=Decimal(20_000_000),
            business_date=first,
            at=datetime.combine(first, time(8), tzinfo=platform.zone),
            least=Decimal(100),
            most=Decimal(50_000),
        )
        replay = Replay(platform=platform, first=first, last=last, seed=options["seed"], pdfs=options["pdfs"])
        self.stdout.write("".join(text.rjust(width) for text, width in zip(HEADINGS, WIDTHS, strict=True)))
        for month in replay.run():
            self.stdout.write(self._line(month))
            self.stdout.flush()
        for run in failed_nights():
            raise CommandError(f"The night of {run.business_date} is {run.state}.")
        call_command("verify_books", platform=platform.schema_name, stdout=self.stdout)
        call_command("verify_evidence", platform=platform.schema_name, stdout=self.stdout)

    def _check(self, platform: Platform, first: date, last: date) -> None:
        if last < first:
            raise CommandError(f"--to {last} is before --from {first}: nothing was replayed.")
        if not Order.objects.exists():
            raise CommandError(f"{platform.name} has no orders yet. Import some with manage.py import_orders first.")
        missing = missing_dates(platform=platform, through=last)
        if missing and missing[0] > first and platform.opened_on != missing[0]:
            raise CommandError(
                f"The books are closed before {missing[0]}: replay from that date on, or on a new platform."
            )

    def _line(self, month: Month) -> str:
        cells = [f"{value:,.2f}" if isinstance(value, Decimal) else str(value) for value in astuple(month)]
        cells[6] = f"{month.limit_use:.1%}"
        return "".join(text.rjust(width) for text, width in zip(cells, WIDTHS, strict=True))
