"""What an event changes on a financing: planned as a value that a page can show, then written as planned.

The facts of the financing are told again with the event among them. What the books say and the new telling does not is
reversed, what it says and the books do not is added: an event of today adds its own lines, one dated back changes the
days since then. Old and new stay on record, each booked today and each with the date from which it counts.
"""

from apps.repayment.changes.balances import balance_of, payoff_of, payoff_with_rebate, start_of
from apps.repayment.changes.change import Change
from apps.repayment.changes.planning import plan
from apps.repayment.changes.writing import apply, finish, instalments_after

__all__ = [
    "Change", "apply", "balance_of", "finish", "instalments_after", "payoff_of", "payoff_with_rebate", "plan",
    "start_of",
]  # fmt: skip
