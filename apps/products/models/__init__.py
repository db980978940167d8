"""What is on offer, and whose money funds it."""

from apps.products.models.pools import Funder, FundingPool, PoolLimit, Withdrawal
from apps.products.models.products import FinancingProduct, ProductVersion, ProvisionClass, default_waterfall
from apps.products.policy import LendingPolicy

__all__ = [
    "FinancingProduct",
    "Funder",
    "FundingPool",
    "LendingPolicy",
    "PoolLimit",
    "ProductVersion",
    "ProvisionClass",
    "Withdrawal",
    "default_waterfall",
]
