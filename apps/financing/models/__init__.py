"""Origination: offer, application, contract, financing; who funds it."""

from apps.financing.models.allocation import Allocation, AllocationPlan
from apps.financing.models.application import Application
from apps.financing.models.contract import Contract
from apps.financing.models.financing import FinancedOrder, Financing
from apps.financing.models.offer import Offer
from apps.financing.models.participation import Participation, Share

__all__ = [
    "Allocation",
    "AllocationPlan",
    "Application",
    "Contract",
    "FinancedOrder",
    "Financing",
    "Offer",
    "Participation",
    "Share",
]
