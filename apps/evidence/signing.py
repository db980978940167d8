"""What is signed of the evidence log, and whether a signature is this system's own. Ed25519, hex.

Every signed text names its platform, so that one platform's log cannot be passed off as another's.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from apps.evidence.chain import canonical
from apps.evidence.models import Head, Seal
from apps.tenants.services import current_platform


def sign(row: Head | Seal) -> str:
    """The signature over everything that `row` states."""
    return _private_key().sign(_text(row)).hex()


def is_signed(row: Head | Seal) -> bool:
    """Whether `row` still states what was signed."""
    try:
        _private_key().public_key().verify(bytes.fromhex(row.signature), _text(row))
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(row: Head | Seal) -> bytes:
    stated = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if field.name not in {"id", "signature", "sealed_at"}
    }
    return canonical({"platform": current_platform().signed_name, "what": row._meta.model_name, **stated}).encode()


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.EVIDENCE_SIGNING_KEY))
