"""What anybody who holds a receipt's paper may know: is it good, and where have the goods been."""

import hashlib

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.portal.receipts import VERBS, commodity_names, weight_text
from apps.portal.tables import Column, Day, Line, Table, Text
from apps.warehousing.custody import open_steps
from apps.warehousing.models import ReceiptPaper
from apps.warehousing.models.receipt import IN_STORE
from apps.warehousing.services.locking import is_held
from apps.warehousing.services.papers import is_current, stated
from apps.warehousing.uploads import LARGEST

GONE = ("delivered", "sold", "title_transferred")


@require_http_methods(["GET", "HEAD", "POST"])
def trace(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page behind a paper's QR code. No sign-in; no person, no price, no financier; a few looks a minute."""
    too_many = ratelimit.consume_or_429(request, action="trace", limit_get=True)
    if too_many is not None:
        return too_many
    papers = ReceiptPaper.objects.select_related(
        "receipt__warehouse", "receipt__holder", "receipt__depositor", "receipt__parent", "receipt__replaces"
    )
    paper = get_object_or_404(papers, token=token)
    answer = render(
        request,
        "public/trace.html",
        {
            "paper": paper,
            "standing": standing_of(paper),
            "encumbered": paper.receipt.state in {"pledged", "invoked"} or is_held(paper.receipt),
            "facts": _facts(paper),
            "custody": _custody(paper),
            "checked": _checked(request, paper) if request.method == "POST" else "",
        },
    )
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def standing_of(paper: ReceiptPaper) -> str:
    """How good the paper is today: withdrawn, replaced, expired, frozen or valid."""
    if paper.receipt.state in GONE:
        return "withdrawn"
    if paper.receipt.state not in IN_STORE or not is_current(paper):
        return "replaced"
    return {"expired": "expired", "frozen": "frozen"}.get(paper.receipt.state, "valid")


def _facts(paper: ReceiptPaper) -> list[Line]:
    receipt, told = paper.receipt, stated(paper)
    place, is_chinese = told["warehouse"], (get_language() or "").startswith("zh")
    lines = [
        Line(_("Receipt number"), Text(told["number"], note=_("paper %(number)s") % {"number": paper.number})),
        Line(_("Goods"), Text(commodity_names([told["commodity"]])[told["commodity"]])),
        Line(_("Origin"), Text(told["origin"])),
        Line(_("Grade"), Text(told["grade"])),
        Line(_("Weight"), Text(weight_text(receipt.weight, receipt.unit))),
        Line(_("Lot"), Text(told["lot"])),
        Line(_("Warehouse"), Text(place["name_zh" if is_chinese else "name"], note=place["region"])),
        Line(_("Issued on"), Day(receipt.issued_on)),
        Line(_("Valid through"), Day(receipt.valid_until)),
        Line(_("Insured through"), Day(receipt.insured_until)),
    ]
    return [line for line in lines if not isinstance(line.cell, Text) or line.cell.value]


def _custody(paper: ReceiptPaper) -> Table:
    rows = [
        (Day(step.at), Text(str(VERBS[step.verb]), note=step.number)) for step in reversed(open_steps(paper.receipt))
    ]
    return Table(_("Where the goods have been"), (Column(_("When")), Column(_("What"))), rows)


def _checked(request: HttpRequest, paper: ReceiptPaper) -> str:
    """What a file that was sent is: this very paper, another version of it, or something else. Nothing is kept."""
    sent = request.FILES.get("file")
    if sent is None or (sent.size or 0) > LARGEST:
        return "none"
    digest = hashlib.file_digest(sent, "sha256").hexdigest()
    if digest == paper.document_sha256:
        return "same"
    return "other" if paper.receipt.papers.filter(document_sha256=digest).exists() else "altered"
