"""Writing and sealing the evidence log. Proving it is the business of `proofs`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import transaction

from apps.core import bulk
from apps.evidence.chain import canonical, merkle_root, record_hash
from apps.evidence.models import Head, Record, Seal
from apps.evidence.signing import sign


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
        _keep(head)
        return head.position


def _locked_head() -> Head:
    head = Head.objects.select_for_update().first()
    if head is None:
        Head.objects.bulk_create([Head()], ignore_conflicts=True)
        head = Head.objects.select_for_update().get()
    return head


def _keep(head: Head) -> None:
    head.signature = sign(head)
    head.save()


def seal(*, business_date: date, at: datetime, by: str) -> Seal:
    """Sign what was appended since the last seal, be it nothing; a date that is sealed keeps its seal."""
    with transaction.atomic():
        head = _locked_head()
        known = Seal.objects.filter(business_date=business_date).first()
        if known is not None:
            return known
        before = Seal.objects.order_by("-number").first()
        first = before.last_position + 1 if before else 1
        leaves = list(Record.objects.filter(position__gte=first).order_by("position").values_list("hash", flat=True))
        new = Seal(
            number=head.seals + 1,
            business_date=business_date,
            first_position=first,
            last_position=head.position,
            last_hash=head.hash,
            merkle_root=merkle_root(leaves),
            previous_seal=head.last_seal,
            sealed_at=at,
        )
        new.signature = sign(new)
        new.save(force_insert=True)
        head.seals, head.last_seal = new.number, new.signature
        _keep(head)
    structlog.get_logger().info("evidence sealed", business_date=business_date.isoformat(), seal=new.number, by=by)
    return new
