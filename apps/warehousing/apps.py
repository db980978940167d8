from django.apps import AppConfig


class WarehousingConfig(AppConfig):
    name = "apps.warehousing"
