"""What people type about goods: weights, days, reasons, and the photos that they take."""

import base64
import hashlib
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import is_currency
from apps.portal.forms import GROUPED, PLAIN, SPACES, day_field
from apps.portal.receipts import commodity_names
from apps.sellers.models import Seller
from apps.users.models import User
from apps.warehousing.models import Commodity, Warehouse, WarehouseReceipt
from apps.warehousing.models.receipt import RECEIPT_STATES
from apps.warehousing.services.receipts import DECIMALS, MOST
from apps.warehousing.units import UnknownUnit, unit_named
from apps.warehousing.uploads import Upload, UploadRefused, read_upload

MOST_AT_ONCE = 10
LONGEST_REASON = 300


def number_of(key: str) -> str:
    """The number of a receipt whose form carries `key`: the same form sent twice asks for the same receipt."""
    letters = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()
    return f"WR-{letters[:4]}-{letters[4:8]}-{letters[8:10]}"


class KeyedForm(forms.Form):
    """A form that asks for the same thing however often it is sent."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["initial"] = {"key": uuid.uuid4().hex, **(options.get("initial") or {})}
        super().__init__(*arguments, **options)

    @property
    def number(self) -> str:
        return number_of(self.cleaned_data["key"])


def read_weight(typed: str) -> Decimal:
    """The weight that a person means by `typed`; full-width digits, spaces and commas between thousands are read.

    Raises ValidationError with a sentence for anything else.
    """
    text = SPACES.sub("", unicodedata.normalize("NFKC", typed[:60]))
    if len(typed) > 60 or not (PLAIN.fullmatch(text) or GROUPED.fullmatch(text)):
        raise ValidationError(_("Please type the weight in figures, such as 5,000 or 4980.5."))
    weight = Decimal(text.replace(",", ""))
    if weight >= MOST or weight != round(weight, DECIMALS):
        raise ValidationError(_("A weight has at most twelve digits, and four decimals."))
    return weight


class WeightField(forms.Field):
    """A weight as the scale shows it."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        return read_weight(str(value)) if str(value or "").strip() else None


class UnitField(forms.CharField):
    """The unit that a weight is in."""

    def clean(self, value: Any) -> str:
        try:
            return unit_named(super().clean(value))
        except UnknownUnit as error:
            raise ValidationError(_("This unit is not known here. Try kg, t, jin, lb or bag-60kg.")) from error


class FilesInput(forms.ClearableFileInput):
    """Chooses several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Photos and documents, each told by its bytes."""

    def __init__(self, **options: Any) -> None:
        kinds = "image/jpeg,image/png,image/webp,application/pdf"
        options.setdefault("widget", FilesInput(attrs={"multiple": True, "accept": kinds}))
        options.setdefault("help_text", gettext_lazy("JPEG, PNG, WebP or PDF, 8 MB each at most."))
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:  # noqa: ARG002  Django's signature
        files: Sequence[Any] = [one for one in (data if isinstance(data, list) else [data]) if one]
        if self.required and not files:
            raise ValidationError(self.error_messages["required"])
        if len(files) > MOST_AT_ONCE:
            raise ValidationError(_("Please send at most %(most)s files at once.") % {"most": MOST_AT_ONCE})
        try:
            return [read_upload(one.name or "", one.read() if one.size else b"") for one in files]
        except UploadRefused as refusal:
            raise ValidationError(str(refusal)) from refusal


def commodity_choices(also: str = "") -> list[tuple[str, str]]:
    """What can be stored, in the reader's language: every commodity that is known here, but currencies; and `also`."""
    known = Commodity.objects.values_list("code", flat=True)
    codes = {code for code in known if not is_currency(code)} | ({also} if also else set())
    return sorted(commodity_names(codes).items(), key=lambda choice: choice[1])


def reason_field(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}), **options)


class AnnounceForm(KeyedForm):
    """A seller says: I bring goods."""

    def __init__(self, *arguments: Any, language: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["warehouse"] = _WarehouseField(
            label=_("To which warehouse"), queryset=Warehouse.objects.order_by("name"), language=language,
            empty_label=_("Please choose"),
        )  # fmt: skip
        self.fields["commodity"] = forms.ChoiceField(label=_("Goods"), choices=commodity_choices)
        self.fields["weight"] = WeightField(label=_("About how much"))
        self.fields["unit"] = UnitField(label=_("Unit"), max_length=20, initial="kg")
        self.fields["origin"] = forms.CharField(label=_("Where grown or made"), max_length=120, required=False)


class _WarehouseField(forms.ModelChoiceField[Warehouse]):
    def __init__(self, *, language: str, **options: Any) -> None:
        self.language = language
        super().__init__(**options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.local_name(self.language)}{f', {obj.region}' if obj.region else ''}"


class IssueForm(KeyedForm):
    """What the warehouse vouches for. `announced` goods have their depositor already."""

    def __init__(self, *arguments: Any, announced: WarehouseReceipt | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.announced = announced
        if announced is None:
            self.fields["depositor"] = forms.CharField(
                label=_("Seller's number"), max_length=64, help_text=_("As the platform knows them.")
            )
        choices = commodity_choices(announced.commodity if announced else "")
        self.fields["commodity"] = forms.ChoiceField(label=_("Goods"), choices=choices)
        self.fields["weight"] = WeightField(label=_("Net weight, as the scale says"))
        self.fields["unit"] = UnitField(label=_("Unit"), max_length=20, initial="kg")
        texts = (("grade", _("Grade"), 20), ("lot", _("Lot"), 40), ("bin", _("Place in the warehouse"), 40),
                 ("insurance", _("Insurer and number of the policy"), 80))  # fmt: skip
        for name, label, longest in texts:
            self.fields[name] = forms.CharField(label=label, max_length=longest)
        self.fields["insured_until"] = day_field(_("Insured through"))
        self.fields["valid_until"] = day_field(_("Receipt valid through"))
        self.fields["origin"] = forms.CharField(label=_("Where grown or made"), max_length=120, required=False)
        self.fields["photos"] = FilesField(label=_("Photos of the goods and of the scale"))
        self.fields["documents"] = FilesField(label=_("Weight slip, grading, policy"))

    def clean_depositor(self) -> Seller:
        seller = Seller.objects.filter(external_id=self.cleaned_data["depositor"].strip()).first()
        if seller is None:
            raise ValidationError(_("No seller here has this number."))
        return seller


class SplitForm(forms.Form):
    """The weights of the parts."""

    weights = forms.CharField(
        label=gettext_lazy("Weight of each part, one a line"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "inputmode": "text"}),
    )

    def clean_weights(self) -> list[Decimal]:
        return [read_weight(line) for line in self.cleaned_data["weights"].splitlines() if line.strip()]


class RevalidateForm(forms.Form):
    """How long a receipt, and its insurance, hold from now on."""

    valid_until = day_field(gettext_lazy("Receipt valid through"))
    insured_until = day_field(gettext_lazy("Insured through"))


class FreezeForm(forms.Form):
    reason = reason_field(gettext_lazy("Why"))


class TurnAwayForm(forms.Form):
    reason = reason_field(gettext_lazy("Why"), help_text=gettext_lazy("The seller reads it."))


class LostPaperForm(KeyedForm):
    """What the holder declared about a lost paper."""

    declaration = reason_field(
        gettext_lazy("What the holder declared"), help_text=gettext_lazy("How, when and where the paper was lost.")
    )
    documents = FilesField(label=gettext_lazy("The signed declaration"))


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button says it all."""


class AttachForm(forms.Form):
    photos = FilesField(label=gettext_lazy("Photos"))
    documents = FilesField(label=gettext_lazy("Documents"))


class PassOnForm(forms.Form):
    taker = forms.CharField(
        label=gettext_lazy("The other seller's number"),
        max_length=64,
        help_text=gettext_lazy("It stands on their page More. They hold the goods once they accept."),
    )


class CountForm(forms.Form):
    """What an inspector found."""

    counted = WeightField()
    note = reason_field(gettext_lazy("What else you saw"), required=False)
    evidence = FilesField(label=gettext_lazy("Photo of the scale, weight slip"), required=True)

    def __init__(self, *arguments: Any, unit: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["counted"].label = _("What the scale says, in %(unit)s") % {"unit": unit}


class ReceiptFilterForm(forms.Form):
    """A number, a lot or a holder, and a state."""

    q = forms.CharField(
        label=gettext_lazy("Number, lot or holder"),
        required=False,
        max_length=140,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)

    def __init__(self, *arguments: Any, names: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*arguments, **options)
        states = [(state, str(names[state].label)) for state in RECEIPT_STATES]
        self.fields["state"].choices = [("", _("In store")), *states]  # type: ignore[attr-defined]  # a choice field


class AssignForm(forms.Form):
    """Whom to send to count what."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["number"] = forms.CharField(
            label=_("Number of a receipt"), max_length=40, help_text=_("The whole lot that it is for is counted.")
        )
        people = User.objects.filter(role__in=["staff", "warehouse"], is_active=True).order_by("name", "email")
        self.fields["inspector"] = forms.ModelChoiceField(
            label=_("Who counts"), queryset=people, empty_label=_("Please choose")
        )
        self.fields["due_on"] = day_field(_("Through"))

    def clean_number(self) -> WarehouseReceipt:
        receipt = (
            WarehouseReceipt.objects.exclude(lot="")
            .select_related("warehouse")
            .filter(number=self.cleaned_data["number"].strip())
            .first()
        )
        if receipt is None:
            raise ValidationError(_("No issued receipt has this number."))
        return receipt
