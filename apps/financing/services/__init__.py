"""Origination's writes: making offers, accepting them, rendering and signing contracts."""

from apps.financing.services.acceptance import accept_offer, choose_amount, decline_contract, lapse_unsigned
from apps.financing.services.contracts import render_contract, sign_contract
from apps.financing.services.offers import OfferCounts, refresh_offers

__all__ = [
    "OfferCounts",
    "accept_offer",
    "choose_amount",
    "decline_contract",
    "lapse_unsigned",
    "refresh_offers",
    "render_contract",
    "sign_contract",
]
