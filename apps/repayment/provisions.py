"""What has to be set aside for what may not come back: running financings by class, a seller's worst deciding."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.products.buckets import RiskClass, class_of, provision
from apps.products.models import ProvisionClass


@dataclass(frozen=True, slots=True)
class Provisioned:
    """One class in one currency: what is owed in it, and what is set aside for that."""

    risk: RiskClass
    currency: str
    owed: Decimal
    aside: Decimal


def provisions() -> list[Provisioned]:
    """What running financings owe and what is set aside for it as things stand, a class and currency a line, the best
    first. The days past due of a seller's latest financing count for all of that seller's."""
    classes = ProvisionClass.in_force()
    owed: defaultdict[tuple[str, RiskClass], Decimal] = defaultdict(lambda: ZERO)
    total = F("principal") + F("fee") + F("interest") + F("penalty")
    rows = Financing.objects.active().values_list("currency", "seller__worst_days_past_due").annotate(owed=Sum(total))
    for currency, days, amount in rows.order_by("currency"):
        owed[currency, class_of(days, classes)] += amount
    return [
        Provisioned(risk, currency, amount, provision(amount, risk, currency))
        for (currency, risk), amount in sorted(owed.items(), key=lambda item: (item[0][0], item[0][1].first_day))
    ]


def financings_of_class(code: str) -> QuerySet[Financing] | None:
    """The running financings that `provisions` counts in the class with this code; None where there is no such class
    in force."""
    classes = sorted(ProvisionClass.in_force(), key=lambda one: one.first_day)
    place = next((place for place, one in enumerate(classes) if one.code == code), None)
    if place is None:
        return None
    rows = Financing.objects.active().filter(seller__worst_days_past_due__gte=classes[place].first_day)
    later = classes[place + 1 : place + 2]
    return rows.filter(seller__worst_days_past_due__lt=later[0].first_day) if later else rows
