"""Writing, sealing and verifying the evidence log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from apps.core import bulk
from apps.evidence.chain import GENESIS, canonical, merkle_root, record_hash
from apps.evidence.models import Head, Record, Seal


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be recorded. `payload` holds no personal data and no float."""

    kind: str
    subject: str
    payload: dict[str, Any]


def record(*, kind: str, subject: str, payload: dict[str, Any], business_date: date, at: datetime, by: str) -> int:
    """Append one record and return its position. The transaction that it proves must be the running one."""
    return record_many([Fact(kind, subject, payload)], business_date=business_date, at=at, by=by)


def record_many(facts: Iterable[Fact], *, business_date: date, at: datetime, by: str) -> int:
    """Append records in order and return the last position; writers wait for one another on the head of the chain."""
    with transaction.atomic():
        head = _locked_head()
        rows = []
        for fact in facts:
            text = canonical(fact.payload)
            position, previous = head.position + 1, head.hash
            digest = record_hash(
                position=position,
                kind=fact.kind,
                subject=fact.subject,
                payload=text,
                business_date=business_date,
                by=by,
                at=at,
                previous_hash=previous,
            )
            rows.append((position, fact.kind, fact.subject, text, business_date, by, at, previous, digest))
            head.position, head.hash = position, digest
        bulk.copy_rows(
            Record,
            ["position", "kind", "subject", "payload", "business_date", "by", "at", "previous_hash", "hash"],
            rows,
        )
        head.save()
        return head.position


def _locked_head() -> Head:
    Head.objects.bulk_create([Head()], ignore_conflicts=True)
    return Head.objects.select_for_update().get()


def seal(*, business_date: date, at: datetime, by: str) -> Seal:
    """Sign what was appended since the last seal; a date that is sealed keeps its seal."""
    with transaction.atomic():
        head = _locked_head()
        known = Seal.objects.filter(business_date=business_date).first()
        if known is not None:
            return known
        before = Seal.objects.order_by("-last_position").first()
        first = before.last_position + 1 if before else 1
        leaves = list(Record.objects.filter(position__gte=first).order_by("position").values_list("hash", flat=True))
        root = merkle_root(leaves)
        return Seal.objects.create(
            business_date=business_date,
            first_position=first,
            last_position=head.position,
            last_hash=head.hash,
            merkle_root=root,
            signature=_private_key().sign(_sealed_text(business_date, first, head.position, head.hash, root)).hex(),
            sealed_at=at,
        )


def verify() -> list[str]:
    """Every fault of the log in plain words; an empty list means that nothing was altered, removed or reordered."""
    return [*_chain_faults(), *_seal_faults()]


def _chain_faults() -> Iterator[str]:
    head = Head.objects.first() or Head()
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


def _seal_faults() -> Iterator[str]:
    key = _private_key().public_key()
    expected = 1
    for row in Seal.objects.order_by("last_position", "business_date"):
        covered = Record.objects.filter(position__range=(row.first_position, row.last_position)).order_by("position")
        leaves = list(covered.values_list("hash", flat=True))
        if row.first_position != expected:
            yield f"The seal of {row.business_date} starts at record {row.first_position}, not {expected}."
        if len(leaves) != row.last_position - row.first_position + 1 or merkle_root(leaves) != row.merkle_root:
            yield f"The seal of {row.business_date} does not fit its records."
        if not _is_signed(row, key):
            yield f"The seal of {row.business_date} is not signed by this system's key."
        expected = row.last_position + 1


def _is_signed(row: Seal, key: Ed25519PublicKey) -> bool:
    text = _sealed_text(row.business_date, row.first_position, row.last_position, row.last_hash, row.merkle_root)
    try:
        key.verify(bytes.fromhex(row.signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sealed_text(business_date: date, first: int, last: int, last_hash: str, root: str) -> bytes:
    return canonical(
        {
            "platform": connection.schema_name,
            "date": business_date.isoformat(),
            "first": first,
            "last": last,
            "last_hash": last_hash,
            "root": root,
        }
    ).encode()


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.EVIDENCE_SIGNING_KEY))
