"""Origination: offer, application, contract, financing."""

from apps.financing.models.application import Application
from apps.financing.models.contract import Contract
from apps.financing.models.financing import FinancedOrder, Financing
from apps.financing.models.mandate import ApprovalLimit
from apps.financing.models.offer import Offer
from apps.financing.models.request import ApplicationFile, Remark

__all__ = [
    "Application",
    "ApplicationFile",
    "ApprovalLimit",
    "Contract",
    "FinancedOrder",
    "Financing",
    "Offer",
    "Remark",
]
