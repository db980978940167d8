"""The tags and filters of Granary's pages. Formatting only: they print what they are given and decide nothing.

Filters print text, and a dash for None. Tags print a component of `templates/components/`, each of which exists once.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select, Textarea
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.portal import formats, history, states
from apps.portal.tables import Amount, Column, Text
from apps.users import kept
from apps.warehousing.models import Inspection

register = template.Library()

WHOLE = Decimal(1)
NOTHING = Decimal(0)


def _or_dash(value: Any, printed: Callable[..., str], *how: Any) -> str:
    return formats.ABSENT if value is None or value == "" else printed(value, *how)


# Filters


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`{{ amount|money:currency }}`: ¥48,000.00."""
    return _or_dash(amount, formats.format_money, currency)


@register.filter
def whole_money(amount: Decimal | None, currency: str) -> str:
    """`{{ amount|whole_money:currency }}`: ¥48,000, with minor digits only where there are some."""
    return _or_dash(amount, formats.format_whole_money, currency)


@register.filter
def signed_money(amount: Decimal | None, currency: str) -> str:
    """`{{ amount|signed_money:currency }}`: + ¥2,290.90 or − ¥312.40."""
    return _or_dash(amount, formats.format_signed_money, currency)


@register.filter
def currency_symbol(currency: str) -> str:
    """`{{ currency|currency_symbol }}`: ¥, R$, KWD."""
    return formats.currency_symbol(currency)


@register.filter
def percent(share: Decimal | None, decimals: int = 1) -> str:
    """`{{ share|percent }}`: 0.317 as 31.7%, 0.12 as 12%; `|percent:2` keeps up to two decimals."""
    return _or_dash(share, formats.format_share, decimals)


@register.filter
def fours(number: str) -> str:
    """`{{ account.number|fours }}`: 6222 0202 0011 2233, as cards and banks write it, and as it can be compared."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


@register.filter
def count(number: int | None) -> str:
    """`{{ number|count }}`: 48,212."""
    return _or_dash(number, formats.format_count)


@register.filter
def day(value: date | None) -> str:
    """`{{ date|day }}`: 9 March 2026, 2026年3月9日."""
    return _or_dash(value, formats.format_day)


@register.filter
def short_day(value: date | None) -> str:
    """`{{ date|short_day }}`: 9 Mar, 3月9日."""
    return _or_dash(value, formats.format_short_day)


@register.filter
def moment(value: datetime | None) -> str:
    """`{{ datetime|moment }}`: 9 March 2026, 02:01, in the active time zone."""
    return _or_dash(value, formats.format_moment)


@register.filter
def clock(value: datetime | None) -> str:
    """`{{ datetime|clock }}`: 02:01, in the active time zone."""
    return _or_dash(value, formats.format_clock)


@register.filter
def span(value: timedelta | None) -> str:
    """`{{ timedelta|span }}`: 0:06, 1:02:09."""
    return _or_dash(value, formats.format_span)


@register.filter
def tone(level_tag: str) -> str:
    """`{{ message.level_tag|tone }}`: the tone of a note for a level of Django's messages."""
    return {"success": states.GOOD, "warning": states.WARN, "error": states.BAD}.get(level_tag, "info")


# Components


@register.simple_tag(takes_context=True)
def platform_name(context: Context) -> str:
    """`{% platform_name %}`: the platform's name for this reader, or the product's where there is no platform."""
    local_name = getattr(getattr(context.get("request"), "tenant", None), "local_name", None)
    return local_name(get_language() or "en") if local_name else "Granary"


@register.simple_tag
def local_name(named: Any) -> str:
    """`{% local_name product %}`: the name of a product, a warehouse, a platform for this reader."""
    return str(named.local_name(get_language() or "en"))


@register.simple_tag
def failed_counts() -> int:
    """`{% failed_counts as number %}`: counts of goods that failed and that nobody has settled."""
    return Inspection.objects.alarming().count()


@register.simple_tag
def amount_cell(amount: Decimal | None, currency: str) -> Amount:
    """`{% amount_cell amount currency as cell %}`: an amount for a component that prints cells, such as a stat."""
    return Amount(amount, currency)


@register.simple_tag(takes_context=True)
def typed_by(context: Context) -> SafeString | str:
    """`{% typed_by %}`: the hidden field with which what is typed is kept, should the session end; see `users.kept`."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated:
        return ""
    return format_html('<input type="hidden" name="{}" value="{}">', kept.FIELD, kept.typist(user))


@register.inclusion_tag("components/icon.html")
def icon(name: str, css: str = "") -> dict[str, Any]:
    """`{% icon "home" %}`: a drawing beside words that say the same, hidden from screen readers."""
    return {"name": name, "css": css}


# A page may print hundreds of figures, so these are put together here and not by a template each.
@register.simple_tag(name="money")
def money_component(amount: Decimal | None, currency: str, *, signed: bool = False, big: bool = False) -> SafeString:
    """`{% money amount currency %}` in figures of equal width; `signed=True` says the direction, `big=True` is huge."""
    if big and amount is not None:
        symbol, figure = formats.split_symbol(amount, currency)
        return format_html('<span class="big num"><span class="symbol">{}</span>{}</span>', symbol, figure)
    return _figure(signed_money(amount, currency) if signed else money(amount, currency))


def _figure(printed: str) -> SafeString:
    return format_html('<span class="num">{}</span>', printed)


@register.simple_tag(name="date")
def date_component(value: date | None, *, short: bool = False) -> SafeString | str:
    """`{% date value %}` as a `<time>`; `short=True` drops the year."""
    printed = short_day(value) if short else day(value)
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", printed) if value else printed


@register.simple_tag
def state_pill(machine: str, state: str) -> SafeString:
    """`{% state_pill "financing" financing.state %}`: the state in words, in its tone.

    Raises KeyError for a machine that `apps.portal.states` does not name.
    """
    return format_html('<span class="pill {}">{}</span>', *states.wording(machine, state))


register.simple_tag(states.state_of_row)
register.simple_tag(history.verb_of_row)
register.simple_tag(history.reason_of_row)


@register.inclusion_tag("components/bar.html")
def bar(share: Decimal | None, label: str, *, tone: str = states.GOOD, mark: Decimal | None = None) -> dict[str, Any]:
    """`{% bar share label %}`: how full something is, from 0 to 1, with `label` saying it in words.

    `tone` is good (the default), warn or bad; `mark` draws a limit at that share. A share outside 0 to 1 ends there.
    """
    return {
        "width": _width(share or NOTHING),
        "label": label,
        "tone": tone,
        "mark": None if mark is None else _width(mark),
    }


def _width(share: Decimal) -> str:
    return f"{max(NOTHING, min(share, WHOLE)) * 100:.1f}%"


PRINTED: dict[str, Callable[[Any], SafeString | str]] = {
    "text": lambda cell: conditional_escape(cell.value or formats.ABSENT),
    "amount": lambda cell: money_component(cell.amount, cell.currency, signed=cell.signed),
    "share": lambda cell: _figure(percent(cell.share)),
    "count": lambda cell: _figure(count(cell.count)),
    "state": lambda cell: state_pill(cell.machine, cell.state),
    "day": lambda cell: date_component(cell.day, short=cell.short),
    "moment": lambda cell: moment(cell.moment),
    "span": lambda cell: _figure(span(cell.span)),
}


@register.simple_tag(takes_context=True)
def cell(context: Context, value: Any) -> SafeString | str:
    """`{% cell value %}`: one cell of `apps.portal.tables`, wherever it stands."""
    kind = getattr(value, "kind", "")
    if not kind:
        return conditional_escape(value)
    if kind in PRINTED:
        printed = PRINTED[kind](value)
    else:
        token = context.get("csrf_token")
        printed = render_to_string(f"components/{kind}_cell.html", {"cell": value, "csrf_token": token})
    if href := getattr(value, "href", ""):
        printed = format_html('<a href="{}">{}</a>', href, printed)
    return format_html("{} <small>{}</small>", printed, value.note) if value.note else printed


@register.simple_tag(takes_context=True)
def row_of_cells(context: Context, row: Iterable[tuple[Column, Any]]) -> SafeString:
    """`{% row_of_cells row %}`: the cells of a row of `Table.labelled_rows`."""
    return format_html_join(
        "",
        '<td role="cell" data-label="{}"{}><span class="value">{}</span></td>',
        ((column.label, _cell_class(column, value), cell(context, value)) for column, value in row),
    )


def _cell_class(column: Column, value: Any) -> SafeString | str:
    """How its column sets it, and whether it says nothing at all: then a phone leaves it out."""
    is_absent = isinstance(value, Text) and not (value.value or value.note)
    names = [*(["num"] if column.numeric else []), *(["absent"] if is_absent else [])]
    return format_html(' class="{}"', " ".join(names)) if names else ""


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    *,
    currency: str = "",
    suffix: str = "",
    hints: Mapping[str, str] | None = None,
    slider: bool = False,
    step: int = 1,
    needed: bool = False,
) -> dict[str, Any]:
    """`{% field form.amount %}`: label, hint, error and control, tied together for screen readers.

    `currency` puts its symbol before an amount, `suffix` a unit behind; `hints` maps the values of choices to a line
    below each; `slider=True` adds a slider in steps of `step` between the field's own limits, beside the box;
    `needed=True` does not call it optional although another answer may stand in its place.
    """
    layout = _layout(bound)
    choices = bound.subwidgets if layout == "choices" else []
    return {
        "field": bound,
        "is_optional": not (bound.field.required or needed),
        "layout": layout,
        "control": "" if choices else bound.as_widget(attrs={"class": _control_class(bound), "placeholder": False}),
        "choices": [(one, (hints or {}).get(str(one.data["value"]), "")) for one in choices],
        "currency": currency,
        "suffix": suffix,
        "slider": slider,
        "step": step,
        "lowest": getattr(bound.field, "min_value", None),
        "highest": getattr(bound.field, "max_value", None),
    }


def _layout(bound: BoundField) -> str:
    match bound.field.widget:
        case RadioSelect() | CheckboxSelectMultiple():
            return "choices"
        case CheckboxInput():
            return "tick"
        case _:
            return "group" if bound.use_fieldset else "control"


def _control_class(bound: BoundField) -> str:
    match bound.field.widget:
        case CheckboxInput():
            kind = "tick"
        case Textarea():
            kind = "input text"
        case Select():
            kind = "input select"
        case FileInput():
            kind = "input file"
        case _:
            kind = "input"
    return f"{kind} {bound.field.widget.attrs.get('class', '')}".strip()


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: Context, view: str, icon_name: str, label: str) -> dict[str, Any]:
    """`{% nav_link "portal:money" "money" label %}`: one place of the main navigation.

    It is marked as current on its own page, and on every page whose context has `section` set to the view's last name.
    Raises NoReverseMatch when there is no such view.
    """
    match_ = getattr(context.get("request"), "resolver_match", None)
    current = ""
    if match_ is not None and match_.view_name == view:
        current = "page"
    elif context.get("section") == view.rpartition(":")[2]:
        current = "true"
    return {"href": reverse(view), "icon_name": icon_name, "label": label, "current": current}
