"""People and what their role lets them do. Each platform has its own users."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.users.contacts import Contact

E164 = r"^\+[1-9][0-9]{6,14}$"
MOST_TRIES = 5


class Role(models.TextChoices):
    SELLER = "seller", _("Seller")
    FINANCIER = "financier", _("Financier administrator")
    ANALYST = "analyst", _("Analyst")
    APPROVER = "approver", _("Approver")
    STAFF = "staff", _("Platform staff")
    AUDITOR = "auditor", _("Auditor")
    WAREHOUSE = "warehouse", _("Warehouse operator")


# Who works for the financier: one who may do all that financiers do, one who prepares, one who decides.
FINANCIERS = frozenset({Role.FINANCIER, Role.ANALYST, Role.APPROVER})

# What a role may do in the admin, by app label or by model: the verbs of Django's model permissions, and two of ours:
# decide (say yes or no to what others prepared) and export (take a list away as a file, which leaves a trace).
# "*" stands for every app. Rows that hold money are view-only for everyone; see core.admin.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    Role.SELLER: {},
    Role.FINANCIER: {
        "*": frozenset({"view", "export"}),
        "products": frozenset({"view", "export", "add", "change", "decide"}),
        "warehousing": frozenset({"view", "export", "add", "change", "decide"}),
        "financing": frozenset({"view", "export", "decide"}),
        "financing.allocationplan": frozenset({"view", "export", "add", "decide"}),
        "financing.approvallimit": frozenset({"view", "export", "add", "change"}),
    },
    Role.ANALYST: {
        "*": frozenset({"view"}),
        "products.financingproduct": frozenset({"view", "add", "change"}),
        "products.productversion": frozenset({"view", "add", "change"}),
        "financing.allocationplan": frozenset({"view", "add"}),
    },
    Role.APPROVER: {
        "*": frozenset({"view"}),
        "products.productversion": frozenset({"view", "decide"}),
        "products.withdrawal": frozenset({"view", "decide"}),
        "financing.application": frozenset({"view", "decide"}),
        "financing.allocationplan": frozenset({"view", "decide"}),
        "warehousing.pledge": frozenset({"view", "decide"}),
    },
    Role.STAFF: {
        "*": frozenset({"view"}),
        "users": frozenset({"view", "add", "change"}),
        "sellers": frozenset({"view", "add", "change"}),
        "warehousing": frozenset({"view", "add"}),
    },
    Role.AUDITOR: {"*": frozenset({"view", "export"})},
    Role.WAREHOUSE: {},
}


class UserManager(BaseUserManager["User"]):
    """Making users."""

    def create_user(
        self, *, role: str, email: str | None = None, password: str | None = None, name: str = "", **fields: Any
    ) -> "User":
        """A person who is reached by `email`, by `phone` (E.164), or by both. Raises ValidationError."""
        user = self.model(email=self.normalize_email(email).lower() or None, role=role, name=name, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user

    def reached_by(self, contact: Contact) -> "User | None":
        """The person whom that e-mail address or telephone number belongs to."""
        return self.filter(**{contact.kind: contact.value}).first()


class User(AbstractBaseUser):
    """A person of one platform, with exactly one role."""

    email = models.EmailField(unique=True, null=True, blank=True)
    phone = models.CharField(
        max_length=16, unique=True, null=True, blank=True, help_text="E.164, such as +8613800138000."
    )
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    language = models.CharField(max_length=8, default="en", choices=[("en", "English"), ("zh-hans", "中文")])
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(condition=models.Q(phone__regex=E164), name="user_phone_e164"),
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(phone__isnull=False), name="user_can_be_reached"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or self.actor

    @property
    def contact(self) -> Contact:
        """Where messages reach this person: the e-mail address, or else the telephone."""
        return Contact.of(self.email or self.phone or "")

    @property
    def actor(self) -> str:
        """How this person is named in logs and journals: a key, not personal data."""
        return f"user:{self.pk}"

    @property
    def is_staff(self) -> bool:
        """Whether the admin lets this person in at all."""
        return bool(RIGHTS.get(self.role))

    is_superuser = False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and bool(self._verbs(app_label))

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:  # noqa: ARG002  Django's signature
        app_label, _dot, codename = perm.partition(".")
        verb, _line, model = codename.partition("_")
        return self.is_active and verb in self._verbs(app_label, model)

    def has_perms(self, perms: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def _verbs(self, app_label: str, model: str = "") -> frozenset[str]:
        rights = RIGHTS.get(self.role, {})
        return rights.get(f"{app_label}.{model}") or rights.get(app_label) or rights.get("*", frozenset())


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    """Codes that were sent."""

    def open(self, at: datetime) -> "OneTimeCodeQuerySet":
        """Codes neither used nor run out at instant `at`."""
        return self.filter(used_at=None, expires_at__gt=at)


class OneTimeCode(models.Model):
    """A code sent to prove that a contact is in the hands of who types it. Kept as a digest only; see `users.codes`."""

    contact = models.CharField(max_length=254)
    purpose = models.CharField(max_length=60, help_text="What it confirms, such as sign-in or contract:7.")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(tries__lte=MOST_TRIES), name="one_time_code_tries_limited"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["contact", "purpose"], condition=models.Q(used_at=None), name="one_time_code_open")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
