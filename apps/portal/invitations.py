"""Inviting sellers from the desk: one by a form, many by a CSV file, each sent a link."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sellers.services import Invitee
from apps.sellers.services.invitations import Issued
from apps.tenants.services import current_platform
from apps.users.contacts import Contact, NotReached, reach
from apps.users.forms import ContactField
from apps.users.models import User

COLUMNS = ("contact", "name", "number")
MOST_LINES = 500
LARGEST_FILE = 200_000
ALL_FAULTS = 10
LANGUAGES = tuple(User._meta.get_field("language").choices or ())


class InviteForm(forms.Form):
    """One seller to be invited."""

    def __init__(self, *arguments: Any, country: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["contact"] = ContactField(country=country, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    name = forms.CharField(label=gettext_lazy("The shop's name"), max_length=140)
    number = forms.CharField(label=gettext_lazy("The shop's number on the platform"), max_length=64)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)

    @property
    def invitees(self) -> list[Invitee]:
        typed = self.cleaned_data
        return [Invitee(typed["contact"], typed["name"], typed["number"], typed["language"])]


class InviteManyForm(forms.Form):
    """A file of sellers to be invited: columns contact, name, number, and language if not everyone reads the same."""

    file = forms.FileField(
        label=gettext_lazy("A CSV file"),
        help_text=gettext_lazy(
            "Columns: contact, name, number and, if you like, language (en or zh-hans). At most 500 lines."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def __init__(self, *arguments: Any, country: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.country = country

    def clean_file(self) -> list[Invitee]:
        return read_invitees(self.cleaned_data["file"], self.country)

    @property
    def invitees(self) -> list[Invitee]:
        return list(self.cleaned_data["file"])


def read_invitees(file: UploadedFile[Any], country: str) -> list[Invitee]:
    """The sellers in a CSV file (UTF-8). Raises ValidationError that names the lines at fault."""
    if (file.size or 0) > LARGEST_FILE:
        raise ValidationError(_("This file is too large. Please send at most 500 sellers at a time."))
    try:
        text = file.read().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(_("This is not a CSV file in UTF-8. Save the sheet as CSV and send that.")) from error
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise ValidationError(_("The first line has to name the columns contact, name and number; sellers follow."))
    if len(rows) > MOST_LINES:
        raise ValidationError(_("This file is too large. Please send at most 500 sellers at a time."))
    invitees, faults = [], []
    for line, row in enumerate(rows, start=2):
        try:
            invitees.append(_read_row(row, country))
        except ValidationError as error:
            faults.append(_("Line %(line)d: %(fault)s") % {"line": line, "fault": " ".join(error.messages)})
    if faults:
        raise ValidationError(faults[:ALL_FAULTS])
    return invitees


def _read_row(row: dict[str, Any], country: str) -> Invitee:
    cells = {name: (row.get(name) or "").strip() for name in (*COLUMNS, "language")}
    form = InviteForm({**cells, "language": cells["language"] or LANGUAGES[0][0]}, country=country)
    if not form.is_valid():
        raise ValidationError([f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items()])
    return form.invitees[0]


def send_links(request: HttpRequest, issued: Iterable[Issued]) -> list[str]:
    """Send each invitation its link, in its seller's language; answers the shops that could not be reached."""
    missed = []
    for one in issued:
        seller = one.invitation.seller
        link = request.build_absolute_uri(reverse("entrance:join", args=[one.token]))
        with translation.override(seller.language):
            platform = current_platform().local_name(seller.language)
            words = {"platform": platform, "shop": seller.name, "link": link}
            try:
                reach(
                    Contact.of(one.invitation.contact),
                    subject=_("%(platform)s invites %(shop)s") % words,
                    text=_("%(platform)s invites %(shop)s. Join here within 14 days: %(link)s") % words,
                )
            except NotReached:
                missed.append(seller.name)
    return missed
