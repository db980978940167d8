"""Everything that money did on a platform, as lines that two platforms which lived the same days have in common."""

import hashlib
from collections.abc import Sequence
from itertools import zip_longest

from django.db import connection

# No row ids and no clock times. Entries that sum up a chunk carry the chunk at the end of their key, which is left out
# and their amounts added up: how a night was cut into pieces is no matter.
BOOKS = r"""
SELECT 'entry', regexp_replace(entry.key, '^((accrual|penalty):.*):[^:]*$', '\1'), entry.business_date::text,
       debit.code, credit.code, sum(posting.amount)::text
FROM ledger_posting AS posting JOIN ledger_entry AS entry ON entry.id = posting.entry_id
JOIN ledger_account AS debit ON debit.id = posting.debit_id
JOIN ledger_account AS credit ON credit.id = posting.credit_id
GROUP BY 2, 3, 4, 5
UNION ALL
SELECT 'movement', financing.number, movement.business_date::text, movement.key, movement.reason,
       concat_ws('/', movement.principal, movement.fee, movement.interest, movement.penalty, movement.surplus,
                 movement.outstanding)
FROM repayment_movement AS movement JOIN financing_financing AS financing ON financing.id = movement.financing_id
UNION ALL
SELECT 'financing', number, state, closed_through::text, past_due::text,
       concat_ws('/', principal, fee, interest, penalty, accrued, accrued_posted, penalty_accrued, penalty_posted,
                 days_past_due, demands_raised, minimums)
FROM financing_financing
UNION ALL
SELECT 'event', financing.number, event.number::text, event.kind || ' ' || event.state, event.effective_on::text,
       concat_ws('/', event.business_date, event.amount, event.reason, event.details)
FROM repayment_event AS event JOIN financing_financing AS financing ON financing.id = event.financing_id
UNION ALL
SELECT 'sweep', seller.external_id, business_date::text, sweep.state, kept::text,
       concat_ws('/', captured, refunded, charged_back, brought_forward, paid_out, carried_forward)
FROM repayment_sweep AS sweep JOIN sellers_seller AS seller ON seller.id = sweep.seller_id
UNION ALL
SELECT 'demand', financing.number, demand.number::text, demand.state, demand.due_on::text,
       concat_ws('/', demand.amount, paid, demand.fee, demand.interest, paid_fee, paid_interest)
FROM repayment_demand AS demand JOIN financing_financing AS financing ON financing.id = demand.financing_id
UNION ALL
SELECT 'near breach', financing.number, near.number::text, near.checked_on::text, '',
       concat_ws('/', near.expected, near.paid)
FROM repayment_nearbreach AS near JOIN financing_financing AS financing ON financing.id = near.financing_id
UNION ALL
SELECT 'instruction', key, kind, from_purpose, business_date::text,
       concat_ws('/', amount, confirmed_on, failed_on, failure_reason)
FROM banking_instruction
UNION ALL
SELECT 'share', financing.number, pool.name, share.business_date::text, share.kind,
       concat_ws('/', share.key, share.principal, share.income)
FROM financing_share AS share JOIN financing_participation AS part ON part.id = share.participation_id
JOIN financing_financing AS financing ON financing.id = part.financing_id
JOIN products_fundingpool AS pool ON pool.id = part.pool_id
UNION ALL
SELECT 'promise', seller.external_id, pool.name, asked.product_code, asked.state, promise.amount::text
FROM financing_promise AS promise JOIN financing_application AS asked ON asked.id = promise.application_id
JOIN sellers_seller AS seller ON seller.id = asked.seller_id
JOIN products_fundingpool AS pool ON pool.id = promise.pool_id
UNION ALL
SELECT 'withdrawal', pool.name, withdrawal.reference, batch.state, withdrawal.business_date::text,
       concat_ws('/', withdrawal.of, withdrawal.amount)
FROM products_withdrawal AS withdrawal JOIN products_fundingpool AS pool ON pool.id = withdrawal.pool_id
JOIN banking_instruction AS paid ON paid.id = withdrawal.instruction_id
JOIN banking_paymentbatch AS batch ON batch.id = paid.batch_id
UNION ALL
SELECT 'settlement', payout, currency, settled_on::text, booked_on::text,
       concat_ws('/', captured, refunded, charged_back, fees, total)
FROM orders_settlement
UNION ALL
SELECT 'seller', external_id, state, worst_days_past_due::text, '', balance::text FROM sellers_seller
UNION ALL
SELECT 'receipt', receipt.number, receipt.state, holder.external_id, valid_until::text, weight::text
FROM warehousing_warehousereceipt AS receipt JOIN sellers_seller AS holder ON holder.id = receipt.holder_id
UNION ALL
SELECT 'offer', seller.external_id, product_code, offer.state, made_on::text, maximum_amount::text
FROM financing_offer AS offer JOIN sellers_seller AS seller ON seller.id = offer.seller_id
UNION ALL
SELECT 'pledge', number, state, valued_on::text, price_is_stale::text, concat_ws('/', value, lendable, outstanding)
FROM warehousing_pledge
UNION ALL
SELECT 'margin_call', pledge.number, call.opened_on::text, call.state, call.due_on::text,
       concat_ws('/', call.ratio, call.outstanding, call.value, cash_cure, goods_cure, ended_on)
FROM warehousing_margincall AS call JOIN warehousing_pledge AS pledge ON pledge.id = call.pledge_id
UNION ALL
SELECT 'goods_sale', pledge.number, sold_on::text, to_pledgee::text, '', concat_ws('/', price, costs, surplus)
FROM warehousing_goodssale AS sale JOIN warehousing_pledge AS pledge ON pledge.id = sale.pledge_id
"""


def book_lines() -> list[str]:
    """What stands in the books of the entered platform, line by line, in an order of its own."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS)
        return sorted(" ".join(one or "" for one in row) for row in cursor.fetchall())


def books() -> str:
    """A fingerprint of `book_lines()`."""
    return hashlib.sha256("\n".join(book_lines()).encode()).hexdigest()


def first_difference(one: Sequence[str], other: Sequence[str]) -> tuple[str, str] | None:
    """The first pair of lines that differ, "nothing" standing for a missing one; None when all are the same."""
    pairs = zip_longest(one, other, fillvalue="nothing")
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


__all__ = ["book_lines", "books", "first_difference"]
