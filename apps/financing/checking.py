"""Whether a contract's document is what was signed: bytes, seal, terms, and the evidence log, each looked at anew."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Literal

from apps.core.sealing import sealing_of
from apps.evidence.proofs import Standing, standing_of
from apps.financing.models import Contract

Verdict = Literal["good", "bad", "waiting"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `name` is bytes, seal, terms, record or day; `waiting` is what the next night brings."""

    name: str
    verdict: Verdict
    position: int | None = None
    on: date | None = None


def check_document(contract: Contract) -> list[Check]:
    """Every check that the contract's document can be put to now; none while it has no document."""
    if not contract.document:
        return []
    stored = _stored(contract)
    checks = [
        Check("bytes", _verdict(stored is not None and _sha256(stored) == contract.document_sha256)),
        Check("terms", _verdict(_sha256(contract.terms.encode()) == contract.terms_sha256)),
    ]
    if contract.media_type == "application/pdf":
        sealing = sealing_of(stored) if stored is not None else None
        checks.insert(1, Check("seal", _verdict(sealing is not None and sealing.holds)))
    if contract.signed_at is not None:
        checks += _evidence(contract)
    return checks


def _evidence(contract: Contract) -> list[Check]:
    standing = standing_of(kind="contract_signed", subject=f"contract:{contract.pk}")
    if standing is None:
        return [Check("record", "bad")]
    record = Check("record", _verdict(standing.holds and _is_of(contract, standing)), standing.position)
    if standing.sealed_on is None:
        return [record, Check("day", "waiting", standing.position)]
    return [record, Check("day", _verdict(standing.seal_holds), standing.position, standing.sealed_on)]


def _is_of(contract: Contract, standing: Standing) -> bool:
    """Whether the record names this document and these terms."""
    told = json.loads(standing.payload)
    return (told.get("document_sha256"), told.get("terms_sha256")) == (contract.document_sha256, contract.terms_sha256)


def _stored(contract: Contract) -> bytes | None:
    try:
        with contract.document.open("rb") as paper:
            return bytes(paper.read())
    except FileNotFoundError:
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _verdict(holds: bool) -> Verdict:
    return "good" if holds else "bad"
