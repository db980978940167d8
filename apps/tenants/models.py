"""Platforms, the tenants. Their rows and domains are all that the public schema knows about them."""

from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models.functions import Lower
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.dates import last_due_date, local_date
from apps.core.models import CurrencyField, LocallyNamed

TEMPLATE_SCHEMA = "template"


class PlatformQuerySet(models.QuerySet["Platform"]):
    """Which platforms there are."""

    def platforms(self) -> "PlatformQuerySet":
        """All but the template, suspended ones too."""
        return self.exclude(schema_name__in=[TEMPLATE_SCHEMA, "public"])

    def working(self) -> "PlatformQuerySet":
        """Platforms that people and tasks may enter: neither the template nor suspended ones."""
        return self.platforms().filter(suspended_at=None)


class Platform(LocallyNamed, TenantMixin):
    """A marketplace, livestream seller or farm-produce platform: one schema, one currency, one time zone."""

    clone_mode = "NODATA"
    auto_create_schema = False

    name = models.CharField(max_length=120)
    name_zh = models.CharField("name in Chinese", max_length=120, blank=True)
    currency = CurrencyField()
    time_zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, default="CN", help_text="ISO 3166; decides the bank holidays.")
    cut_off = models.TimeField(default=time(2, 0), help_text="When the night of a business date may start, next day.")
    opened_on = models.DateField(help_text="The first business date of the books.")
    nights_by_hand = models.BooleanField(
        default=False, help_text="Nights start only by command, as for a platform that replays its past."
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    signed_as = models.CharField(
        max_length=63, blank=True, default="", help_text="The name in its seals, when restored under another one."
    )
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlatformQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def signed_name(self) -> str:
        """The name that its evidence log's signatures state; it never changes."""
        return self.signed_as or self.schema_name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def business_date(self, at: datetime) -> date:
        """The business date that is open at instant `at`."""
        return local_date(at, self.zone)

    def last_due_date(self, at: datetime) -> date:
        """The latest business date whose night may run at instant `at`."""
        return last_due_date(at, self.zone, self.cut_off)


class Domain(DomainMixin):
    """A host name that leads to a platform."""

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_is_lower_case")
        ]


class Encumbrance(models.Model):
    """Something is held by some platform: nobody can read from it what, or by which (tenants/registry.py)."""

    digest = models.BinaryField(primary_key=True)
    key = models.CharField(max_length=12, help_text="The name of the key that the digest was made with.")
    holder = models.BinaryField(help_text="Whoever can make it again holds the goods.")

    def __str__(self) -> str:
        return self.key
