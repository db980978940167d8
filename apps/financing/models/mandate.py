"""How much a role, or one person, may approve alone."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import AmountField
from apps.users.models import Role

DECIDING_ROLES = (Role.FINANCIER, Role.APPROVER)


class ApprovalLimit(models.Model):
    """The most that people of a role may each approve alone, or that one person may, whose own row goes before their
    role's. Without a row nothing. A change is on the evidence log (`services.set_approval_limit`)."""

    role = models.CharField(
        _("role"),
        max_length=12,
        blank=True,
        choices=[(role.value, role.label) for role in DECIDING_ROLES],
        help_text=_("Whom it holds for: everybody of a role, or one person."),
    )
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approval_limit",
    )
    most = AmountField(_("most alone"), help_text=_("In the platform's currency, included. 0 takes the right away."))
    because = models.CharField(_("why"), max_length=300)
    set_by = models.CharField(max_length=80, editable=False)
    set_at = models.DateTimeField(editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(role="", person__isnull=False) | Q(role__in=DECIDING_ROLES, person=None),
                name="approval_limit_of_role_or_person",
                violation_error_message=_("Choose a role or a person, not both."),
            ),
            models.UniqueConstraint(
                fields=["role"],
                condition=~Q(role=""),
                name="approval_limit_once_a_role",
                violation_error_message=_("This role has a limit already. Change that one."),
            ),
            models.CheckConstraint(
                condition=Q(most__gte=0),
                name="approval_limit_not_negative",
                violation_error_message=_("A limit cannot be below zero."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.person) if self.person else str(Role(self.role).label)
