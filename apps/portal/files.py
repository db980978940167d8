"""Handing out files that people sent: photos as they may be shown, papers to keep, nothing that a browser would run."""

from collections.abc import Iterable

from django.http import FileResponse
from django.urls import reverse

from apps.portal.doors import SignedIn
from apps.portal.formats import format_day
from apps.warehousing.models.attachment import KeptFile


def sent_as_kept(request: SignedIn, found: KeptFile) -> FileResponse:
    """A photo as it may be shown, or a paper to keep; whoever works for the platform or the financier may ask for the
    original. Raises FileNotFoundError when its bytes are not there."""
    seen_by_all = found.is_picture and not ("original" in request.GET and request.user.is_staff)
    content = (found.shown if seen_by_all else found.original).open("rb")
    media_type = "image/jpeg" if seen_by_all else found.media_type
    answer = FileResponse(content, as_attachment=not seen_by_all, content_type=media_type, filename=found.name)
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def shown_files(files: Iterable[KeptFile], route: str = "portal:receipt_file") -> list[dict[str, object]]:
    """Photos and documents with the addresses they are read at."""
    return [
        {
            "href": reverse(route, args=[one.pk]),
            "title": one.name,
            "is_picture": one.is_picture,
            "note": format_day(one.added_at),
        }
        for one in files
    ]
