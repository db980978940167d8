"""For whoever holds a contract of this platform: whether it is genuine. Nobody has to sign in to ask."""

import hashlib
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.financing.models import Contract
from apps.portal.proofs import verdict_on

REFUSED = 422
LARGEST_FILE = 5 * 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")


class VerifyForm(forms.Form):
    """The document itself, or the fingerprint that another program found."""

    document = forms.FileField(
        label=gettext_lazy("The document"), required=False, allow_empty_file=True,
        help_text=gettext_lazy("It is not kept: only its fingerprint is compared."),
    )  # fmt: skip
    fingerprint = forms.CharField(
        label=gettext_lazy("Or its fingerprint (SHA-256)"), required=False, max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_document(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data["document"]
        if file is not None and (file.size or 0) > LARGEST_FILE:
            raise ValidationError(_("This file is larger than any contract of ours, so it is none."))
        return file

    def clean_fingerprint(self) -> str:
        typed = "".join(self.cleaned_data["fingerprint"].split()).lower()
        if typed and not SHA256.fullmatch(typed):
            raise ValidationError(_("A fingerprint has 64 characters, the digits 0 to 9 and the letters a to f."))
        return typed

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors and typed.get("document") is None and not typed.get("fingerprint"):
            raise ValidationError(_("Choose the file, or type its fingerprint."))
        return typed

    def sha256(self) -> str:
        """The fingerprint that is asked for. Call it on a valid form."""
        file: UploadedFile[Any] | None = self.cleaned_data["document"]
        if file is None:
            return str(self.cleaned_data["fingerprint"])
        digest = hashlib.sha256()
        for part in file.chunks():
            digest.update(part)
        return digest.hexdigest()


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a document, or a fingerprint, is that of a contract that was signed here. Names and amounts are not told:
    whoever holds the document knows them."""
    form = VerifyForm(request.POST or None, request.FILES or None)
    page: dict[str, Any] = {"form": form}
    if request.method == "POST":
        form = page["form"] = VerifyForm(request.POST, request.FILES)
        if form.is_valid():
            page["fingerprint"] = form.sha256()
            signed = Contract.objects.exclude(signed_at=None)
            page["found"] = found = signed.filter(document_sha256=page["fingerprint"]).first()
            page["verdict"] = verdict_on(found) if found else None
    return render(request, "public/verify.html", page, status=REFUSED if form.errors else 200)
