"""The arithmetic of the evidence log, against worked examples and RFC 9162."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.evidence.chain import GENESIS, canonical, merkle_root, record_hash

LEAVES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(8)]


def test_the_same_facts_have_one_spelling() -> None:
    spelt = '{"amount":"9000.00","at":"2025-03-14","list":["1",null,true],"name":"杨梅","number":7}'
    facts = {"number": 7, "name": "杨梅", "amount": Decimal("9000.00"), "at": date(2025, 3, 14)}
    assert canonical({**facts, "list": (Decimal(1), None, True)}) == spelt
    assert canonical(dict(reversed({**facts, "list": [Decimal(1), None, True]}.items()))) == spelt


@pytest.mark.parametrize("payload", [{"amount": 0.1}, {"deep": [{"amount": 1e3}]}, {"nan": float("nan")}])
def test_a_float_cannot_be_evidence(payload: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="A float cannot be evidence"):
        canonical(payload)


FACTS: dict[str, Any] = {
    "position": 1,
    "kind": "disbursed",
    "subject": "financing:1",
    "payload": "{}",
    "business_date": date(2025, 3, 14),
    "by": "user:7",
    "at": datetime(2025, 3, 14, 9, 30, tzinfo=UTC),
    "previous_hash": GENESIS,
}


@pytest.mark.parametrize(
    "differing",
    [
        {"position": 2},
        {"kind": "disburse"},
        {"subject": "dfinancing:1", "kind": "disburse"},
        {"payload": "{ }"},
        {"business_date": date(2025, 3, 15)},
        {"by": "user:8"},
        {"at": datetime(2025, 3, 14, 9, 30, 0, 1, tzinfo=UTC)},
        {"previous_hash": "1" + GENESIS[1:]},
    ],
)
def test_every_field_is_in_the_hash(differing: dict[str, Any]) -> None:
    assert record_hash(**FACTS) != record_hash(**{**FACTS, **differing})


def test_one_instant_hashes_alike_in_every_zone() -> None:
    there = FACTS["at"].astimezone(timezone(timedelta(hours=8)))
    assert record_hash(**{**FACTS, "at": there}) == record_hash(**FACTS)


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_merkle_roots_as_the_rfc_writes_them_out() -> None:
    a, b, c, d, e = (_hash(b"\x00", bytes.fromhex(leaf)) for leaf in LEAVES[:5])
    ab, cd = _hash(b"\x01", a, b), _hash(b"\x01", c, d)
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()
    assert merkle_root(LEAVES[:1]) == a.hex()
    assert merkle_root(LEAVES[:2]) == ab.hex()
    assert merkle_root(LEAVES[:3]) == _hash(b"\x01", ab, c).hex()
    assert merkle_root(LEAVES[:5]) == _hash(b"\x01", _hash(b"\x01", ab, cd), e).hex()


@given(st.permutations(LEAVES))
def test_the_order_of_leaves_is_in_the_root(leaves: list[str]) -> None:
    assert (merkle_root(leaves) == merkle_root(LEAVES)) == (leaves == LEAVES)
