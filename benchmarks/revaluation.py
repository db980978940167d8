"""A night's revaluation of pledged receipts, against one set-based SQL statement that does the same update.

    python -m benchmarks.revaluation [--receipts 100000] [--sellers 5000]

100,000 receipts of 5,000 sellers, a pledge each, priced by 71 series with
a price every third day. The night's work runs through
`warehousing.services.margin.revalue`, chunk by chunk as a night cuts it, with the same pure functions as a click. The
floor is one UPDATE that finds the newest price and the 30-day average of each series, sums each pledge's goods with the
cap of a lot, and writes the same figures; then both are compared, pledge by pledge. Printed: the ratio floor / night,
which is at least 0.5.
"""

import argparse
import gc
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection

from benchmarks import throwaway

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 18, tzinfo=UTC)
LIMIT_RATIO = 0.5
SERIES = 71
REPEATS = 5

GENERATE = """
INSERT INTO sellers_seller (id, external_id, name, category, region, language, joined_on, payout_frozen, identity_done,
    business_done, payout_account_done, data_consent_done, sweep_cap, currency, balance, worst_days_past_due, state)
SELECT n, 'S' || n, 'Seller ' || n, '', '', 'en', '2025-01-01', false, true, true, true, true, 0.5, 'CNY', 0, 0,
    'verified' FROM generate_series(1, {sellers}) AS n;
INSERT INTO warehousing_warehouse (id, code, name, name_zh, operator, region, count_tolerance)
VALUES (1, 'w', 'W', '', 'Bench', '', 0.005);
INSERT INTO warehousing_commodity (code, name, name_zh, max_price_age, largest_step, source)
SELECT 'goods-' || n, 'Goods ' || n, '', 45, 5, '' FROM generate_series(1, {series}) AS n;
INSERT INTO warehousing_commodityprice (commodity, unit, currency, "on", price, source, revision, recorded_at)
SELECT 'goods-' || n, 'kg', 'CNY', DATE '{day}' - back, 5 + (n * 7919 + back * 104729) % 1000 / 100.0, 'bench', 1,
       '{day}'
FROM generate_series(1, {series}) AS n CROSS JOIN generate_series(0, 87, 3) AS back;
INSERT INTO warehousing_pledge (id, number, seller_id, pledgee, subject, currency, "limit", terms,
    warehouse_confirmed_by, financier_confirmed_by, price_is_stale, state)
SELECT n, 'P-' || n, n, 'Bench', 'financing:' || n, 'CNY', 0.7,
    '{{"haircuts": {{}}, "other_grades": "0.25", "lot_cap": "0.5", "watch_at": "0.9",
       "age": {{"free_days": 30, "a_day": "0.001", "at_most": "0.5"}}}}', 'user:1', 'user:2', false, 'pledged'
FROM generate_series(1, {sellers}) AS n;
INSERT INTO warehousing_warehousereceipt (id, number, warehouse_id, depositor_id, holder_id, commodity, unit, weight,
    grade, lot, bin, insurance, insured_until, issued_on, valid_until, was_pledged, origin, issued_by, frozen_from,
    frozen_by, state)
SELECT n, 'R-' || n, 1, 1 + n % {sellers}, 1 + n % {sellers}, 'goods-' || 1 + n % {series}, 'kg', 100 + n % 900, 'A',
    'L-' || n, 'B', 'I', '2027-01-01', DATE '{day}' - n % 100, '2027-01-01', false, '', 'user:1', '', '',
    'pledged' FROM generate_series(1, {receipts}) AS n;
INSERT INTO warehousing_pledgedreceipt (pledge_id, receipt_id, weight, confirmed_weight, counted_by, pledged_on,
    secured_on, secured_by, leaving)
SELECT holder_id, id, weight, weight - id % 3, 'user:1', issued_on, issued_on, 'user:2', false
FROM warehousing_warehousereceipt;
ANALYZE;
"""

FLOOR = """
WITH newest AS (
    SELECT DISTINCT ON (commodity) commodity, "on", price FROM warehousing_commodityprice
    WHERE "on" <= '{day}' AND unit = 'kg' AND currency = 'CNY' ORDER BY commodity, "on" DESC, revision DESC
), quoted AS (
    SELECT newest.commodity, least(newest.price, avg(each.price)) AS price,
           DATE '{day}' - newest."on" > commodity.max_price_age AS stale
    FROM newest JOIN warehousing_commodity AS commodity ON commodity.code = newest.commodity
    JOIN warehousing_commodityprice AS each ON each.commodity = newest.commodity AND each.unit = 'kg'
     AND each.currency = 'CNY' AND each."on" <= newest."on" AND each."on" > newest."on" - 30
    GROUP BY newest.commodity, newest.price, newest."on", commodity.max_price_age
), lot AS (
    SELECT held.pledge_id, receipt.warehouse_id, receipt.lot,
           sum(least(held.weight, held.confirmed_weight) * quoted.price) AS value,
           sum(least(held.weight, held.confirmed_weight) * quoted.price
               * (1 - (pledge.terms ->> 'other_grades')::numeric)
               * (1 - least((pledge.terms #>> '{{age,at_most}}')::numeric, (pledge.terms #>> '{{age,a_day}}')::numeric
                  * greatest(0, DATE '{day}' - receipt.issued_on - (pledge.terms #>> '{{age,free_days}}')::int)))
           ) AS lendable,
           bool_or(quoted.stale) AS stale
    FROM warehousing_pledgedreceipt AS held
    JOIN warehousing_warehousereceipt AS receipt ON receipt.id = held.receipt_id
    JOIN warehousing_pledge AS pledge ON pledge.id = held.pledge_id
    JOIN quoted ON quoted.commodity = receipt.commodity
    WHERE held.released_on IS NULL AND held.secured_on IS NOT NULL
    GROUP BY held.pledge_id, receipt.warehouse_id, receipt.lot
), worth AS (
    SELECT lot.pledge_id, sum(lot.value) AS value, bool_or(lot.stale) AS stale, whole.value AS uncapped,
           sum(least(lot.lendable, (pledge.terms ->> 'lot_cap')::numeric * whole.value)) AS lendable
    FROM lot JOIN (SELECT pledge_id, sum(value) AS value FROM lot GROUP BY pledge_id) AS whole USING (pledge_id)
    JOIN warehousing_pledge AS pledge ON pledge.id = lot.pledge_id
    GROUP BY lot.pledge_id, whole.value
)
UPDATE warehousing_pledge SET valued_on = '{day}', value = trunc(worth.value, 2), outstanding = 0,
    lendable = trunc(worth.lendable, 2), price_is_stale = worth.stale
FROM worth WHERE worth.pledge_id = warehousing_pledge.id
"""
FIGURES = "SELECT id, value, lendable, price_is_stale FROM warehousing_pledge ORDER BY id"


def generate(*, receipts: int, sellers: int) -> None:
    """Fill the entered platform."""
    with connection.cursor() as cursor:
        cursor.execute(GENERATE.format(receipts=receipts, sellers=sellers, series=SERIES, day=DAY))


def night(sellers: int) -> float:
    """Seconds of the night's work over everybody, in the night's own chunks."""
    from apps.reconciliation.plan import CHUNK_OF_SELLERS
    from apps.repayment.goods import owed_on
    from apps.warehousing.services.margin import revalue

    gc.collect()
    gc.disable()  # as the night does while it works on a piece
    started = time.perf_counter()
    for first in range(1, sellers + 1, CHUNK_OF_SELLERS):
        last = min(sellers, first + CHUNK_OF_SELLERS - 1)
        revalue(first_seller=first, last_seller=last, on=DAY, country="CN", owed=owed_on, at=AT, by="night")
    seconds = time.perf_counter() - started
    gc.enable()
    return seconds


def floor() -> float:
    """Seconds of the one statement."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(FLOOR.format(day=DAY))
        return time.perf_counter() - started


def figures() -> list[tuple[int, Decimal, Decimal, bool]]:
    """What stands on the pledges, which are then as if never valued."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES)
        found = cursor.fetchall()
        cursor.execute("UPDATE warehousing_pledge SET valued_on = NULL, value = NULL, lendable = NULL, "
                       "outstanding = NULL, price_is_stale = false")  # fmt: skip
        cursor.execute("VACUUM ANALYZE warehousing_pledge")
    return found


def measure(*, receipts: int, sellers: int) -> bool:
    """Measure both, the best of some runs each, taking turns; whether the limit was kept and all figures agree."""
    nights, floors, same = [], [], True
    with throwaway.platform("bench_revaluation", opened_on=DAY):
        generate(receipts=receipts, sellers=sellers)
        for _repeat in range(REPEATS):
            floors.append(floor())
            wanted = figures()
            nights.append(night(sellers))
            same = same and figures() == wanted
    ratio = min(floors) / min(nights)
    print(
        f"revaluation receipts={receipts} sellers={sellers} series={SERIES} ratio={ratio:.2f} limit={LIMIT_RATIO} "
        f"night={min(nights):.2f}s floor={min(floors):.2f}s rate={receipts / min(nights):,.0f}/s "
        f"figures={'equal' if same else 'DIFFERENT'}"
    )
    return same and ratio >= LIMIT_RATIO


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--sellers", type=int, default=5_000)
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if measure(receipts=arguments.receipts, sellers=arguments.sellers) else 1)
