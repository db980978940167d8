"""manage.py demo_signins"""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.portal.demo.market import MARKETS, PASSWORD
from apps.tenants.models import Platform

ROW = "  {:<12} {:<32} {}"


class Command(BaseCommand):
    help = "Print the addresses of the demo platforms and who can sign in there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("There are no demo sign-ins here: they are shown only where DEBUG is on.")
        there = set(Platform.objects.working().filter(is_demo=True).values_list("schema_name", flat=True))
        for market in MARKETS:
            if market.schema_name in there:
                self.stdout.write(f"\n{market.name} · {market.name_zh}   http://{market.domain}:{_port()}")
                for person in market.people:
                    self.stdout.write(ROW.format(person.role, person.email, person.name))
        if there:
            self.stdout.write(f"\nEverybody's password is {PASSWORD}. Ctrl-C stops Granary and keeps its data.")
        else:
            self.stdout.write("There are no demo platforms here. `manage.py prepare --demo` makes them.")


def _port() -> str:
    return os.environ.get("PORT") or "8000"
