"""The chart of accounts: what each code means and on which side it grows. Codes read like Beancount's."""

from apps.ledger.models import Kind

COLLECTION_CASH = "Assets:Cash:Collection"
FUNDING_CASH = "Assets:Cash:Funding"
SETTLEMENT_RECEIVABLE = "Assets:Settlement"
PRINCIPAL = "Assets:Financing:Principal"
FEE = "Assets:Financing:Fee"
INTEREST = "Assets:Financing:Interest"
PENALTY = "Assets:Financing:Penalty"
CARRIED = "Assets:Financing:Carried"
SUSPENSE = "Assets:Suspense"
SELLER_PAYABLE = "Liabilities:Sellers"
PAYOUTS_IN_TRANSIT = "Liabilities:Payouts-In-Transit"
DEFERRED_FEES = "Liabilities:Deferred-Fees"
OVERPAYMENTS = "Liabilities:Overpayments"
FUNDING_CAPITAL = "Equity:Funding"
DISTRIBUTED = "Equity:Distributed"
FEE_INCOME = "Income:Fees"
INTEREST_INCOME = "Income:Interest"
PENALTY_INCOME = "Income:Penalties"
RECOVERIES = "Income:Recoveries"
WRITE_OFFS = "Expenses:Write-Offs"
PROVIDER_FEES = "Expenses:Provider-Fees"
BANK_CHARGES = "Expenses:Bank-Charges"
DIFFERENCES = "Expenses:Differences"

KIND_BY_ROOT = {
    "Assets": Kind.ASSET,
    "Liabilities": Kind.LIABILITY,
    "Equity": Kind.EQUITY,
    "Income": Kind.INCOME,
    "Expenses": Kind.EXPENSE,
}

CODES = frozenset(
    {
        COLLECTION_CASH,
        FUNDING_CASH,
        SETTLEMENT_RECEIVABLE,
        PRINCIPAL,
        FEE,
        INTEREST,
        PENALTY,
        CARRIED,
        SUSPENSE,
        SELLER_PAYABLE,
        PAYOUTS_IN_TRANSIT,
        DEFERRED_FEES,
        OVERPAYMENTS,
        FUNDING_CAPITAL,
        DISTRIBUTED,
        FEE_INCOME,
        INTEREST_INCOME,
        PENALTY_INCOME,
        RECOVERIES,
        WRITE_OFFS,
        PROVIDER_FEES,
        BANK_CHARGES,
        DIFFERENCES,
    }
)


def kind_of(code: str) -> Kind:
    """The kind of an account by its root. Raises ValueError for a code that the chart does not hold."""
    if code not in CODES:
        raise ValueError(f"{code!r} is not in the chart of accounts.")
    return KIND_BY_ROOT[code.partition(":")[0]]
