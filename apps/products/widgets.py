"""Boxes for terms that are more than one number. Each works with plain HTML; script only adds dragging."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES

from apps.products.eligibility import BOUNDS, FEATURES
from apps.products.terms import DEFAULT_WATERFALL
from apps.products.wording import step_text

BOX = " ".join(INPUT_CLASSES)


class WaterfallWidget(forms.Widget):
    """The steps in their order, each with a box for its place."""

    template_name = "admin/products/waterfall.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """`value` is the list of steps as kept, or the places as typed."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        places = value if isinstance(value, Mapping) else {step: n for n, step in enumerate(value or (), start=1)}
        typed = sorted(
            DEFAULT_WATERFALL,
            key=lambda step: int(places.get(step) or 0) if str(places.get(step)).isdecimal() else len(places),
        )
        context["steps"] = [
            {"name": f"{name}.{step}", "label": step_text(step), "place": places.get(step, "")} for step in typed
        ]
        context["box"] = BOX
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002  Django's signature
        return {step: str(data.get(f"{name}.{step}", "")).strip() for step in DEFAULT_WATERFALL}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002  Django's signature
        return not any(f"{name}.{step}" in data for step in DEFAULT_WATERFALL)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1" if id_ else id_


class ConditionsWidget(forms.Widget):
    """A line for each feature, with a box for the least and one for the most."""

    template_name = "admin/products/conditions.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """`value` is {feature: {bound: text}}, kept or as typed."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        kept = value or {}
        context["features"] = [
            {
                "label": feature.label,
                "boxes": [
                    {
                        "name": f"{name}.{feature.name}.{bound}",
                        "bound": bound,
                        "value": kept.get(feature.name, {}).get(bound, ""),
                    }
                    for bound in BOUNDS
                ],
            }
            for feature in FEATURES.values()
        ]
        context["box"] = BOX
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002  Django's signature
        typed = {
            feature: {bound: str(data.get(f"{name}.{feature}.{bound}", "")).strip() for bound in BOUNDS}
            for feature in FEATURES
        }
        return {
            feature: {bound: text for bound, text in bounds.items() if text}
            for feature, bounds in typed.items()
            if any(bounds.values())
        }

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002  Django's signature
        return not any(key.startswith(f"{name}.") for key in data)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1" if id_ else id_
