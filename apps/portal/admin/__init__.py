"""Pages of the admin that draw: charts and figures stand in this app."""

from apps.portal.admin import applications, back_tests

__all__ = ["applications", "back_tests"]
