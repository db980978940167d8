"""Reading what one chunk of a night works on: a handful of queries, whatever the number of sellers."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.core.money import ZERO
from apps.products.models import ProductVersion
from apps.products.terms import Terms
from apps.repayment.day import NO_EXTRAS, Balance, Extras, OpenDemand, SalesDay, SellerDay
from apps.repayment.instalments import Row, row_of
from apps.repayment.periods import Minimums, periods_of
from apps.repayment.waterfall import Parts

NO_SALES = SalesDay(ZERO, ZERO, ZERO, {})

# Sellers for whom nothing happens: nothing sold or given back, nothing to pay out, and every financing quiet. That is
# told by `day.quiet_through`; here it is only looked up, so that the night need not look at them one by one.
QUIET = """
WITH still AS MATERIALIZED (
    SELECT seller.id FROM sellers_seller AS seller
    JOIN (SELECT seller_id FROM financing_financing
          WHERE seller_id BETWEEN %(first)s AND %(last)s AND state = 'active' AND closed_through < %(date)s
          GROUP BY seller_id HAVING bool_and(coalesce(quiet_through >= %(date)s, false))) AS quiet
      ON quiet.seller_id = seller.id
    WHERE NOT (balance > 0 AND payout_account_id IS NOT NULL AND NOT payout_frozen)
      AND NOT EXISTS (SELECT FROM orders_proceeds
                      WHERE seller_id = seller.id AND seller_id BETWEEN %(first)s AND %(last)s
                        AND booked_on = %(date)s)
    ORDER BY seller.id FOR UPDATE OF seller
), closed AS (
    UPDATE financing_financing AS financing SET closed_through = %(date)s FROM still
    WHERE seller_id = still.id AND seller_id BETWEEN %(first)s AND %(last)s
      AND state = 'active' AND closed_through < %(date)s AND quiet_through >= %(date)s
    RETURNING seller_id
)
SELECT count(DISTINCT seller_id), count(*) FROM closed
"""

SELLERS = """
SELECT id, currency, balance, sweep_cap, payout_account_id, payout_frozen, worst_days_past_due
FROM sellers_seller AS seller
WHERE id BETWEEN %(first)s AND %(last)s AND (
    (balance > 0 AND payout_account_id IS NOT NULL AND NOT payout_frozen)
    OR EXISTS (SELECT FROM financing_financing
            WHERE seller_id = seller.id AND seller_id BETWEEN %(first)s AND %(last)s
              AND state = 'active' AND closed_through < %(date)s)
    OR EXISTS (SELECT FROM orders_proceeds
               WHERE seller_id = seller.id AND seller_id BETWEEN %(first)s AND %(last)s
                 AND booked_on = %(date)s)
)
AND NOT EXISTS (SELECT FROM repayment_sweep WHERE seller_id = seller.id AND business_date = %(date)s)
ORDER BY id FOR UPDATE
"""

# Whoever waited above for a person's hold on a seller still asked about sweeps as they were before the wait.
CLOSED_MEANWHILE = """
SELECT seller_id FROM repayment_sweep WHERE business_date = %(date)s AND seller_id = ANY(%(sellers)s::bigint[])
"""

FINANCINGS = """
SELECT id, seller_id, version_id, CASE WHEN NOT is_shared THEN pool_id END, penalty, fee, interest, principal,
       amount + flat_fee, accrued, accrued_posted, disbursed_on, due_on, closed_through,
       greatest(closed_through, accrued_through), annual_rate, paused_days, demands_raised, past_due,
       CASE WHEN paused_until >= %(date)s THEN paused_rate ELSE sweep_rate END, minimums
FROM financing_financing
WHERE seller_id = ANY(%(sellers)s::bigint[]) AND state = 'active' AND closed_through < %(date)s
ORDER BY id
"""

DEMANDS = """
SELECT financing_id, id, number, kind, starts_on, due_on, amount, paid, state, fee, interest, paid_fee, paid_interest
FROM repayment_demand
WHERE financing_id = ANY(%(financings)s::bigint[]) AND (paid < amount OR state = 'planned')
  AND (state <> 'planned' OR due_on <= %(date)s OR paid > 0)
ORDER BY financing_id, number
"""

# Only for terms that need them: penalty so far, and what sweeps took since the running period began.
EXTRAS = """
SELECT one.id, one.penalty_accrued, one.penalty_posted, coalesce((
    SELECT sum(surplus - principal - fee - interest - penalty) FROM repayment_movement AS movement
    WHERE movement.financing_id = one.id AND kind = 'sweep' AND coalesce(effective_on, business_date) >= since
), 0)
FROM financing_financing AS one
JOIN unnest(%(special)s::bigint[], %(begins)s::date[]) AS asked (id, since) ON asked.id = one.id
"""

PROCEEDS = """
SELECT line.seller_id, pledged.financing_id,
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'capture'), 0),
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'refund'), 0),
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'chargeback'), 0)
FROM orders_proceeds AS line
LEFT JOIN financing_financedorder AS pledged ON pledged.order_id = line.order_id AND pledged.released_on IS NULL
WHERE line.booked_on = %(date)s AND line.seller_id = ANY(%(sellers)s::bigint[])
GROUP BY line.seller_id, pledged.financing_id
"""


class Chunk:
    """The sellers of a range that have something to close on a date, locked in order of their keys. Those for whom
    nothing happens are closed at once and only counted.

    A seller whose day was closed already, when a person acted on it while the night was under way, is left out.
    """

    def __init__(self, *, first_seller: int, last_seller: int, business_date: date) -> None:
        self._arguments: dict[str, Any] = {"first": first_seller, "last": last_seller, "date": business_date}
        ((self.quiet_sellers, self.quiet_financings),) = self._read(QUIET)
        locked = self._read(SELLERS)
        self._arguments["sellers"] = _keys(locked)
        closed_meanwhile = {seller_id for (seller_id,) in self._read(CLOSED_MEANWHILE)} if locked else set()
        self.rows = [row for row in locked if row[0] not in closed_meanwhile]
        self.payout_accounts: dict[int, int] = {row[0]: row[4] for row in self.rows if row[4]}
        self.worst_before: dict[int, int] = {row[0]: row[6] for row in self.rows}

    def sellers(self) -> list[SellerDay]:
        """Each seller's day, ready for the arithmetic."""
        if not self.rows:
            return []
        self._arguments["sellers"] = _keys(self.rows)
        financings = self._financings()
        sales = self._sales()
        return [
            SellerDay(
                id=seller_id,
                currency=currency,
                balance=balance,
                sweep_cap=sweep_cap,
                may_be_paid=bool(account_id) and not frozen,
                sales=sales.get(seller_id, NO_SALES),
                financings=tuple(financings.get(seller_id, ())),
            )
            for seller_id, currency, balance, sweep_cap, account_id, frozen, _worst in self.rows
        ]

    def _financings(self) -> dict[int, list[Balance]]:
        rows = self._read(FINANCINGS)
        self._arguments["financings"] = _keys(rows)
        demands, instalments = self._demands() if rows else ({}, {})
        terms = _terms({row[2] for row in rows})
        by_seller: defaultdict[int, list[Balance]] = defaultdict(list)
        for row in rows:
            # From `lent` to `sweep_rate` the columns are the fields of a balance, in their order; the minimums last.
            owed, open_demands = Parts(*row[4:8]), tuple(demands.get(row[0], ()))
            extras = Extras(minimums=Minimums.of_json(json.loads(row[-1]))) if row[-1] else NO_EXTRAS
            due = tuple(instalments.get(row[0], ()))
            fields = (row[0], terms[row[2]], row[3], owed, *row[8:-1], open_demands, extras, due)
            by_seller[row[1]].append(Balance._make(fields))
        if any(one.penalises or one.maximum_share for one in terms.values()):
            self._add_extras(by_seller)
        return by_seller

    def _add_extras(self, by_seller: dict[int, list[Balance]]) -> None:
        special = {one.id: self._period_start(one) for rows in by_seller.values() for one in rows if _is_special(one)}
        self._arguments |= {"special": list(special), "begins": list(special.values())}
        found = {key: facts for key, *facts in self._read(EXTRAS)}
        for rows in by_seller.values():
            for place, one in enumerate(rows):
                if one.id in found:
                    accrued, posted, swept = found[one.id]
                    extras = one.extras._replace(penalty_accrued=accrued, penalty_posted=posted, swept=swept)
                    rows[place] = one._replace(extras=extras)

    def _period_start(self, one: Balance) -> date:
        """The first day of the period that the night lies in; where none is limited, of a day that has no sweeps."""
        periods = periods_of(one.terms, one.extras.minimums, one.disbursed_on, one.paused_days)
        if not one.terms.maximum_share or periods is None:
            return date.max
        night: date = self._arguments["date"]
        return periods.bounds(periods.reached(night))[0]

    def _demands(self) -> tuple[dict[int, list[OpenDemand]], dict[int, list[Row]]]:
        by_financing: defaultdict[int, list[OpenDemand]] = defaultdict(list)
        instalments: defaultdict[int, list[Row]] = defaultdict(list)
        for financing_id, *fields in self._read(DEMANDS):
            if fields[2] == "instalment":
                instalments[financing_id].append(row_of(*fields))
            else:
                by_financing[financing_id].append(OpenDemand(*fields[:8]))
        return by_financing, instalments

    def _sales(self) -> dict[int, SalesDay]:
        sums: dict[int, list[Decimal]] = {}
        own: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
        for seller_id, financing_id, captured, refunded, charged_back in self._read(PROCEEDS):
            total = sums.setdefault(seller_id, [ZERO, ZERO, ZERO])
            total[0] += captured
            total[1] += refunded
            total[2] += charged_back
            if financing_id is not None:
                own[seller_id][financing_id] = captured - refunded - charged_back
        return {seller_id: SalesDay(total[0], total[1], total[2], own[seller_id]) for seller_id, total in sums.items()}

    def _read(self, statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._arguments)
            return cursor.fetchall()


def _keys(rows: Sequence[Sequence[Any]]) -> str:
    """The first column as an array literal: thousands of keys in one parameter, without a look at each."""
    return "{" + ",".join([str(row[0]) for row in rows]) + "}"


def _is_special(one: Balance) -> bool:
    return one.terms.penalises or bool(one.terms.maximum_share)


def _terms(versions: set[int]) -> dict[int, Terms]:
    rows = ProductVersion.objects.filter(pk__in=versions).select_related("product__pool")
    return {version.pk: version.terms for version in rows}
