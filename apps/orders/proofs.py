"""Proving that settlements of payment providers are the sum of their lines."""

from apps.core.proofs import Proof, faults_by

SETTLEMENT_OFF = Proof(
    """
    SELECT payout, captured - refunded - charged_back AS sales, coalesce(told.sales, 0) AS lines
    FROM orders_settlement AS settlement
    LEFT JOIN (
        SELECT settlement_id, sum(CASE kind WHEN 'capture' THEN amount ELSE -amount END) AS sales
        FROM orders_proceeds WHERE settlement_id IS NOT NULL GROUP BY settlement_id
    ) AS told ON told.settlement_id = settlement.id
    WHERE captured - refunded - charged_back <> coalesce(told.sales, 0)
    ORDER BY settlement.id
    """,
    "Payout {payout} settles sales of {sales}; its lines come to {lines}.",
)


def faults() -> list[str]:
    """Payouts that are not the sum of their lines, in plain words; none when all is well."""
    return faults_by([SETTLEMENT_OFF])
