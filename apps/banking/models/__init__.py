"""Bank accounts, what we ask banks to pay, and what banks say they booked."""

from apps.banking.models.accounts import BankAccount, CsvMapping
from apps.banking.models.lines import BankLine, BankStatement, GroupedPayment, StatementEntry, StatementFile
from apps.banking.models.payments import Instruction, PaymentAnswer, PaymentBatch

__all__ = [
    "BankAccount",
    "BankLine",
    "BankStatement",
    "CsvMapping",
    "GroupedPayment",
    "Instruction",
    "PaymentAnswer",
    "PaymentBatch",
    "StatementEntry",
    "StatementFile",
]
