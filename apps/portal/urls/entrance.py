"""Addresses by which people come in."""

from django.urls import path

from apps.portal.views import entrance

app_name = "entrance"
urlpatterns = [
    path("code/", entrance.ask_for_code, name="ask"),
    path("code/enter/", entrance.enter_code, name="enter"),
    path("prove/", entrance.prove, name="prove"),
    path("open/", entrance.open_account, name="open"),
    path("join/<str:token>/", entrance.join, name="join"),
]
