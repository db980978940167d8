"""Addresses of the public site: it knows the platforms' names and nothing of their business."""

from django.urls import include, path

from apps.portal.views.public import welcome

urlpatterns = [
    path("language/", include("django.conf.urls.i18n")),
    path("", welcome, name="welcome"),
]
