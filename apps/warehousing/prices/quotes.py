"""Quotes for goods in the unit and currency that their receipts and pledges are in, from the prices on record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Max, Window

from apps.core.money import is_currency
from apps.warehousing.models import Commodity, CommodityPrice
from apps.warehousing.prices.reading import Series
from apps.warehousing.units import PackWeights, UnitsDiffer, units_in
from apps.warehousing.valuation import AVERAGE_WINDOW, Quote, quote_of

ONE = Decimal(1)


class Priced(NamedTuple):
    """What is asked for: one `unit` of a commodity, in `currency`."""

    commodity: str
    unit: str
    currency: str


class Rate(NamedTuple):
    """What one unit of a currency costs in another."""

    price: Decimal
    is_stale: bool


def quotes_for(asked: Iterable[Priced], *, on: date, at: datetime | None = None) -> dict[Priced, Quote]:
    """The quote of `on` for each of `asked` that has a price; what has none is not in the answer, and is not free.

    Unit and currency are converted where they differ, at the exchange rate of `on`; a stale rate makes the quote stale.
    Of several series the newest counts that is not stale, of equally new ones the lowest; where the commodity names its
    `source`, no other. With `at`, only what was recorded by then is looked at. Three queries, however many.
    """
    wanted = set(asked)
    currencies = set(CommodityPrice.objects.known(on).values_list("currency", flat=True).distinct())
    codes = {priced.commodity for priced in wanted} | currencies | {priced.currency for priced in wanted}
    commodities = Commodity.objects.in_bulk(list(codes), field_name="code")
    series = _quoted_series(codes, commodities, on, at)
    found = {priced: _best(priced, series, commodities) for priced in wanted}
    return {priced: quote for priced, quote in found.items() if quote is not None}


def _quoted_series(
    codes: Iterable[str], commodities: Mapping[str, Commodity], on: date, at: datetime | None
) -> dict[str, dict[Series, Quote]]:
    """The quote of every series of the commodities, as published, by commodity."""
    rows = (
        CommodityPrice.objects.known(on, at)
        .filter(commodity__in=list(codes))
        .annotate(newest=Window(Max("on"), partition_by=[F(name) for name in Series._fields]))
        .filter(on__gt=F("newest") - AVERAGE_WINDOW)
        .order_by("revision")
        .values_list(*Series._fields, "on", "price")
    )
    prices: defaultdict[Series, dict[date, Decimal]] = defaultdict(dict)
    for *name, day, price in rows:
        prices[Series(*name)][day] = price
    quoted: defaultdict[str, dict[Series, Quote]] = defaultdict(dict)
    for series, by_day in prices.items():
        commodity = commodities.get(series.commodity) or Commodity(code=series.commodity)
        quote = quote_of(by_day.items(), on=on, max_age_days=commodity.max_price_age)
        if quote is not None and commodity.source in {"", series.source}:
            quoted[series.commodity][series] = quote
    return quoted


def _best(
    priced: Priced, series: Mapping[str, Mapping[Series, Quote]], commodities: Mapping[str, Commodity]
) -> Quote | None:
    commodity = commodities.get(priced.commodity)
    weights = PackWeights(commodity.bushel_kg, commodity.bag_kg) if commodity else PackWeights()
    converted = []
    for one, quote in series.get(priced.commodity, {}).items():
        rate = _rate(one.currency, priced.currency, series)
        try:
            units = units_in(one.unit, priced.unit, weights)
        except UnitsDiffer:
            continue
        if rate is not None:
            converted.append(
                quote._replace(
                    price=quote.price * rate.price / units,
                    average=quote.average * rate.price / units,
                    is_stale=quote.is_stale or rate.is_stale,
                )
            )
    return min(converted, key=lambda quote: (quote.is_stale, -quote.on.toordinal(), quote.counted), default=None)


def _rate(base: str, currency: str, series: Mapping[str, Mapping[Series, Quote]]) -> Rate | None:
    """What one `base` costs in `currency`: the newest of the rates on record, either way round."""
    if base == currency:
        return Rate(ONE, is_stale=False)
    found = [
        (quote, quote.price if code == base else ONE / quote.price)
        for code, other in ((base, currency), (currency, base))
        if is_currency(code)
        for one, quote in series.get(code, {}).items()
        if one.currency == other
    ]
    if not found:
        return None
    quote, price = min(found, key=lambda pair: (-pair[0].on.toordinal(), pair[1]))
    return Rate(price, quote.is_stale)
