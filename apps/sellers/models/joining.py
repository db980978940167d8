"""How sellers come in: invitations, and what they tell about themselves."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.sellers.models.seller import Seller


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Links that were sent."""

    def open(self, at: datetime) -> "InvitationQuerySet":
        """Links neither used nor run out at instant `at`."""
        return self.filter(accepted_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """A link sent to a seller's e-mail address or telephone. It opens once, until it runs out; kept as a digest."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="invitations")
    contact = models.CharField(max_length=254)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=80)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.CharField(max_length=80, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by="") | (Q(accepted_at__isnull=False) & ~Q(accepted_by="")),
                name="invitation_acceptance_paired",
            ),
            models.UniqueConstraint(
                fields=["seller"], condition=Q(accepted_at__isnull=False), name="invitation_accepted_once_a_seller"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} {self.invited_at:%Y-%m-%d}"


class Particulars(models.Model):
    """Who a seller is and what they do, in their own words, until staff have checked it."""

    class LegalForm(models.TextChoices):
        PERSON = "person", _("I sell as a person")
        COMPANY = "company", _("A company sells")

    seller = models.OneToOneField(Seller, on_delete=models.PROTECT, related_name="particulars")
    legal_form = models.CharField(max_length=8, choices=LegalForm.choices, blank=True)
    legal_name = models.CharField(max_length=140, blank=True)
    number_kind = models.CharField(max_length=24, blank=True, help_text="Which number it is, such as cn.uscc.")
    number = models.CharField(max_length=34, blank=True, help_text="Tax, company or identity number.")
    shop_number = models.CharField(max_length=64, blank=True, help_text="As the seller gives it.")
    sells_since = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "particulars"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(legal_form__in=["", "person", "company"]), name="particulars_form_known")
        ]

    def __str__(self) -> str:
        return self.legal_name or str(self.seller)
