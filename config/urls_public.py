"""Addresses of the public site: it knows the platforms' names and nothing of their business."""

from django.urls import path

from apps.portal.views.public import welcome

urlpatterns = [path("", welcome, name="welcome")]
