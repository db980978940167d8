"""Origination's writes: making offers, accepting them, rendering and signing contracts."""

from apps.financing.services.acceptance import accept_offer, choose_amount, decline_contract, lapse_unsigned
from apps.financing.services.contracts import render_contract, sign_contract
from apps.financing.services.offers import OfferCounts, refresh_offers
from apps.financing.services.receipt_loans import (
    approve_receipt_loan,
    refuse_receipt_loan,
    release_repaid,
    request_receipt_loan,
    withdraw_receipt_loan,
)

__all__ = [
    "OfferCounts",
    "accept_offer",
    "approve_receipt_loan",
    "choose_amount",
    "decline_contract",
    "lapse_unsigned",
    "refresh_offers",
    "refuse_receipt_loan",
    "release_repaid",
    "render_contract",
    "request_receipt_loan",
    "sign_contract",
    "withdraw_receipt_loan",
]
