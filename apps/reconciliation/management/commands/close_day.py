"""manage.py close_day --platform P --date D"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.reconciliation.models import NightlyRun
from apps.reconciliation.night import NightRefused, close_days, run_night
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform


class Command(PlatformCommand):
    help = "Run the night of a business date, every missed date before it first. A night that is over stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--date", required=True, type=date.fromisoformat, help="business date, YYYY-MM-DD")

    def work(self, platform: Platform, **options: Any) -> None:
        day: date = options["date"]
        if day > platform.business_date(timezone.now()):
            raise CommandError(f"{day} lies in the future of {platform.name}: nothing was closed.")
        try:
            runs = list(close_days(platform=platform, through=day, clock=timezone.now, by="command"))
            if not runs:
                runs = [run_night(platform=platform, business_date=day, clock=timezone.now, by="command")]
        except NightRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for run in runs:
            self._tell(run)
        if not runs[-1].is_over:
            raise CommandError(
                f"The night of {runs[-1].business_date} failed; see its steps on the desk and run it again."
            )

    def _tell(self, run: NightlyRun) -> None:
        self.stdout.write(f"{run.business_date}: {run.state}")
        for step in run.steps.all():
            total = f"  {step.total:,.2f}" if step.total is not None else ""
            self.stdout.write(
                f"  {step.name:18} {step.state:8} {step.done:>8} done {step.failed:>4} set aside{total}  {step.reason}"
            )
