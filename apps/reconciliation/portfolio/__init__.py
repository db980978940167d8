"""The portfolio: a day's rows made after its night, and read back by slice."""

from apps.reconciliation.portfolio.making import make_day, make_missing_days, missing_days

__all__ = ["make_day", "make_missing_days", "missing_days"]
