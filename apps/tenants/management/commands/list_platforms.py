"""manage.py list_platforms"""

from typing import Any

from django.core.management.base import BaseCommand

from apps.tenants.models import Platform


class Command(BaseCommand):
    help = "List the working platforms: schema name, domain, currency, time zone."

    def handle(self, *args: Any, **options: Any) -> None:
        for platform in Platform.objects.working().order_by("schema_name").prefetch_related("domains"):
            domains = ", ".join(domain.domain for domain in platform.domains.all())
            self.stdout.write(f"{platform.schema_name}  {domains}  {platform.currency}  {platform.time_zone}")
