"""The SQL that makes a day of the portfolio: one table of facts, a row a financing, and what is added up from it.

What rows say now, less what later dates moved, is what they said at the end of the date; so a day that is made up for
later comes to the same amounts. Days past due are marks of the last night that closed the financing: of a later night
they are told back by as many days.
"""

from apps.products.buckets import BUCKETS
from apps.reconciliation.models import DEEPLY_LATE, DIMENSIONS, IN_TIME, NEW, UNKNOWN
from apps.repayment.entries import CASH, COLLECTED

SLICE = ", ".join(name if name in {"grade", "category", "region"} else f"{name}_id" for name in DIMENSIONS)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _bucket(days: str) -> str:
    late = " ".join(f"WHEN {days} >= {bucket.first} THEN '{bucket.name}'" for bucket in reversed(BUCKETS))
    return f"CASE {late} ELSE '{IN_TIME}' END"


# Which movements earn what: the other side of `repayment.entries`. A fee is earned when it is paid, or when it becomes
# principal of a successor; a rebate that lowers principal gives back what was earned. None of these parts has a name
# or a value that comes from outside.
EARNED_FEE = (
    f"CASE WHEN kind IN ({_list((*CASH, 'restructure'))}) OR reason = 'restructured' THEN -fee "
    "WHEN kind = 'rebate' THEN principal ELSE 0 END"
)
EARNS_NO_INTEREST = _list((*CASH, "refund", "restructure", "carried", "write_off"))
TODAY = "FILTER (WHERE business_date = %(day)s)"

FACTS = f"""
CREATE TEMPORARY TABLE portfolio_facts ON COMMIT DROP AS
SELECT known.*, {_bucket("known.days")} AS late,
       CASE WHEN owed > 0 THEN {_bucket("known.days")}
            WHEN state IN ('restructured', 'written_off') THEN state ELSE 'repaid' END AS bucket,
       CASE WHEN disbursed_on > %(before)s THEN '{NEW}' ELSE coalesce(earlier.bucket, '{UNKNOWN}') END AS before
FROM (
    SELECT financing.id AS financing_id, financing.seller_id, version.product_id, financing.pool_id,
           assessment.grade, seller.category, seller.region, financing.state, financing.disbursed_on,
           financing.amount,
           greatest(financing.days_past_due - greatest(financing.closed_through - %(day)s, 0), 0) AS days,
           financing.principal - moved.later_principal AS principal,
           financing.fee - moved.later_fee AS fee,
           financing.interest - moved.later_interest AS interest,
           financing.penalty - moved.later_penalty AS penalty,
           financing.overpaid - moved.later_surplus AS overpaid,
           financing.principal + financing.fee + financing.interest + financing.penalty - moved.later_owed AS owed,
           financing.principal - moved.month_principal AS principal_before,
           financing.past_due, moved.fee_income, moved.interest_income, moved.penalty_income, moved.collected,
           moved.written_off, moved.today_owed, moved.movements_today,
           version.instalments, financing.due_on, financing.flat_fee, financing.accrued_posted,
           financing.paused_until, offer.expected_daily_sales * financing.sweep_rate AS pace
    FROM financing_financing AS financing
    JOIN products_productversion AS version ON version.id = financing.version_id
    JOIN financing_offer AS offer ON offer.id = financing.offer_id
    JOIN risk_assessment AS assessment ON assessment.id = offer.assessment_id
    JOIN sellers_seller AS seller ON seller.id = financing.seller_id
    CROSS JOIN LATERAL (
        SELECT count(*) {TODAY} AS movements_today,
               coalesce(sum(principal) FILTER (WHERE business_date > %(day)s), 0) AS later_principal,
               coalesce(sum(fee) FILTER (WHERE business_date > %(day)s), 0) AS later_fee,
               coalesce(sum(interest) FILTER (WHERE business_date > %(day)s), 0) AS later_interest,
               coalesce(sum(penalty) FILTER (WHERE business_date > %(day)s), 0) AS later_penalty,
               coalesce(sum(surplus) FILTER (WHERE business_date > %(day)s), 0) AS later_surplus,
               coalesce(sum(principal + fee + interest + penalty) FILTER (WHERE business_date > %(day)s), 0)
                   AS later_owed,
               coalesce(sum(principal), 0) AS month_principal,
               coalesce(sum(principal + fee + interest + penalty) {TODAY}, 0) AS today_owed,
               coalesce(sum({EARNED_FEE}) {TODAY}, 0) AS fee_income,
               coalesce(sum(interest) FILTER (
                   WHERE business_date = %(day)s AND kind NOT IN ({EARNS_NO_INTEREST})), 0) AS interest_income,
               coalesce(sum(penalty) FILTER (
                   WHERE business_date = %(day)s AND kind NOT IN ({EARNS_NO_INTEREST})), 0) AS penalty_income,
               coalesce(-sum(principal + fee + interest + penalty) FILTER (
                   WHERE business_date = %(day)s AND kind IN ({_list(COLLECTED)})), 0) AS collected,
               coalesce(-sum(principal) FILTER (
                   WHERE business_date = %(day)s AND kind = 'write_off'), 0) AS written_off
        FROM repayment_movement AS movement
        WHERE movement.financing_id = financing.id AND movement.business_date > %(before)s
    ) AS moved
    WHERE financing.disbursed_on <= %(day)s
) AS known
LEFT JOIN reconciliation_standing AS earlier
  ON earlier.financing_id = known.financing_id AND earlier.since <= %(before)s
 AND (earlier.until IS NULL OR earlier.until > %(before)s)
"""  # noqa: S608  # nosec B608  the names are ours

# What a date should bring in. An advance on sales: its share of the sales that its offer expected, no more than was
# owed that morning. Instalments: those due. Whatever else is due on one date: all that it ever owed, on that date.
ROWS = f"""
INSERT INTO reconciliation_portfoliorow (day_id, {SLICE}, before, bucket, financings, principal_before, principal, fee,
    interest, penalty, overpaid, past_due, fee_income, interest_income, penalty_income, expected, collected,
    goods_owed, goods_value, goods_room)
SELECT %(day_id)s, {SLICE}, before, bucket, count(*), sum(principal_before), sum(principal), sum(fee), sum(interest),
    sum(penalty), sum(overpaid),
    sum(CASE WHEN late = '{IN_TIME}' THEN 0 ELSE greatest(least(past_due, facts.owed), 0) END),
    sum(fee_income), sum(interest_income), sum(penalty_income),
    sum(CASE WHEN instalments > 0 THEN coalesce(due.amount, 0)
             WHEN due_on IS NOT NULL
             THEN CASE WHEN due_on = %(day)s THEN facts.amount + flat_fee + accrued_posted ELSE 0 END
             WHEN paused_until >= %(day)s OR disbursed_on = %(day)s THEN 0
             ELSE greatest(least(facts.owed - today_owed, round(pace, %(digits)s)), 0) END),
    sum(collected), coalesce(sum(goods.owed), 0), coalesce(sum(goods.value), 0), coalesce(sum(goods.room), 0)
FROM portfolio_facts AS facts
LEFT JOIN (
    SELECT financing_id, sum(amount) AS amount FROM repayment_demand
    WHERE kind = 'instalment' AND due_on = %(day)s GROUP BY 1
) AS due ON due.financing_id = facts.financing_id
LEFT JOIN (
    SELECT subject, sum(outstanding) AS owed, sum(value) AS value,
           sum(least(lendable, value * "limit") - outstanding) AS room
    FROM warehousing_pledge
    WHERE outstanding IS NOT NULL AND state NOT IN ('requested', 'cancelled', 'released', 'sold') GROUP BY 1
) AS goods ON goods.subject = 'financing:' || facts.financing_id AND facts.owed > 0
WHERE facts.owed > 0 OR overpaid > 0 OR principal_before > 0 OR movements_today > 0
GROUP BY {SLICE}, before, bucket
"""  # noqa: S608  # nosec B608  the names are ours

FLOWS = """
INSERT INTO reconciliation_portfolioflow (day_id, product_id, pool_id, income, expected, collected)
SELECT day_id, product_id, pool_id, sum(fee_income + interest_income + penalty_income), sum(expected), sum(collected)
FROM reconciliation_portfoliorow WHERE day_id = %(day_id)s GROUP BY 1, 2, 3
"""

STANDINGS_END = """
UPDATE reconciliation_standing AS standing SET until = %(day)s
FROM portfolio_facts AS facts
WHERE standing.financing_id = facts.financing_id AND standing.until IS NULL AND standing.bucket <> facts.bucket
"""

STANDINGS_BEGIN = """
INSERT INTO reconciliation_standing (financing_id, bucket, since, principal)
SELECT facts.financing_id, facts.bucket, %(day)s,
       CASE WHEN facts.bucket = 'written_off' THEN written_off ELSE facts.principal END
FROM portfolio_facts AS facts
WHERE NOT EXISTS (
    SELECT FROM reconciliation_standing WHERE financing_id = facts.financing_id AND until IS NULL
)
"""

LARGEST_SELLERS = """
INSERT INTO reconciliation_largestseller (day_id, product_id, pool_id, seller_id, place, financings, owed)
SELECT %(day_id)s, product_id, pool_id, seller_id, place, financings, owed
FROM (
    SELECT *, row_number() OVER (PARTITION BY product_id, pool_id, scope ORDER BY owed DESC, seller_id) AS place
    FROM (
        SELECT product_id, pool_id, seller_id, grouping(product_id, pool_id) AS scope, count(*) AS financings,
               sum(owed) AS owed
        FROM portfolio_facts WHERE owed > 0
        GROUP BY GROUPING SETS ((seller_id), (seller_id, product_id), (seller_id, pool_id))
    ) AS summed
) AS ranked
WHERE place <= %(largest)s
"""


def _months(event: str) -> str:
    """Months from the month of the payout to that of `event`."""
    since = "date_trunc('month', facts.disbursed_on)"
    return (
        f"(12 * (extract(year FROM {event}) - extract(year FROM {since})) "
        f"+ extract(month FROM {event}) - extract(month FROM {since}))::int"
    )


VINTAGES = f"""
INSERT INTO reconciliation_vintage ({SLICE}, month, late_after, lost_after, financings, drawn, lost)
SELECT {SLICE}, date_trunc('month', disbursed_on)::date, {_months("deep.began")}, {_months("lost.began")}, count(*),
       sum(facts.amount), coalesce(sum(lost.principal), 0)
FROM portfolio_facts AS facts
LEFT JOIN (
    SELECT financing_id, min(since) AS began FROM reconciliation_standing
    WHERE bucket IN ({_list(DEEPLY_LATE)}) GROUP BY 1
) AS deep ON deep.financing_id = facts.financing_id
LEFT JOIN (
    SELECT financing_id, since AS began, principal FROM reconciliation_standing
    WHERE bucket = 'written_off' AND until IS NULL
) AS lost ON lost.financing_id = facts.financing_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""  # noqa: S608  # nosec B608  the names are ours
