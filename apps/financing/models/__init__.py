"""Origination: offer, application, contract, financing."""

from apps.financing.models.application import Application
from apps.financing.models.contract import Contract
from apps.financing.models.financing import FinancedOrder, Financing
from apps.financing.models.offer import Offer

__all__ = ["Application", "Contract", "FinancedOrder", "Financing", "Offer"]
