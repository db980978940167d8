"""Proving the evidence log: nothing altered, removed, moved or added.

What a proof from inside cannot tell is a log that was put back as a whole, head and seals and all, to an earlier state
that this system itself had signed. That takes an anchor outside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from apps.evidence.chain import GENESIS, merkle_root, record_hash
from apps.evidence.models import Head, Record, Seal
from apps.evidence.signing import is_signed


def faults() -> list[str]:
    """Every fault of the log of the entered platform in plain words; none means that it is whole."""
    head = Head.objects.first()
    found = [*_chain_faults(head or Head()), *_seal_faults(head or Head())]
    if head is None and (found or Seal.objects.exists()):
        found.append("The head of the log was removed.")
    elif head is not None and not is_signed(head):
        found.append("The head of the log was altered: it is not signed by this system's key.")
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands in the log: its position, whether it is as it was written, and the seal over its day.

    `sealed_on` is None until the night of its day has sealed it; then `seal_holds` says whether that seal, signed by
    this system, still fits every record that it covers.
    """

    position: int
    payload: str
    holds: bool
    sealed_on: date | None
    seal_holds: bool


def standing_of(*, kind: str, subject: str) -> Standing | None:
    """The standing of the first record of that kind about `subject`; None when there is none."""
    row = Record.objects.filter(kind=kind, subject=subject).order_by("position").first()
    if row is None:
        return None
    before = Record.objects.filter(position=row.position - 1).values_list("hash", flat=True).first()
    continues = row.previous_hash == (before if row.position > 1 else GENESIS)
    over = Seal.objects.filter(first_position__lte=row.position, last_position__gte=row.position).first()
    return Standing(
        position=row.position,
        payload=row.payload,
        holds=continues and row.hash == _hash_of(row),
        sealed_on=over.business_date if over else None,
        seal_holds=over is not None and is_signed(over) and _fits_its_records(over),
    )


def _chain_faults(head: Head) -> Iterator[str]:
    expected, previous = 1, GENESIS
    for row in Record.objects.order_by("position").iterator(chunk_size=5000):
        if row.position != expected:
            yield f"Record {expected} is missing: the next one present is {row.position}."
        elif row.previous_hash != previous:
            yield f"Record {row.position} does not continue record {expected - 1}: one of them was altered or moved."
        if row.hash != _hash_of(row):
            yield f"Record {row.position} ({row.kind} {row.subject}) was altered after it was written."
        expected, previous = row.position + 1, row.hash
    if head.position != expected - 1:
        yield f"The log ends at record {expected - 1}, its head says {head.position}: records were removed or added."
    elif head.hash != previous:
        yield f"The head of the log does not carry the hash of record {head.position}."


def _hash_of(row: Record) -> str:
    return record_hash(
        position=row.position,
        kind=row.kind,
        subject=row.subject,
        payload=row.payload,
        business_date=row.business_date,
        by=row.by,
        at=row.at,
        previous_hash=row.previous_hash,
    )


def _seal_faults(head: Head) -> Iterator[str]:
    number, first, previous = 1, 1, ""
    for row in Seal.objects.order_by("number"):
        if row.number != number:
            yield f"Seal {number} is missing: the next one present is {row.number}, of {row.business_date}."
        elif row.previous_seal != previous or row.first_position != first:
            yield f"The seal of {row.business_date} does not continue the seal before it."
        if not is_signed(row):
            yield f"The seal of {row.business_date} was altered: it is not signed by this system's key."
        if not _fits_its_records(row):
            yield f"The seal of {row.business_date} does not fit its records: some were altered, removed or added."
        number, first, previous = row.number + 1, row.last_position + 1, row.signature
    if (head.seals, head.last_seal) != (number - 1, previous):
        yield f"The log has seals up to number {number - 1}, its head says {head.seals}: seals were removed or added."


def _fits_its_records(row: Seal) -> bool:
    covered = Record.objects.filter(position__range=(row.first_position, row.last_position)).order_by("position")
    leaves = list(covered.values_list("hash", flat=True))
    whole = len(leaves) == row.last_position - row.first_position + 1 and merkle_root(leaves) == row.merkle_root
    return whole and (not leaves or leaves[-1] == row.last_hash)
