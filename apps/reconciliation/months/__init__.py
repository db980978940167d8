"""The end of a month: the sub-ledgers proved against the ledger, and everything an auditor needs in one zip."""

from apps.reconciliation.months.proof import Proved, proofs
from apps.reconciliation.months.services import (
    MonthRefused,
    ask_for_month_end,
    closed_months,
    last_day,
    make_month_end,
)

__all__ = ["MonthRefused", "Proved", "ask_for_month_end", "closed_months", "last_day", "make_month_end", "proofs"]
