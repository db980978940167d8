"""manage.py simulate_faults [--kills 20] [--sellers 200] [--seed 1]"""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from apps.reconciliation.faults import Kill, Worker, kill_workers, own_queue, plan, purge
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.rehearsal import NIGHT, close, prepare, throwaway_platform
from apps.tenants.models import Platform
from apps.tenants.services import entered


class Command(BaseCommand):
    help = (
        "Kill -9 workers in the middle of a night on a platform made for it, and compare its books, line by line, with "
        "those of the same night undisturbed. Both platforms are dropped at the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kills", type=int, default=20, help="how many workers to kill (20)")
        parser.add_argument("--sellers", type=int, default=200, help="each with a live financing (200)")
        parser.add_argument("--seed", type=int, default=1, help="draws the points at which workers are killed (1)")

    def handle(self, *args: Any, **options: Any) -> None:
        kills, sellers, seed = options["kills"], options["sellers"], options["seed"]
        if not 0 < kills <= sellers:
            raise CommandError("--kills must be 1 or more, and --sellers at least as many. Nothing was done.")
        if Platform._meta.db_table not in connection.introspection.table_names():
            raise CommandError("The database has no tables yet. Run `manage.py prepare` first; nothing was done.")
        with own_queue(f"faults-{os.getpid()}"):
            quiet = self._undisturbed(sellers)
            disturbed = self._disturbed(sellers, kills, seed)
        difference = first_difference(quiet, disturbed)
        if difference:
            raise CommandError(f"The books differ.\n  undisturbed: {difference[0]}\n  disturbed:   {difference[1]}")
        self.stdout.write(self.style.SUCCESS(f"books identical: {len(quiet):,} lines"))

    def _undisturbed(self, sellers: int) -> list[str]:
        with throwaway_platform(f"faults_{os.getpid()}_quiet") as platform:
            prepare(platform, sellers=sellers)
            with entered(platform.schema_name):
                run = close(platform)
                self.stdout.write(f"undisturbed night of {NIGHT} over {sellers} sellers: {run.state}")
                return book_lines()

    def _disturbed(self, sellers: int, kills: int, seed: int) -> list[str]:
        queue = f"faults-{os.getpid()}"
        with throwaway_platform(f"faults_{os.getpid()}_disturbed") as platform:
            prepare(platform, sellers=sellers)
            purge(queue)
            pieces = plan(platform)
            killed = kill_workers(
                platform, kills=kills, seed=seed, pieces=pieces, start_worker=lambda: Worker(queue=queue)
            )
            self._tell(killed, pieces)
            if len(killed) < kills:
                self.stdout.write(f"the night was over before {kills} kills: ask for more sellers")
            with entered(platform.schema_name):
                self.stdout.write(f"disturbed night: {NightlyRun.objects.get(business_date=NIGHT).state}")
                return book_lines()

    def _tell(self, killed: list[Kill], pieces: int) -> None:
        for number, kill in enumerate(killed, start=1):
            self.stdout.write(f"kill -9 number {number:>2} after {kill.after:>4} of {pieces} pieces")
        self.stdout.write(f"killed {len(killed)} times, resumed {sum(kill.resumed for kill in killed)} times")
