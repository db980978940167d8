"""Proving that what was booked of a bank's statements is what the statements say."""

from apps.core.proofs import Proof, faults_by

BOOKED_OTHERWISE = Proof(
    """
    SELECT file.name AS file, statement.position, statement.net, coalesce(sum(line.amount), 0) AS lines
    FROM banking_bankstatement AS statement
    JOIN banking_statementfile AS file ON file.id = statement.file_id
    LEFT JOIN banking_statemententry AS entry ON entry.statement_id = statement.id
    LEFT JOIN banking_bankline AS line ON line.entry_id = entry.id
    WHERE statement.state = 'booked' AND statement.number_key <> ''
    GROUP BY statement.id, file.name HAVING statement.net <> coalesce(sum(line.amount), 0)
    ORDER BY statement.id
    """,
    "Statement {position} of {file} has entries of {net} in sum; the bank lines that came of it come to {lines}.",
)
LINE_OF_NOTHING = Proof(
    """
    SELECT line.key, line.amount, entry.amount AS said, statement.state
    FROM banking_bankline AS line
    JOIN banking_statemententry AS entry ON entry.id = line.entry_id
    JOIN banking_bankstatement AS statement ON statement.id = entry.statement_id
    WHERE (line.amount, line.currency) IS DISTINCT FROM (entry.amount, statement.currency)
       OR statement.state <> 'booked' OR entry.status <> 'booked'
    ORDER BY line.id
    """,
    "Bank line {key} is of {amount}; its entry is of {said} in a statement that is {state}.",
)


def faults() -> list[str]:
    """Every way in which bank lines are not what the statements say, in plain words; none when all is well."""
    return faults_by([BOOKED_OTHERWISE, LINE_OF_NOTHING])
