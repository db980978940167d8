"""The key that seals documents: one PEM file with a private key, its certificate, and certificates of keys before it.

`python -m config.seal FILE NAME` makes one with a certificate of its own, valid for ten years. A certificate of an
authority takes its place in production, so that others' readers trust it too.
"""

# A command's answers belong on the terminal.
# ruff: noqa: T201

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=3652)


def make_seal(path: Path, name: str) -> Path:
    """A new key with its certificate at `path`, readable by its owner only; one that is there is left as it is."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(_key_and_certificate(name))
    with suppress(FileExistsError):  # another process was faster: its key holds
        os.link(unfinished, path)
    unfinished.unlink()
    return path


def _key_and_certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return text + certificate.public_bytes(serialization.Encoding.PEM)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Say where and for whom: python -m config.seal FILE NAME")
    print(f"{make_seal(Path(sys.argv[1]), sys.argv[2])} holds the key. Keep a copy of it offline.")
