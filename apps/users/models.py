"""People and what their role lets them do. Each platform has its own users."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SELLER = "seller", _("Seller")
    FINANCIER = "financier", _("Financier")
    STAFF = "staff", _("Platform staff")
    AUDITOR = "auditor", _("Auditor")


# What a role may do in the admin, by app label: the verbs of Django's model permissions. "*" stands for every app.
# Rows that hold money are view-only for everyone; see core.admin.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    Role.SELLER: {},
    Role.FINANCIER: {
        "*": frozenset({"view"}),
        "products": frozenset({"view", "add", "change"}),
        "warehousing": frozenset({"view", "add", "change"}),
    },
    Role.STAFF: {
        "*": frozenset({"view"}),
        "users": frozenset({"view", "add", "change"}),
        "sellers": frozenset({"view", "add", "change"}),
    },
    Role.AUDITOR: {"*": frozenset({"view"})},
}


class UserManager(BaseUserManager["User"]):
    """Making users."""

    def create_user(self, *, email: str, password: str | None, role: str, name: str = "", **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), role=role, name=name, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user


class User(AbstractBaseUser):
    """A person of one platform, with exactly one role."""

    email = models.EmailField(unique=True)
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
        ]

    def __str__(self) -> str:
        return self.name or self.email

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
        return self.is_active and codename.partition("_")[0] in self._verbs(app_label)

    def has_perms(self, perms: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def _verbs(self, app_label: str) -> frozenset[str]:
        rights = RIGHTS.get(self.role, {})
        return rights.get(app_label, rights.get("*", frozenset()))
