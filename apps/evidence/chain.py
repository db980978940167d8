"""The arithmetic of the evidence log: canonical text, record hashes, Merkle roots. SHA-256, hex, no I/O."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64


def canonical(payload: dict[str, Any]) -> str:
    """`payload` as JSON text with one spelling: sorted keys, no spaces, everything but text and numbers as text.

    Raises TypeError for a float: money is Decimal, and a float has no one spelling.
    """
    return json.dumps(_plain(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("A float cannot be evidence.")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def record_hash(
    *,
    position: int,
    kind: str,
    subject: str,
    payload: str,
    business_date: date,
    by: str,
    at: datetime,
    previous_hash: str,
) -> str:
    """The hash of one record; every field of it and the hash before it are covered. `at` is read in UTC."""
    text = canonical(
        {
            "position": position,
            "kind": kind,
            "subject": subject,
            "payload": payload,
            "business_date": business_date.isoformat(),
            "by": by,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "previous": previous_hash,
        }
    )
    return hashlib.sha256(text.encode()).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """The RFC 9162 Merkle tree hash over hex `leaves`; of no leaves, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    return _subtree([bytes.fromhex(leaf) for leaf in leaves]).hex()


def _subtree(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _subtree(leaves[:half]) + _subtree(leaves[half:])).digest()
