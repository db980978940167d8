"""manage.py create_platform NAME --domain D --currency C --time-zone TZ"""

import re
from argparse import ArgumentParser
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.dates import local_date
from apps.tenants.services import PlatformRefused, create_platform


class Command(BaseCommand):
    help = "Make a platform: its schema, its domain, its currency and its time zone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what people call it; its schema name is made from this")
        parser.add_argument("--domain", required=True, help="the host name that leads to it, such as olive.localhost")
        parser.add_argument("--currency", required=True, help="ISO 4217, such as CNY")
        parser.add_argument("--time-zone", required=True, help="such as Asia/Shanghai")
        parser.add_argument("--country", default="CN", help="ISO 3166, for bank holidays (default CN)")
        parser.add_argument("--name-zh", default="", help="its name in Chinese")
        parser.add_argument("--schema", default="", help="schema name, when NAME has no letters a to z")
        parser.add_argument("--cut-off", type=time.fromisoformat, default=time(2, 0), help="local time, default 02:00")
        parser.add_argument("--opened-on", type=date.fromisoformat, help="first business date, default today")

    def handle(self, *args: Any, **options: Any) -> None:
        schema_name = options["schema"] or re.sub(r"[^a-z0-9]+", "_", options["name"].lower()).strip("_")
        if not schema_name:
            raise CommandError(f"{options['name']!r} has no letters a to z to make a schema name of: give --schema.")
        try:
            platform = create_platform(
                schema_name=schema_name,
                name=options["name"],
                name_zh=options["name_zh"],
                domain=options["domain"],
                currency=options["currency"],
                time_zone=options["time_zone"],
                country=options["country"],
                cut_off=options["cut_off"],
                opened_on=options["opened_on"] or _today(options["time_zone"]),
                by="command",
            )
        except PlatformRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{platform.name} is ready: schema {platform.schema_name}, http://{options['domain']}")


def _today(time_zone: str) -> date:
    """The date there; for a zone that does not exist any date will do, as the platform is refused."""
    return local_date(timezone.now(), ZoneInfo(time_zone if time_zone in available_timezones() else "UTC"))
