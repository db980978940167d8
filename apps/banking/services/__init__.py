"""What is asked of banks and what they say: accounts, batches, statements."""

from apps.banking.services.accounts import AccountRefused, open_account
from apps.banking.services.approval import ApprovalRefused, approve_and_send
from apps.banking.services.outgoing import PaymentFile, move_batches, payment_file
from apps.banking.services.statements import TakenIn, book_on_word, grouped_payments, keep_mapping, take_in_statement

__all__ = [
    "AccountRefused",
    "ApprovalRefused",
    "PaymentFile",
    "TakenIn",
    "approve_and_send",
    "book_on_word",
    "grouped_payments",
    "keep_mapping",
    "move_batches",
    "open_account",
    "payment_file",
    "take_in_statement",
]
