"""Pages of the admin that draw: charts and figures stand in this app."""

from apps.portal.admin import allocation, applications, back_tests, history, pools, portfolio

__all__ = ["allocation", "applications", "back_tests", "history", "pools", "portfolio"]
