"""Origination's writes: making offers, accepting them, rendering and signing contracts."""

from apps.financing.services.acceptance import accept_offer, choose_amount, decline_contract, lapse_unsigned
from apps.financing.services.approvals import approve_request, ask_seller, refuse_request, take_up
from apps.financing.services.contracts import render_contract, sign_contract
from apps.financing.services.limits import set_approval_limit
from apps.financing.services.offers import OfferCounts, refresh_offers
from apps.financing.services.receipt_loans import (
    approve_receipt_loan,
    refuse_receipt_loan,
    release_repaid,
    request_receipt_loan,
    withdraw_receipt_loan,
)
from apps.financing.services.requests import answer_question, ask_for_more, withdraw_request

__all__ = [
    "OfferCounts",
    "accept_offer",
    "answer_question",
    "approve_receipt_loan",
    "approve_request",
    "ask_for_more",
    "ask_seller",
    "choose_amount",
    "decline_contract",
    "lapse_unsigned",
    "refresh_offers",
    "refuse_receipt_loan",
    "refuse_request",
    "release_repaid",
    "render_contract",
    "request_receipt_loan",
    "set_approval_limit",
    "sign_contract",
    "take_up",
    "withdraw_receipt_loan",
    "withdraw_request",
]
