"""Pages of the admin that draw: charts and figures stand in this app."""

from apps.portal.admin import back_tests, portfolio

__all__ = ["back_tests", "portfolio"]
