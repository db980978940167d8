"""What is asked of banks and what they say: batches approved, statements and answers taken in."""

from apps.banking.services.approval import ApprovalRefused, approve_and_send
from apps.banking.services.statements import TakenIn, book_on_word, grouped_payments, keep_mapping, take_in_statement

__all__ = [
    "ApprovalRefused",
    "TakenIn",
    "approve_and_send",
    "book_on_word",
    "grouped_payments",
    "keep_mapping",
    "take_in_statement",
]
