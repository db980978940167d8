"""Proofs: each is one set-based query whose rows are what is off, and the sentence that says so of a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

NAMED = 20  # of one proof; the rest is counted


@dataclass(frozen=True, slots=True)
class Proof:
    """`query` answers one row for each thing that is off, none when all is well; `sentence` names its columns."""

    query: str
    sentence: str
    parameters: Sequence[Any] = ()


def faults_by(proofs: Iterable[Proof]) -> list[str]:
    """What `proofs` find, in plain words. Each query sees one committed state, so writers need not stop for it."""
    return [fault for proof in proofs for fault in _faults(proof)]


def _faults(proof: Proof) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(proof.query, proof.parameters)
        names = [column.name for column in cursor.description]
        found = [proof.sentence.format(**dict(zip(names, row, strict=True))) for row in cursor.fetchmany(NAMED)]
        if cursor.rowcount > len(found):
            found.append(f"... and {cursor.rowcount - len(found)} more like it.")
    return found
