"""Keeping photos and documents of goods."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.warehousing.models import Attachment, Inspection, WarehouseReceipt
from apps.warehousing.models.attachment import KeptFile
from apps.warehousing.uploads import PDF, Upload, UploadRefused

K = TypeVar("K", bound=KeptFile)
MOST = 20
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", PDF: "pdf"}


def attach(
    *, to: WarehouseReceipt | Inspection, uploads: Sequence[Upload], kind: str, at: datetime, by: str
) -> list[Attachment]:
    """Keep what was sent with a receipt or a count; the same bytes are kept once.

    Raises UploadRefused when it would have more than MOST files; then none is kept.
    """
    owner: dict[str, Any] = {"receipt": to} if isinstance(to, WarehouseReceipt) else {"inspection": to}
    with transaction.atomic():
        type(to)._default_manager.select_for_update(of=["self"]).get(pk=to.pk)
        there = {one.sha256: one for one in Attachment.objects.filter(**owner)}
        fresh = {upload.sha256: upload for upload in uploads if upload.sha256 not in there}
        if len(there) + len(fresh) > MOST:
            raise UploadRefused(_("At most %(most)s files are kept here. Nothing was added.") % {"most": MOST})
        for digest, upload in fresh.items():
            there[digest] = _keep(upload, owner, kind, at, by)
        return [there[upload.sha256] for upload in uploads]


def _keep(upload: Upload, owner: dict[str, Any], kind: str, at: datetime, by: str) -> Attachment:
    return keep_file(Attachment(**owner, kind=kind), upload, at=at, by=by)


def keep_file(kept: K, upload: Upload, *, at: datetime, by: str) -> K:
    """Store the bytes of `upload`, what may be shown of them and what is known of them, as the new row `kept`."""
    kept.name, kept.media_type, kept.size = upload.name, upload.media_type, len(upload.content)
    kept.sha256, kept.added_at, kept.by = upload.sha256, at, by
    kept.original.save(f"{upload.sha256}.{ENDINGS[upload.media_type]}", ContentFile(upload.content), save=False)
    if upload.shown:
        kept.shown.save(f"{upload.sha256}-shown.jpg", ContentFile(upload.shown), save=False)
    kept.save(force_insert=True)
    return kept
