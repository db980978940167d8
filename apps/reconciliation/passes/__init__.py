"""Matching what banks booked with what we expected: pure functions over frozen values, in passes that rules describe.

Nothing here reads a row or writes one. The order of the input does not matter, no item is used twice, every accepted
match adds up to the last minor unit or lies within the share that its rule names, and where two candidates are alike
nothing is accepted.
"""

from apps.reconciliation.passes.items import Item, Match, Rule
from apps.reconciliation.passes.run import Outcome, match

__all__ = ["Item", "Match", "Outcome", "Rule", "match"]
