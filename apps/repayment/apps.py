from django.apps import AppConfig


class RepaymentConfig(AppConfig):
    name = "apps.repayment"
