"""Addresses inside a platform."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's rate limits hold here too

urlpatterns = [
    path("admin/", admin.site.urls),
    path("account/", include("apps.portal.urls.entrance")),
    path("account/", include("allauth.account.urls")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/", include("apps.api.urls")),
    path("desk/", include("apps.portal.urls.desk")),
    path("", include("apps.portal.urls.seller")),
]
