"""The form in which a seller says what to be told where and when."""

from collections.abc import Iterator
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.sellers.models.message import ALWAYS_MAILED, Channel, Kind, MessageSettings


def _hour(label: Any, hint: Any = "") -> forms.TimeField:
    return forms.TimeField(
        label=label, help_text=hint, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
    )  # fmt: skip


class Channels(forms.MultipleChoiceField):
    """Channels to tick; none at all is a choice too. Those in `always` are taken whatever is ticked."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, always: frozenset[str], **options: Any) -> None:
        super().__init__(**options)
        self.always = always

    def validate(self, value: list[str]) -> None:
        if value:
            super().validate(value)


@cache
def _zones() -> tuple[tuple[str, str], ...]:
    """The clocks of the world, as a choice; read from the disk once."""
    return tuple((name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name)


@cache
def _option(value: str, label: str, is_chosen: bool) -> SafeString:
    return format_html("<option{}>{}</option>", flatatt({"value": value, "selected": is_chosen}), label)


class LongSelect(forms.Select):
    """A select whose hundreds of options are the same on every page: writing them anew takes longer than the rest."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002  Django's signature
    ) -> SafeString:
        chosen = self.format_value(value)
        options = format_html_join(
            "\n", "{}", ((_option(str(key), str(label), str(key) in chosen),) for key, label in self.choices)
        )
        written = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>{}</select>", flatatt(written), options)


class WishesForm(forms.Form):
    """Rhythm of the summary, quiet hours, and by kind the channels besides the app itself."""

    summary = forms.ChoiceField(
        label=gettext_lazy("Tell me what was kept from my sales"), choices=MessageSettings.Rhythm.choices,
        widget=forms.RadioSelect,
    )  # fmt: skip
    quiet_from = _hour(gettext_lazy("Quiet from"))
    quiet_until = _hour(
        gettext_lazy("Quiet until"), gettext_lazy("What comes in between waits. Only what is urgent does not.")
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Your clock"), required=False, widget=LongSelect)

    def __init__(self, *arguments: Any, chosen: MessageSettings, **options: Any) -> None:
        options["initial"] = {
            "summary": chosen.summary,
            "quiet_from": chosen.quiet_from,
            "quiet_until": chosen.quiet_until,
            "time_zone": chosen.time_zone,
        }
        super().__init__(*arguments, **options)
        field = self.fields["time_zone"]
        field.choices = [("", _("As the platform's")), *_zones()]  # type: ignore[attr-defined]  # a choice field
        for kind in Kind.values:
            always = frozenset({Channel.EMAIL} if kind in ALWAYS_MAILED else ())
            self.fields[f"by_{kind}"] = Channels(
                label=Kind(kind).label,
                choices=Channel.choices,
                initial=chosen.channels_for(kind),
                help_text=_("The e-mail always comes.") if always else "",
                always=always,
            )

    def channels(self) -> list[Any]:
        """What the columns of the ticks are called."""
        return list(Channel.labels)

    def kinds(self) -> Iterator[BoundField]:
        """The fields in which channels are chosen."""
        return (self[f"by_{kind}"] for kind in Kind.values)

    def chosen_values(self) -> dict[str, Any]:
        """What the service takes. Call it on a valid form."""
        typed = self.cleaned_data
        hours: dict[str, time] = {name: typed[name] for name in ("quiet_from", "quiet_until")}
        return {
            "summary": typed["summary"],
            "time_zone": typed["time_zone"],
            "wanted": {kind: typed[f"by_{kind}"] for kind in Kind.values},
            **hours,
        }
