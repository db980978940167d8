"""Papers of receipts: rendered once for what they state, stored with their hash, never rendered again."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.models import Transition
from apps.evidence.chain import canonical
from apps.evidence.services import record
from apps.tenants.services import current_platform
from apps.warehousing.models import Commodity, ReceiptPaper, WarehouseReceipt
from apps.warehousing.models.receipt import NOT_ISSUED
from apps.warehousing.paper import DATES, digest_of, paper_pdf
from apps.warehousing.services.locking import ReceiptRefused, locked

TOKEN_BYTES = 18
TEXTS = ("commodity", "unit", "grade", "lot", "bin", "insurance", "origin")


def facts_of(receipt: WarehouseReceipt) -> dict[str, Any]:
    """What the paper of `receipt` states, all of it text. What changes from day to day, such as a pledge, is not on it.

    `endorsements` counts how often the goods changed hands, so that a paper of a former holder never counts again.
    """
    platform = current_platform()
    return {
        "number": receipt.number,
        "platform": {"name": platform.name, "name_zh": platform.name_zh or platform.name},
        "warehouse": {
            "name": receipt.warehouse.name,
            "name_zh": receipt.warehouse.name_zh or receipt.warehouse.name,
            "operator": receipt.warehouse.operator,
            "region": receipt.warehouse.region,
            "code": receipt.warehouse.code,
        },
        "depositor": receipt.depositor.name,
        "holder": receipt.holder.name,
        "endorsements": str(Transition.of(receipt).filter(verb="transfer").count()),
        **{name: getattr(receipt, name) for name in TEXTS},
        "weight": f"{receipt.weight:f}",
        **{name: getattr(receipt, name).isoformat() for name in DATES},
        "split_from": receipt.parent.number if receipt.parent else "",
        "in_place_of": receipt.replaces.number if receipt.replaces else "",
    }


def is_current(paper: ReceiptPaper) -> bool:
    """Whether `paper` is the latest of its receipt and the receipt still says what it states."""
    latest = ReceiptPaper.objects.filter(receipt=paper.receipt_id).order_by("-number").first()
    return latest == paper and paper.facts_sha256 == digest_of(facts_of(paper.receipt))


def paper_of(*, receipt_id: int, site: str, at: datetime, by: str) -> ReceiptPaper:
    """The paper of a receipt: the stored one, or, when it states other facts than the receipt now, a new version.

    `site` is the platform's address, such as https://harvest.example/, which the QR code leads to. Raises
    ReceiptRefused for goods without a receipt.
    """
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.state in NOT_ISSUED or receipt.weight is None:
            raise ReceiptRefused(_("There is no paper yet: the warehouse has not issued this receipt."))
        facts = facts_of(receipt)
        latest = receipt.papers.order_by("-number").first()
        if latest is not None and latest.facts_sha256 == digest_of(facts):
            return latest
        return _render(receipt, facts, latest.number + 1 if latest else 1, site, at, by)


def _render(
    receipt: WarehouseReceipt, facts: dict[str, Any], number: int, site: str, at: datetime, by: str
) -> ReceiptPaper:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    goods = Commodity.objects.named([receipt.commodity])[receipt.commodity]
    content = paper_pdf(
        facts,
        called=(goods.name, goods.name_zh),
        version=number,
        trace_url=f"{site.rstrip('/')}/trace/{token}/",
    )
    paper = ReceiptPaper(
        receipt=receipt,
        number=number,
        facts=canonical(facts),
        facts_sha256=digest_of(facts),
        token=token,
        document_sha256=hashlib.sha256(content).hexdigest(),
        rendered_at=at,
        by=by,
    )
    paper.document.save(f"receipt-{receipt.pk}-{number}.pdf", ContentFile(content), save=False)
    paper.save(force_insert=True)
    record(
        kind="receipt_paper",
        subject=f"receipt:{receipt.pk}",
        payload={"number": number, "facts_sha256": paper.facts_sha256, "document_sha256": paper.document_sha256},
        business_date=current_platform().business_date(at),
        at=at,
        by=by,
    )
    return paper


def stated(paper: ReceiptPaper) -> dict[str, Any]:
    """What a paper states, as it was when it was rendered."""
    return dict(json.loads(paper.facts))
