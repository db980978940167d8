"""Platform staff make the users of sellers. Everyone else's users come from the platform's operator."""

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth import password_validation
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core.admin import GranaryAdmin, ViewOnlyAdmin
from apps.tenants.services import current_platform
from apps.users.contacts import read_phone
from apps.users.models import OneTimeCode, Role, User

# Rights come from roles and sign-in from users.User: some tables of Django and allauth are not used, and what devices
# and second factors a person has is shown to that person alone.
for unused in (EmailAddress, EmailConfirmation, Group, Authenticator, UserSession):
    if admin.site.is_registered(unused):
        admin.site.unregister(unused)


class SellerUserForm(forms.ModelForm[User]):
    """A seller's user. The password is told to the person; it can be set anew here."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Leave it empty to keep the present one."),
    )

    class Meta:
        model = User
        fields = ("email", "phone", "name", "language", "is_active")

    def clean_email(self) -> str | None:
        return str(self.cleaned_data["email"] or "").lower() or None

    def clean_phone(self) -> str | None:
        typed = str(self.cleaned_data["phone"] or "")
        return read_phone(typed, current_platform().country).value if typed else None

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not typed.get("email") and not typed.get("phone") and not self.errors:
            raise ValidationError(_("Give an e-mail address or a telephone number to sign in with."))
        return typed

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        if not password and self.instance.pk is None:
            raise ValidationError(_("Give the new user a password to sign in with the first time."))
        if password:
            password_validation.validate_password(password, self.instance)
        return password


@admin.register(User)
class UserAdmin(GranaryAdmin):
    form = SellerUserForm
    list_display = ("email", "phone", "name", "role", "language", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "phone", "name")
    ordering = ("email",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        seen = ["email", "phone", "name", "language", "is_active"]
        if obj is None or self.has_change_permission(request, obj):
            return [*seen, "new_password"]
        return ["role", *seen, "date_joined", "last_login"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sellers' users only: nobody gives themselves or others more rights here."""
        return super().has_change_permission(request, obj) and (obj is None or obj.role == Role.SELLER)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if not change:
            obj.role = Role.SELLER
        if form.cleaned_data["new_password"]:
            obj.set_password(form.cleaned_data["new_password"])
        obj.save()


@admin.register(OneTimeCode)
class OneTimeCodeAdmin(ViewOnlyAdmin):
    """That a code was sent, tried and used; to whom and which is nobody's business."""

    list_display = ("purpose", "made_at", "expires_at", "tries", "used_at")
    fields = ("purpose", "made_at", "expires_at", "tries", "used_at")
    search_fields = ("purpose__exact",)
    ordering = ("-id",)
