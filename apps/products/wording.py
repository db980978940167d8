"""The terms of a version in words: for the history, for comparing two versions, for the panel of the studio."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.models import AmountField, RateField
from apps.core.wording import money_text, share_text
from apps.products.audience import DOCUMENTS, PURPOSES
from apps.products.eligibility import AMOUNT, FEATURES, SHARE, Condition, thawed
from apps.products.models import ProductVersion
from apps.products.services import COPIED

STANDING_NAMES = {
    "past_due": gettext_lazy("past due"),
    "due": gettext_lazy("due"),
    "in_advance": gettext_lazy("in advance"),
}
COMPONENT_NAMES = {
    "penalty": gettext_lazy("penalty"),
    "fee": gettext_lazy("fee"),
    "interest": gettext_lazy("interest"),
    "principal": gettext_lazy("principal"),
}
# A reason as `services.save_draft` writes it.
EDIT = re.compile(r"(?:(?P<why>.+): )?changed (?P<changes>.+)", re.DOTALL)
CHANGE = re.compile(r"(?P<name>\w+)(?: from (?P<before>\S*) to (?P<after>\S*))?")


@dataclass(frozen=True, slots=True)
class Difference:
    """One term that two versions do not have in common, as a reader would say it."""

    field: str
    label: str
    before: str
    after: str


def differences(before: ProductVersion, after: ProductVersion) -> list[Difference]:
    """The terms in which two versions differ, in the order of the model's columns; empty for versions alike."""
    found = []
    for name in COPIED:
        if getattr(before, name) != getattr(after, name):
            label = capfirst(str(ProductVersion._meta.get_field(name).verbose_name))
            found.append(Difference(name, label, term_text(before, name), term_text(after, name)))
    return found


def term_text(version: ProductVersion, name: str) -> str:
    """One term as a reader would say it: money with its currency, shares as percent, lists one after the other."""
    value, field = getattr(version, name), ProductVersion._meta.get_field(name)
    if name in WRITERS:
        return str(WRITERS[name](version, value)) or _("none")
    if isinstance(field, AmountField):
        return money_text(value, version.product.pool.currency)
    if isinstance(field, RateField):
        return share_text(value)
    if isinstance(field, models.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field, models.CharField) and field.choices:
        return str(dict(field.flatchoices).get(value, value)) or _("none")
    return str(value)


def edit_in_words(version: ProductVersion, reason: str) -> str:
    """What an edit changed as `services.save_draft` put it on record, the terms by their labels and as a reader would
    say them. What it does not know stays as it is, such as the end of a line that was cut short."""
    found = EDIT.fullmatch(reason)
    changes = found["changes"].split(", ") if found else []
    told = [_change_in_words(version, one) for one in changes]
    if found is None or not any(told):
        return reason
    what = _("; ").join(said or kept for said, kept in zip(told, changes, strict=True))
    return _("%(why)s: %(changes)s") % {"why": found["why"], "changes": what} if found["why"] else what


def _change_in_words(version: ProductVersion, change: str) -> str:
    """The change as a reader would say it; empty where it is none."""
    found = CHANGE.fullmatch(change)
    if found is None or found["name"] not in COPIED:
        return ""
    name = found["name"]
    said = {"term": capfirst(str(ProductVersion._meta.get_field(name).verbose_name))}
    if found["before"] is None:
        return _("%(term)s changed") % said
    try:
        said |= {bound: _term_as_kept(version, name, found[bound]) for bound in ("before", "after")}
    except ValidationError:
        return ""
    return _("%(term)s from %(before)s to %(after)s") % said


def _term_as_kept(version: ProductVersion, name: str, kept: str) -> str:
    value = ProductVersion._meta.get_field(name).to_python(kept)
    return term_text(ProductVersion(product=version.product, **{name: value}), name) if kept else _("none")


def step_text(step: str) -> str:
    """A step of the waterfall: "past due: fee"."""
    standing, _dash, component = step.rpartition("_")
    return f"{STANDING_NAMES[standing]}: {COMPONENT_NAMES[component]}"


def condition_text(condition: Condition, currency: str) -> str:
    """A condition as a sentence: "Share of orders sent back: at most 10%"."""
    feature = FEATURES[condition.feature]
    bounds = [
        words % {"bound": _bound_text(bound, feature.unit, currency)}
        for words, bound in ((_("at least %(bound)s"), condition.at_least), (_("at most %(bound)s"), condition.at_most))
        if bound is not None
    ]
    return f"{capfirst(str(feature.label))}: {', '.join(bounds)}"


def _bound_text(bound: Decimal, unit: str, currency: str) -> str:
    if unit == SHARE:
        return share_text(bound)
    return money_text(bound, currency) if unit == AMOUNT else format(bound.normalize(), "f")


def _conditions(version: ProductVersion, kept: dict[str, Any]) -> str:
    currency = version.product.pool.currency
    return "; ".join(condition_text(one, currency) for one in thawed(kept))


def _steps(_version: ProductVersion, steps: Sequence[str]) -> str:
    return "; ".join(step_text(step) for step in steps)


def _buckets(version: ProductVersion, _ends: Sequence[int]) -> str:
    return "; ".join(one.name for one in version.buckets)


def _haircuts(_version: ProductVersion, haircuts: dict[str, str]) -> str:
    return "; ".join(f"{name} {share_text(Decimal(one))}" for name, one in sorted(haircuts.items()))


def _names(known: dict[str, Any]) -> Any:
    return lambda _version, named: "; ".join(str(known.get(one, one)) for one in named)


WRITERS = {
    "eligibility": _conditions,
    "waterfall": _steps,
    "haircuts": _haircuts,
    "bucket_ends": _buckets,
    "purposes": _names(PURPOSES),
    "documents": _names(DOCUMENTS),
    "penalty_per_thousand": lambda _version, value: format(value.normalize(), "f"),
    "minimum_pace": lambda _version, value: format(value.normalize(), "f"),
}
