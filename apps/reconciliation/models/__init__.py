"""The rows of the night and of what it could not explain."""

from apps.reconciliation.models.back_tests import BACK_TEST_STATES, BackTest, BackTestSeller
from apps.reconciliation.models.breaks import (
    BREAK_STATES,
    BREAK_TYPES,
    CLOSED_BREAKS,
    RULE_BOOK_STATES,
    Break,
    BreakNote,
    Clearing,
    RuleBook,
    Suggestion,
)
from apps.reconciliation.models.months import MonthEnd
from apps.reconciliation.models.nights import (
    QUANTITY,
    RUN_STATES,
    STEP_STATES,
    ControlTotal,
    Letter,
    NightlyChunk,
    NightlyRun,
    NightlyStep,
    SetAside,
)

__all__ = [
    "BACK_TEST_STATES",
    "BREAK_STATES",
    "BREAK_TYPES",
    "CLOSED_BREAKS",
    "QUANTITY",
    "RULE_BOOK_STATES",
    "RUN_STATES",
    "STEP_STATES",
    "BackTest",
    "BackTestSeller",
    "Break",
    "BreakNote",
    "Clearing",
    "ControlTotal",
    "Letter",
    "MonthEnd",
    "NightlyChunk",
    "NightlyRun",
    "NightlyStep",
    "RuleBook",
    "SetAside",
    "Suggestion",
]
