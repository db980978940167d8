"""In what a request lies outside policy, and what has changed since it was made. Pure; amounts in one currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.wording import money_text, number_text, share_text
from apps.financing.headroom import repaid_by_sales, within_limit
from apps.products.terms import Terms

# In what a request may lie outside policy; a person decides whether it may.
CAUTIONS: Mapping[str, Promise | str] = {
    "limit": gettext_lazy("With what is out already it is more than the seller's limit."),
    "sales": gettext_lazy("Sales as expected do not repay it in the days that the product expects."),
    "conditions": gettext_lazy("The seller does not meet the conditions of the product."),
    "fund": gettext_lazy("The fund behind the product has less left."),
    "offer": gettext_lazy("It is more than the offer that the seller has."),
}
MONEY, SHARE, COUNT, WORD = "money", "share", "count", "word"
# What a decision rests on, in the order in which it is read.
FIGURES: Mapping[str, tuple[Promise | str, str]] = {
    "limit": (gettext_lazy("Limit"), MONEY),
    "exposure": (gettext_lazy("Out or approved already"), MONEY),
    "pool_headroom": (gettext_lazy("Left in the fund"), MONEY),
    "score": (gettext_lazy("Score"), COUNT),
    "grade": (gettext_lazy("Grade"), WORD),
    "default_probability": (gettext_lazy("Probability of default"), SHARE),
    "daily_sales": (gettext_lazy("Sales a day"), MONEY),
    "median_month": (gettext_lazy("Sales in a usual month"), MONEY),
    "returned": (gettext_lazy("Orders returned"), SHARE),
    "cancelled": (gettext_lazy("Orders cancelled"), SHARE),
    "late": (gettext_lazy("Parcels late"), SHARE),
    "days_selling": (gettext_lazy("Days selling here"), COUNT),
    "days_past_due": (gettext_lazy("Days past due"), COUNT),
    "seller_state": (gettext_lazy("Seller"), WORD),
    "version_state": (gettext_lazy("Version of the product"), WORD),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure as it was frozen and as it is now, in the reader's words; `change` says what happened, or nothing."""

    label: str
    frozen: str
    now: str
    change: str


def cautions_of(
    *, terms: Terms, amount: Decimal, figures: Mapping[str, str], meets_conditions: bool, offered: Decimal | None
) -> list[str]:
    """The keys of CAUTIONS that `amount` meets with, by `figures` as `services.standing` reads them; `offered` is the
    most of the seller's open offer, if there is one. None of them: policy alone decides."""
    repaid = repaid_by_sales(terms, Decimal(figures["daily_sales"]))
    found = {
        "limit": not within_limit(amount, Decimal(figures["limit"]), Decimal(figures["exposure"])),
        "sales": repaid is not None and amount > repaid,
        "conditions": not meets_conditions,
        "fund": amount > Decimal(figures["pool_headroom"]),
    }
    found["offer"] = not any(found.values()) and offered is not None and amount > offered
    return [name for name in CAUTIONS if found[name]]


def compare(frozen: Mapping[str, Any], now: Mapping[str, str], currency: str) -> list[Compared]:
    """Every figure, frozen beside current. What was not frozen has not changed."""
    return [
        _compared(str(label), unit, str(frozen.get(name, now[name])), now[name], currency)
        for name, (label, unit) in FIGURES.items()
    ]


def _compared(label: str, unit: str, before: str, after: str, currency: str) -> Compared:
    frozen, now = _text(unit, before, currency), _text(unit, after, currency)
    if frozen == now:
        return Compared(label, frozen, now, "")
    words = _("%(what)s: was %(before)s, is %(after)s.")
    if unit != WORD and Decimal(after) > Decimal(before):
        words = _("%(what)s: up from %(before)s to %(after)s.")
    elif unit != WORD:
        words = _("%(what)s: down from %(before)s to %(after)s.")
    return Compared(label, frozen, now, words % {"what": label, "before": frozen, "after": now})


def _text(unit: str, value: str, currency: str) -> str:
    if unit == MONEY:
        return money_text(Decimal(value), currency)
    if unit == SHARE:
        return share_text(Decimal(value))
    return number_text(Decimal(value)) if unit == COUNT else value or "–"
