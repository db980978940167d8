"""Proving the stored balances of servicing: against their history, and against the ledger's control accounts."""

from collections.abc import Iterator

from apps.core.money import quantum
from apps.core.proofs import Proof, faults_by
from apps.financing.models import Financing
from apps.ledger import chart
from apps.repayment.interest import NINE_PLACES

CONTROLS = [chart.PRINCIPAL, chart.FEE, chart.INTEREST, chart.PENALTY]
OWED_BY_US = [chart.SELLER_PAYABLE, chart.OVERPAYMENTS]

BALANCES_OFF = Proof(
    """
    SELECT number, one.principal, one.fee, one.interest, one.penalty,
           coalesce(moved.principal, 0) AS moved_principal, coalesce(moved.fee, 0) AS moved_fee,
           coalesce(moved.interest, 0) AS moved_interest, coalesce(moved.penalty, 0) AS moved_penalty
    FROM financing_financing AS one
    LEFT JOIN (
        SELECT financing_id, sum(principal) AS principal, sum(fee) AS fee, sum(interest) AS interest,
               sum(penalty) AS penalty
        FROM repayment_movement GROUP BY financing_id
    ) AS moved ON moved.financing_id = one.id
    WHERE one.principal <> coalesce(moved.principal, 0) OR one.fee <> coalesce(moved.fee, 0)
       OR one.interest <> coalesce(moved.interest, 0) OR one.penalty <> coalesce(moved.penalty, 0)
    ORDER BY one.id
    """,
    "Financing {number} says principal {principal}, fee {fee}, interest {interest}, penalty {penalty}; its movements "
    "say {moved_principal}, {moved_fee}, {moved_interest}, {moved_penalty}.",
)
RUNNING_BALANCE_OFF = Proof(
    """
    SELECT number, business_date, key, outstanding, running FROM (
        SELECT financing_id, business_date, key, outstanding,
               sum(principal + fee + interest + penalty) OVER (PARTITION BY financing_id ORDER BY id) AS running
        FROM repayment_movement
    ) AS movement JOIN financing_financing ON financing_financing.id = financing_id
    WHERE outstanding <> running
    ORDER BY financing_id, business_date
    """,
    "Movement {key} of financing {number} on {business_date} leaves {outstanding} outstanding; the movements up to it "
    "leave {running}.",
)
SURPLUS_OFF = Proof(
    """
    SELECT number, overpaid, coalesce(moved.surplus, 0) AS moved
    FROM financing_financing AS one
    LEFT JOIN (
        SELECT financing_id, sum(surplus) AS surplus FROM repayment_movement WHERE surplus <> 0 GROUP BY financing_id
    ) AS moved ON moved.financing_id = one.id
    WHERE overpaid <> coalesce(moved.surplus, 0)
    ORDER BY one.id
    """,
    "Financing {number} says that {overpaid} was paid beyond what was owed; its movements say {moved}.",
)
ACCRUAL_OFF = Proof(
    """
    SELECT number, accrued_posted, coalesce(moved.interest, 0) AS moved
    FROM financing_financing AS one
    LEFT JOIN (
        SELECT financing_id, sum(interest) AS interest FROM repayment_movement WHERE kind = 'accrual'
        GROUP BY financing_id
    ) AS moved ON moved.financing_id = one.id
    WHERE accrued_posted <> coalesce(moved.interest, 0)
    ORDER BY one.id
    """,
    "Financing {number} says that {accrued_posted} of interest was posted; its accruals say {moved}.",
)
PENALTY_OFF = Proof(
    """
    SELECT number, penalty_posted, coalesce(moved.penalty, 0) AS moved
    FROM financing_financing AS one
    LEFT JOIN (
        SELECT financing_id, sum(penalty) AS penalty FROM repayment_movement WHERE kind = 'penalty'
        GROUP BY financing_id
    ) AS moved ON moved.financing_id = one.id
    WHERE penalty_posted <> coalesce(moved.penalty, 0)
    ORDER BY one.id
    """,
    "Financing {number} says that {penalty_posted} of penalty was posted; its movements say {moved}.",
)
CARRIED_OPEN = Proof(
    """
    SELECT currency, business_date, sum(debits - credits) AS amount
    FROM ledger_dailytotal JOIN ledger_account ON ledger_account.id = account_id
    WHERE code = %s
    GROUP BY currency, business_date HAVING sum(debits - credits) <> 0
    ORDER BY currency, business_date
    """,
    "On {business_date}, {amount} {currency} left one financing and did not arrive on another.",
    [chart.CARRIED],
)
# Movements and the entries that carry them, whichever side lacks the other, summed over the four control accounts.
CARRIED_BY_ANOTHER_AMOUNT = Proof(
    """
    WITH moved AS (
        SELECT entry_key AS key, sum(principal) AS principal, sum(fee) AS fee, sum(interest) AS interest,
               sum(penalty) AS penalty
        FROM repayment_movement GROUP BY entry_key
    ), side AS (
        SELECT entry_id, debit_id AS account_id, amount FROM ledger_posting
        UNION ALL
        SELECT entry_id, credit_id, -amount FROM ledger_posting
    ), posted AS (
        SELECT entry.key,
               coalesce(sum(amount) FILTER (WHERE code = %s), 0) AS principal,
               coalesce(sum(amount) FILTER (WHERE code = %s), 0) AS fee,
               coalesce(sum(amount) FILTER (WHERE code = %s), 0) AS interest,
               coalesce(sum(amount) FILTER (WHERE code = %s), 0) AS penalty
        FROM side
        JOIN ledger_account AS account ON account.id = account_id
        JOIN ledger_entry AS entry ON entry.id = entry_id
        WHERE code = ANY(%s)
        GROUP BY entry.key
    )
    SELECT key,
           concat_ws(', ', moved.principal, moved.fee, moved.interest, moved.penalty) AS moved,
           concat_ws(', ', posted.principal, posted.fee, posted.interest, posted.penalty) AS posted
    FROM moved FULL JOIN posted USING (key)
    WHERE (coalesce(moved.principal, 0), coalesce(moved.fee, 0), coalesce(moved.interest, 0),
           coalesce(moved.penalty, 0))
       <> (coalesce(posted.principal, 0), coalesce(posted.fee, 0), coalesce(posted.interest, 0),
           coalesce(posted.penalty, 0))
    ORDER BY key
    """,
    "Entry {key} and the movements that name it differ (principal, fee, interest, penalty): movements [{moved}], "
    "ledger [{posted}].",
    [*CONTROLS, CONTROLS],
)
# Each entry is one financing's own but for the interest and penalties of a night, which are one product's. With the
# two proofs before, every balance of a financing so follows from the journal.
CARRIED_FOR_ANOTHER = Proof(
    """
    SELECT movement.key, one.number, entry.key AS entry, entry.subject
    FROM repayment_movement AS movement
    JOIN financing_financing AS one ON one.id = movement.financing_id
    JOIN products_productversion AS version ON version.id = one.version_id
    JOIN products_financingproduct AS product ON product.id = version.product_id
    JOIN ledger_entry AS entry ON entry.key = movement.entry_key
    WHERE entry.subject <> 'financing:' || one.id AND entry.subject <> 'product:' || product.code
    ORDER BY movement.id
    """,
    "Movement {key} of financing {number} is carried by entry {entry}, which is about {subject}.",
)
CONTROL_ACCOUNT_OFF = Proof(
    """
    WITH kept AS (
        SELECT code, currency, sum(amount) AS amount FROM (
            SELECT currency, component.code, component.amount FROM financing_financing
            CROSS JOIN LATERAL (VALUES (%s, principal), (%s, fee), (%s, interest), (%s, penalty))
                AS component (code, amount)
            UNION ALL
            SELECT currency, %s, -balance FROM sellers_seller
            UNION ALL
            SELECT currency, %s, -overpaid FROM financing_financing
        ) AS rows GROUP BY code, currency
    ), booked AS (
        SELECT code, currency, sum(debits - credits) AS amount
        FROM ledger_dailytotal JOIN ledger_account ON ledger_account.id = account_id
        WHERE code = ANY(%s)
        GROUP BY code, currency
    )
    SELECT code, currency, coalesce(kept.amount, 0) AS kept, coalesce(booked.amount, 0) AS booked
    FROM kept FULL JOIN booked USING (code, currency)
    WHERE coalesce(kept.amount, 0) <> coalesce(booked.amount, 0)
    ORDER BY currency, code
    """,
    "{code} {currency} stands at {booked} in the ledger; the rows behind it add up to {kept}.",
    [*CONTROLS, *OWED_BY_US, [*CONTROLS, *OWED_BY_US]],
)
SWEEP_OFF = Proof(
    """
    WITH swept AS (
        SELECT seller_id, coalesce(effective_on, business_date) AS business_date, sum(movement.surplus
            - movement.principal - movement.fee - movement.interest - movement.penalty) AS amount
        FROM repayment_movement AS movement JOIN financing_financing ON financing_financing.id = financing_id
        WHERE kind = 'sweep'
        GROUP BY seller_id, coalesce(effective_on, business_date)
    )
    SELECT external_id, business_date, coalesce(kept, 0) AS kept, coalesce(swept.amount, 0) AS swept
    FROM repayment_sweep FULL JOIN swept USING (seller_id, business_date)
    JOIN sellers_seller ON sellers_seller.id = seller_id
    WHERE coalesce(kept, 0) <> coalesce(swept.amount, 0)
    ORDER BY business_date, external_id
    """,
    "The sweep of seller {external_id} on {business_date} kept {kept}; the financings were repaid {swept} by it.",
)
INSTALMENTS_OFF = Proof(
    """
    SELECT one.number, one.principal, one.fee, sum(row.amount - row.fee - row.interest - row.paid + row.paid_fee
               + row.paid_interest) AS open_principal, sum(row.fee - row.paid_fee) AS open_fee
    FROM financing_financing AS one
    JOIN repayment_demand AS row ON row.financing_id = one.id AND row.kind = 'instalment'
    WHERE one.state IN ('active', 'repaid', 'overpaid')
    GROUP BY one.id
    HAVING one.principal <> sum(row.amount - row.fee - row.interest - row.paid + row.paid_fee + row.paid_interest)
        OR one.fee <> sum(row.fee - row.paid_fee)
        OR one.interest < coalesce(sum(row.interest - row.paid_interest) FILTER (WHERE row.state <> 'planned'), 0)
    ORDER BY one.id
    """,
    "Financing {number} owes principal {principal} and fee {fee}; its instalments leave {open_principal} and "
    "{open_fee} open, or ask for more interest than is owed.",
)
POOL_OFF = Proof(
    """
    SELECT name, drawn, reserved, coalesce(owed, 0) AS owed, coalesce(promised, 0) AS promised
    FROM products_fundingpool AS pool
    LEFT JOIN (
        SELECT pool_id, sum(principal) AS owed, sum(amount) FILTER (WHERE state = 'pending') AS promised
        FROM (
            SELECT pool_id, principal, amount, state FROM financing_financing WHERE NOT is_shared
            UNION ALL
            SELECT part.pool_id, part.principal, part.amount, state FROM financing_participation AS part
            JOIN financing_financing AS shared ON shared.id = part.financing_id
            UNION ALL
            SELECT held.pool_id, 0, held.amount, 'pending' FROM financing_promise AS held
            JOIN financing_application AS asked ON asked.id = held.application_id AND asked.state = 'approved'
        ) AS funded GROUP BY pool_id
    ) AS financings ON pool_id = pool.id
    WHERE (drawn, reserved) <> (coalesce(owed, 0), coalesce(promised, 0))
    ORDER BY pool.id
    """,
    "Pool {name} says drawn {drawn}, reserved {reserved}; its financings owe principal of {owed}, and {promised} is "
    "promised to those that wait for a signature or their money.",
)
DISTRIBUTED_OFF = Proof(
    """
    SELECT total.currency, total.balance, coalesce(paid, 0) AS paid
    FROM (
        SELECT account.currency, sum(daily.debits - daily.credits) AS balance
        FROM ledger_dailytotal AS daily JOIN ledger_account AS account ON account.id = daily.account_id
        WHERE account.code = 'Equity:Distributed' GROUP BY account.currency
    ) AS total
    LEFT JOIN (
        SELECT pool.currency, sum(withdrawal.amount) AS paid
        FROM products_withdrawal AS withdrawal JOIN products_fundingpool AS pool ON pool.id = withdrawal.pool_id
        JOIN banking_instruction AS payment ON payment.id = withdrawal.instruction_id
        WHERE withdrawal.of = 'income' AND payment.failed_on IS NULL GROUP BY pool.currency
    ) AS withdrawn ON withdrawn.currency = total.currency
    WHERE total.balance <> coalesce(paid, 0)
    """,
    "Income paid out is {balance} {currency} in the books; the withdrawals of income that stand come to {paid}.",
)
PARTS_OFF = Proof(
    """
    SELECT number, amount, principal, coalesce(put_in, 0) AS put_in, coalesce(parts, 0) AS parts
    FROM financing_financing AS one
    LEFT JOIN (
        SELECT financing_id, sum(amount) AS put_in, sum(principal) AS parts
        FROM financing_participation GROUP BY financing_id
    ) AS funded ON financing_id = one.id
    WHERE is_shared AND (amount <> coalesce(put_in, 0) OR principal <> coalesce(parts, 0))
       OR NOT is_shared AND funded.financing_id IS NOT NULL
    ORDER BY one.id
    """,
    "Financing {number} is of {amount} and owes principal of {principal}; those who share it put in {put_in} and have "
    "{parts} out.",
)
SHARES_OFF = Proof(
    """
    SELECT number, pool.name, part.principal, part.income, part.lost, part.recovered, coalesce(moved.principal, 0)
           AS moved, coalesce(moved.income, 0) AS earned, coalesce(moved.lost, 0) AS gone,
           coalesce(moved.recovered, 0) AS again
    FROM financing_participation AS part
    JOIN financing_financing AS one ON one.id = part.financing_id
    JOIN products_fundingpool AS pool ON pool.id = part.pool_id
    LEFT JOIN (
        SELECT participation_id, sum(principal) AS principal, sum(income) FILTER (WHERE kind <> 'recovered') AS income,
               -sum(principal) FILTER (WHERE kind = 'lost') AS lost,
               sum(income) FILTER (WHERE kind = 'recovered') AS recovered
        FROM financing_share GROUP BY participation_id
    ) AS moved ON moved.participation_id = part.id
    WHERE (part.principal, part.income, part.lost, part.recovered) <>
          (coalesce(moved.principal, 0), coalesce(moved.income, 0), coalesce(moved.lost, 0),
           coalesce(moved.recovered, 0))
    ORDER BY part.id
    """,
    "The part of {name} in financing {number} says principal {principal}, income {income}, lost {lost}, recovered "
    "{recovered}; its shares add up to {moved}, {earned}, {gone}, {again}.",
)
INCOME_OFF = Proof(
    """
    SELECT number, paid, coalesce(earned, 0) AS earned FROM (
        SELECT one.id, one.number, -sum(movement.fee + movement.interest + movement.penalty)
               FILTER (WHERE coalesce(origin.kind, movement.kind) IN ('sweep', 'payment', 'refill')) AS paid
        FROM financing_financing AS one
        JOIN repayment_movement AS movement ON movement.financing_id = one.id
        LEFT JOIN repayment_movement AS origin ON origin.id = movement.reverses_id
        WHERE one.is_shared GROUP BY one.id
    ) AS told
    LEFT JOIN (
        SELECT financing_id, sum(income) AS earned FROM financing_participation GROUP BY financing_id
    ) AS parts ON parts.financing_id = told.id
    WHERE coalesce(paid, 0) <> coalesce(earned, 0)
    ORDER BY told.id
    """,
    "Financing {number} was paid {paid} of fee, interest and penalty; those who share it say {earned}.",
)
NOT_QUIET = Proof(
    """
    SELECT one.number, quiet_through, past_due, demand.due_on
    FROM financing_financing AS one
    LEFT JOIN repayment_demand AS demand
      ON demand.financing_id = one.id AND demand.paid < demand.amount AND demand.due_on <= quiet_through
    WHERE one.state = 'active' AND quiet_through IS NOT NULL AND (past_due <> 0 OR demand.due_on IS NOT NULL)
    ORDER BY one.id
    """,
    "Financing {number} is down as quiet through {quiet_through}, but {past_due} is past due, or a demand ends on "
    "{due_on}.",
)
PROOFS = (
    BALANCES_OFF,
    RUNNING_BALANCE_OFF,
    SURPLUS_OFF,
    ACCRUAL_OFF,
    PENALTY_OFF,
    CARRIED_OPEN,
    CARRIED_BY_ANOTHER_AMOUNT,
    CARRIED_FOR_ANOTHER,
    CONTROL_ACCOUNT_OFF,
    SWEEP_OFF,
    INSTALMENTS_OFF,
    POOL_OFF,
    DISTRIBUTED_OFF,
    PARTS_OFF,
    SHARES_OFF,
    INCOME_OFF,
    NOT_QUIET,
)


def faults() -> list[str]:
    """Every stored balance of the entered platform that its history or the ledger does not bear out, in plain words."""
    return faults_by([*PROOFS, *_drift()])


def _drift() -> Iterator[Proof]:
    """What is posted of the interest never strays more than half a minor unit from what has accrued."""
    for currency in Financing.objects.order_by("currency").values_list("currency", flat=True).distinct():
        yield Proof(
            """
            SELECT number, currency, what, grown.accrued, posted FROM financing_financing
            CROSS JOIN LATERAL (VALUES ('interest', accrued, accrued_posted),
                ('penalty', penalty_accrued, penalty_posted)) AS grown (what, accrued, posted)
            WHERE currency = %s AND abs(grown.accrued - posted) > %s ORDER BY id
            """,
            "Financing {number} has accrued {accrued} {currency} of {what}, of which {posted} is posted: "
            "they are more than half a minor unit apart.",
            [currency, quantum(currency) / 2 + NINE_PLACES],
        )
