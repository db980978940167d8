"""Proving the books from their own rows.

A posting names two accounts and one amount, so an entry made of sound postings is balanced: the proof is that every
posting is sound, every entry has some, and the daily totals are the sums of the postings.
"""

from apps.core.proofs import Proof, faults_by
from apps.ledger.chart import CODES, KIND_BY_ROOT
from apps.ledger.models import Account

ENTRY_WITHOUT_POSTINGS = Proof(
    """
    SELECT key, business_date FROM ledger_entry AS entry
    WHERE NOT EXISTS (SELECT FROM ledger_posting WHERE entry_id = entry.id)
    ORDER BY id
    """,
    "Entry {key} of {business_date} has no postings.",
)
UNSOUND_POSTING = Proof(
    """
    SELECT posting.id, coalesce(entry.key, 'that does not exist') AS key, posting.amount, posting.currency
    FROM ledger_posting AS posting
    LEFT JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    LEFT JOIN ledger_account AS debit ON debit.id = posting.debit_id
    LEFT JOIN ledger_account AS credit ON credit.id = posting.credit_id
    WHERE posting.amount <= 0
       OR posting.debit_id = posting.credit_id
       OR (posting.currency = entry.currency AND posting.currency = debit.currency
           AND posting.currency = credit.currency) IS NOT TRUE
    ORDER BY posting.id
    """,
    "Posting {id} of entry {key}, {amount} {currency}, does not move a positive amount between two accounts of its "
    "entry's currency.",
)
REVERSAL_NO_MIRROR = Proof(
    """
    SELECT reversal.key, reversed.key AS of
    FROM ledger_entry AS reversal JOIN ledger_entry AS reversed ON reversed.id = reversal.reverses_id
    WHERE EXISTS (
        SELECT debit_id, credit_id, sum(amount) FROM (
            SELECT debit_id, credit_id, amount FROM ledger_posting WHERE entry_id = reversal.id
            UNION ALL
            SELECT credit_id, debit_id, -amount FROM ledger_posting WHERE entry_id = reversed.id
        ) AS both_ways
        GROUP BY debit_id, credit_id HAVING sum(amount) <> 0
    )
    ORDER BY reversal.id
    """,
    "Entry {key} is not the mirror image of {of}, which it reverses.",
)
DAILY_TOTAL_OFF = Proof(
    """
    WITH posted AS (
        SELECT account_id, business_date, sum(debits) AS debits, sum(credits) AS credits
        FROM (
            SELECT debit_id, entry_id, amount, 0 FROM ledger_posting
            UNION ALL
            SELECT credit_id, entry_id, 0, amount FROM ledger_posting
        ) AS side (account_id, entry_id, debits, credits)
        JOIN ledger_entry ON ledger_entry.id = entry_id
        GROUP BY account_id, business_date
    )
    SELECT account.code, account.currency, business_date,
           coalesce(kept.debits, 0) AS debits, coalesce(kept.credits, 0) AS credits,
           coalesce(posted.debits, 0) AS posted_debits, coalesce(posted.credits, 0) AS posted_credits
    FROM ledger_dailytotal AS kept
    FULL JOIN posted USING (account_id, business_date)
    LEFT JOIN ledger_account AS account ON account.id = account_id
    WHERE (coalesce(kept.debits, 0), coalesce(kept.credits, 0))
       <> (coalesce(posted.debits, 0), coalesce(posted.credits, 0))
    ORDER BY business_date, account.code
    """,
    "The daily total of {code} {currency} on {business_date} says debits {debits}, credits {credits}; its postings say "
    "debits {posted_debits}, credits {posted_credits}.",
)
PROOFS = (ENTRY_WITHOUT_POSTINGS, UNSOUND_POSTING, REVERSAL_NO_MIRROR, DAILY_TOTAL_OFF)


def faults() -> list[str]:
    """Everything that is off in the books of the entered platform, in plain words; none means that they hold."""
    return [*_account_faults(), *faults_by(PROOFS)]


def _account_faults() -> list[str]:
    return [
        f"Account {account} is kept as {account.kind}, which the chart of accounts does not say."
        for account in Account.objects.order_by("currency", "code")
        if account.code not in CODES or KIND_BY_ROOT[account.code.partition(":")[0]] != account.kind
    ]
