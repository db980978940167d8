"""The portfolio in the admin: its page, the financings behind each figure, both to be taken away."""

from apps.portal.admin.portfolio import pages

__all__ = ["pages"]
