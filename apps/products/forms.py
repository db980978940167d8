"""The form of a draft's terms: every box says in words what is wrong with what was typed."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.shares import share_typed
from apps.products.audience import DOCUMENTS, PURPOSES
from apps.products.eligibility import BOUNDS, FEATURES, SHARE, Condition, fault_of, frozen
from apps.products.groups import TECHNIQUES_IN_WORDS
from apps.products.lateness import fault_of_ends
from apps.products.models import FinancingProduct, ProductVersion
from apps.products.widgets import ConditionsWidget, WaterfallWidget


class WaterfallField(forms.Field):
    """The order of allocation, read from the places that the steps were given."""

    widget = WaterfallWidget

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        places: Mapping[str, str] = value or {}
        wrong = [place for place in places.values() if not place.isdecimal()]
        if wrong or not places:
            raise ValidationError(_("Give each step a place: 1 is paid first, 2 next, and so on."))
        if len({int(place) for place in places.values()}) < len(places):
            raise ValidationError(_("Two steps have the same place. Give each a place of its own."))
        return sorted(places, key=lambda step: int(places[step]))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True


class ConditionsField(forms.Field):
    """Conditions of eligibility, read from the least and the most of each feature."""

    widget = ConditionsWidget

    def to_python(self, value: Any) -> dict[str, dict[str, str]]:
        typed: Mapping[str, Mapping[str, str]] = value or {}
        conditions = [self._condition(name, bounds) for name, bounds in typed.items()]
        return frozen(conditions)

    def _condition(self, name: str, bounds: Mapping[str, str]) -> Condition:
        feature = FEATURES[name]
        try:
            numbers = [
                None
                if bound not in bounds
                else share_typed(bounds[bound])
                if feature.unit == SHARE
                else Decimal(bounds[bound])
                for bound in BOUNDS
            ]
        except (InvalidOperation, ValidationError) as error:
            said = error.messages[0] if isinstance(error, ValidationError) else _("Please write a number.")
            raise ValidationError(f"{capfirst(str(feature.label))}: {said}") from error
        condition = Condition(name, *numbers)
        if any(number is not None and not number.is_finite() for number in numbers):
            raise ValidationError(f"{capfirst(str(feature.label))}: {_('Please write a number.')}")
        fault = fault_of(condition)
        if fault:
            raise ValidationError(f"{capfirst(str(feature.label))}: {fault}")
        return condition

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or {})
        except ValidationError:
            return True


class HaircutsField(forms.CharField):
    """Haircuts one a line: commodity/grade, a space, the share taken off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        haircuts = {}
        for line in filter(None, (one.strip() for one in str(value or "").splitlines())):
            name, _space, share = line.rpartition(" ")
            if not name:
                raise ValidationError(
                    _("Write each haircut as commodity/grade, a space and a share: cotton/3128B 0.3.")
                )
            haircuts[name.strip()] = format(share_typed(share).normalize(), "f")
        return haircuts

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except ValidationError:
            return True


class BucketEndsField(forms.CharField):
    """The last days of buckets, with commas between them; other signs that people put between numbers do as well."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget, max_length=80, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        days = [day for day in re.split(r"[\s,;，、；]+", str(value or "")) if day]
        if not all(day.isdecimal() and len(day) < 10 for day in days):
            raise ValidationError(_("Write whole days with commas between them: 30, 60, 90."))
        ends = [int(day) for day in days]
        fault = fault_of_ends(ends)
        if fault:
            raise ValidationError(str(fault))
        return ends

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class NamesField(forms.MultipleChoiceField):
    """Names out of a list, ticked."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class TermsForm(forms.ModelForm[ProductVersion]):
    """Terms of a draft. Every rule of the table is checked, also over fields that the technique does not show."""

    why = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For the history, beside what you changed."),
    )

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's stubs leave it out
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)


class ProductForm(forms.ModelForm[FinancingProduct]):
    """A product begins with its technique: all its terms follow from it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "technique" in self.fields:
            self.fields["technique"] = forms.ChoiceField(
                label=capfirst(_("technique")),
                choices=list(TECHNIQUES_IN_WORDS.items()),
                widget=UnfoldAdminRadioSelectWidget,
                help_text=_("It decides which terms there are, and stays once a version has left draft."),
            )


def field_of_term(name: str, **said: Any) -> forms.Field | None:
    """The box of a term that is more than one number, labelled as `said`; None for all others."""
    if name == "waterfall":
        return WaterfallField(**said)
    if name == "eligibility":
        return ConditionsField(required=False, **said)
    if name == "haircuts":
        return HaircutsField(**said)
    if name == "bucket_ends":
        return BucketEndsField(**said)
    if name in {"purposes", "documents"}:
        known = PURPOSES if name == "purposes" else DOCUMENTS
        return NamesField(required=False, choices=list(known.items()), **said)
    return None
