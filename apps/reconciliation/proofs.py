"""Proving that the night, the books and the evidence tell of the same dates."""

from apps.core.proofs import Proof, faults_by

# Also what tells of an evidence log that was emptied whole, which the log itself cannot know.
CLOSED_WITHOUT_SEAL = Proof(
    """
    SELECT business_date FROM reconciliation_nightlyrun
    WHERE business_date <= (SELECT closed_through FROM ledger_books)
      AND NOT EXISTS (SELECT FROM evidence_seal WHERE business_date = reconciliation_nightlyrun.business_date)
    ORDER BY business_date
    """,
    "The books of {business_date} are closed, but its evidence has no seal: the seal was removed.",
)


def faults() -> list[str]:
    """Every closed date of the entered platform whose night left no seal, in plain words."""
    return faults_by([CLOSED_WITHOUT_SEAL])
