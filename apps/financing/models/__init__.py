"""Origination: offer, application, contract, financing; who decides and who funds it."""

from apps.financing.models.allocation import Allocation, AllocationPlan
from apps.financing.models.application import Application
from apps.financing.models.contract import Contract
from apps.financing.models.financing import FinancedOrder, Financing
from apps.financing.models.mandate import ApprovalLimit
from apps.financing.models.offer import Offer
from apps.financing.models.participation import Participation, Share
from apps.financing.models.promise import Promise
from apps.financing.models.request import ApplicationFile, Remark

__all__ = [
    "Allocation",
    "AllocationPlan",
    "Application",
    "ApplicationFile",
    "ApprovalLimit",
    "Contract",
    "FinancedOrder",
    "Financing",
    "Offer",
    "Participation",
    "Promise",
    "Remark",
    "Share",
]
