"""The terms of a product that lends on goods in store, as columns of its versions."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import RateField
from apps.warehousing.lending_terms import thawed
from apps.warehousing.valuation import LendingTerms


class LendsOnGoods(models.Model):
    """How much is lent on goods; without a limit, nothing is."""

    lending_limit = RateField(
        _("limit (LTV)"), default=Decimal(0), help_text=_("0.6 is 60 %: the most that may be owed on the goods' value.")
    )
    haircuts = models.JSONField(
        _("haircuts"), default=dict, blank=True, help_text=_('By commodity and grade: {"cotton/3128B": "0.3"}.')
    )
    other_grades = RateField(_("haircut of other grades"), default=Decimal(0))
    age_free_days = models.PositiveIntegerField(_("days before age counts"), default=0)
    age_decay = RateField(_("lost each day after that"), default=Decimal(0))
    age_decay_most = RateField(_("lost by age at most"), default=Decimal(1))
    lot_cap = RateField(
        _("largest share of one lot"),
        default=Decimal(1),
        help_text=_("No lot lends more than this share of the value."),
    )

    class Meta:
        abstract = True

    def lending_terms(self, currency: str) -> LendingTerms | None:
        """The same as the value that goods are valued by; None when nothing is lent on goods."""
        if not self.lending_limit:
            return None
        kept = {
            "haircuts": self.haircuts,
            "other_grades": self.other_grades,
            "age": {"free_days": self.age_free_days, "a_day": self.age_decay, "at_most": self.age_decay_most},
            "lot_cap": self.lot_cap,
        }
        return thawed(kept, currency=currency, limit=self.lending_limit)


def lending_holds() -> list[models.CheckConstraint]:
    """What the database holds of these columns; the haircuts' shares stand in migration 0005."""
    shares = ("lending_limit", "other_grades", "age_decay", "age_decay_most", "lot_cap")
    within = Q(*[(f"{name}__gte", 0) for name in shares], *[(f"{name}__lte", 1) for name in shares])
    return [
        models.CheckConstraint(
            condition=within & Q(lot_cap__gt=0),
            name="product_version_lending_is_shares",
            violation_error_message=_("Write limit, haircuts, age decay and the share of one lot as shares of one."),
        )
    ]


def check_lending(version: Any) -> None:
    """Raises ValidationError, naming the field, for terms by which no goods can be valued."""
    if not version.lending_limit:
        raise ValidationError({"lending_limit": _("A loan on goods needs a limit, such as 0.6.")})
    haircuts = version.haircuts
    if not isinstance(haircuts, dict) or not all(_is_share(share) for share in haircuts.values()):
        raise ValidationError({"haircuts": _('Write each haircut as text between 0 and 1: {"cotton/3128B": "0.3"}.')})


def _is_share(text: Any) -> bool:
    try:
        return isinstance(text, str) and 0 <= Decimal(text) <= 1
    except ArithmeticError:
        return False
