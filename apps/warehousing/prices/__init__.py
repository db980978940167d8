"""Prices of commodities: files in, judged line by line; quotes out, in the unit and currency of whoever asks."""

from apps.warehousing.prices.importing import ImportedPrices, import_prices
from apps.warehousing.prices.quotes import Priced, quotes_for

__all__ = ["ImportedPrices", "Priced", "import_prices", "quotes_for"]
