"""The blind registry: which goods are encumbered on any platform, told by keyed digests alone (ADR 0015).

A row says that some platform holds something under this digest. Which platform, and what, cannot be read from it: both
digest and holder are HMACs, and the keys are not in the database. Whoever asks learns whether the goods are held by
somebody else, and nothing more; the question for goods that are free, one's own or another's is the same statement.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from apps.tenants.services import current_platform

CLAIM = """
    INSERT INTO public.tenants_encumbrance AS held (digest, key, holder)
    SELECT * FROM unnest(%s::bytea[], %s::text[], %s::bytea[]) ORDER BY 1
    ON CONFLICT (digest) DO UPDATE SET key = held.key
    RETURNING held.digest, held.holder
"""
LOCK = "SELECT digest FROM public.tenants_encumbrance WHERE digest = ANY(%s) AND holder = ANY(%s) ORDER BY 1 FOR UPDATE"
RELEASE = "DELETE FROM public.tenants_encumbrance WHERE digest = ANY(%s) AND holder = ANY(%s)"


class Entry(NamedTuple):
    """One row of the registry: what is held, under which key that is told, and by whom."""

    digest: bytes
    key: str
    holder: bytes


def claim(identities: Collection[str]) -> set[str]:
    """Hold every one of `identities` for the entered platform; answer those that somebody else holds already.

    What the platform itself holds it goes on holding. The caller's transaction must be rolled back when the answer is
    not empty. Rows are locked in the order of their digests, so that two who claim the same goods at once come one
    after the other: the second waits for the first to commit, and finds out.
    """
    entries = {entry.digest: (identity, entry) for identity in identities for entry in _entries(identity)}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, _columns(entry for _identity, entry in entries.values()))
        holders = [(bytes(digest), bytes(holder)) for digest, holder in cursor.fetchall()]
    return {
        entries[digest][0] for digest, holder in holders if not hmac.compare_digest(holder, entries[digest][1].holder)
    }


def lock(identities: Collection[str]) -> None:
    """Keep what the platform holds of `identities` as it is until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, _mine(identities))


def release(identities: Collection[str]) -> None:
    """Let go what the platform holds of `identities`; what it does not hold is left alone."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, _mine(identities))


def _columns(entries: Iterable[Entry]) -> list[list[object]]:
    return [list(column) for column in zip(*entries, strict=True)] or [[], [], []]


def _mine(identities: Collection[str]) -> list[list[object]]:
    digests, _keys, holders = _columns(entry for identity in identities for entry in _entries(identity))
    return [digests, holders]


def _entries(identity: str) -> Iterator[Entry]:
    """Under each key that is in use: while keys change, old and new rows both match."""
    platform = current_platform().schema_name
    for key, secret in settings.REGISTRY_KEYS.items():
        digest = _digest(secret, "goods", identity)
        yield Entry(digest, key, _digest(secret, "holder", platform, digest.hex()))


def _digest(secret: str, *parts: str) -> bytes:
    return hmac.digest(bytes.fromhex(secret), "\x1f".join(parts).encode(), hashlib.sha256)
