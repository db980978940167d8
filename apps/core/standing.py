"""Proving that no state moved without its transition: each row stands where the last move on record left it."""

from collections.abc import Iterator

from psycopg import sql

from apps.core.proofs import Proof, faults_by
from apps.core.states import stateful_models

# A move that sets out from elsewhere than where the one before it had led: between the two somebody set the state.
NOT_CONTINUED = Proof(
    """
    SELECT model, object_id, verb, source, stood FROM (
        SELECT id, model, object_id, verb, source,
               lag(target) OVER (PARTITION BY model, object_id ORDER BY id) AS stood
        FROM core_transition
    ) AS moved
    WHERE source <> stood
    ORDER BY id
    """,
    "{model} {object_id} was moved by {verb} from {source}; the move before it had led to {stood}.",
)
STANDS_ELSEWHERE = """
    WITH last AS (
        SELECT DISTINCT ON (object_id) object_id, target FROM core_transition
        WHERE model = {label} ORDER BY object_id, id DESC
    )
    SELECT row.id, row.state, coalesce(last.target, 'none') AS led_to
    FROM {table} AS row LEFT JOIN last ON last.object_id = row.id
    WHERE CASE WHEN last.target IS NULL THEN row.state <> ALL({born}) ELSE row.state <> last.target END
    ORDER BY row.id
"""


def faults() -> list[str]:
    """Every row of the entered platform whose state its moves on record do not bear out, in plain words."""
    return faults_by(_proofs())


def _proofs() -> Iterator[Proof]:
    yield NOT_CONTINUED
    for model in stateful_models():
        label = model._meta.label_lower
        query = sql.SQL(STANDS_ELSEWHERE).format(
            label=sql.Literal(label),
            table=sql.Identifier(model._meta.db_table),
            born=sql.Literal(list(model.born_unlogged)),
        )
        yield Proof(query.as_string(), label + " {id} is {state}; where its last move on record led: {led_to}.")
