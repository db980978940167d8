"""Seals on PDFs: an electronic signature inside the file (PAdES B-B), which any reader of PDFs can check by itself."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import keys, pem, x509
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "Seal"


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the seal of a file says. `intact`: not one byte differs from what was sealed; `ours`: by a key of ours."""

    intact: bool
    ours: bool
    at: datetime | None = None

    @property
    def holds(self) -> bool:
        return self.intact and self.ours


def seal_pdf(pdf: bytes, *, reason: str, place: str, at: datetime) -> bytes:
    """`pdf` with a seal by the installation's key, whose stated time is `at`; what was there stays byte by byte.

    Raises FileNotFoundError or ValueError when there is no usable key.
    """
    key, certificates = _keys(settings.DOCUMENT_SEAL_FILE)
    signer = SimpleSigner(
        signing_cert=certificates[0], signing_key=key, cert_registry=SimpleCertificateStore.from_certs(certificates)
    )
    metadata = PdfSignatureMetadata(
        field_name=FIELD, reason=reason, location=place, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    sealed = BytesIO()
    _SignerAt(metadata, signer, at).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=sealed)
    return sealed.getvalue()


class _SignerAt(PdfSigner):
    """A signer to whom the time is told."""

    def __init__(self, metadata: PdfSignatureMetadata, signer: SimpleSigner, at: datetime) -> None:
        super().__init__(metadata, signer)
        self.at = at

    def init_signing_session(self, *arguments: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self.at
        return session


def sealing_of(pdf: bytes) -> Sealing | None:
    """What the seal in `pdf` says, None without one. A file that cannot be read as a PDF is not intact."""
    _key, certificates = _keys(settings.DOCUMENT_SEAL_FILE)
    try:
        seals = PdfFileReader(BytesIO(pdf)).embedded_signatures
        if not seals:
            return None
        # Certificates of ours are trusted whenever they were made: the seal's own time lies within their validity.
        context = ValidationContext(trust_roots=certificates, allow_fetching=False)
        status = validate_pdf_signature(seals[0], signer_validation_context=context)
    except Exception:  # noqa: BLE001  a changed byte can break a file in any way that its reader knows; none holds
        return Sealing(intact=False, ours=False)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    return Sealing(
        intact=bool(status.intact and status.valid and whole),
        ours=any(status.signing_cert.dump() == one.dump() for one in certificates),
        at=status.signer_reported_dt,
    )


@cache
def _keys(path: str) -> tuple[keys.PrivateKeyInfo, list[x509.Certificate]]:
    """The private key of a PEM file, and its certificates, the key's own first."""
    key, certificates = None, []
    for kind, _headers, content in pem.unarmor(Path(path).read_bytes(), multiple=True):
        if kind == "PRIVATE KEY":
            key = keys.PrivateKeyInfo.load(content)
        elif kind == "CERTIFICATE":
            certificates.append(x509.Certificate.load(content))
    if key is None or not certificates:
        raise ValueError("DOCUMENT_SEAL_FILE must hold a private key (PKCS 8, PEM) and its certificate.")
    return key, certificates
