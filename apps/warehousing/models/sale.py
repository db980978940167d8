"""What became of goods that a pledgee took over: sold, or taken at a price."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from apps.banking.models import BankLine
from apps.core.models import AmountField, CurrencyField
from apps.warehousing.models.pledge import Pledge


class GoodsSale(models.Model):
    """The goods of an enforced pledge against a buyer's money. Append-only: a sale is told once, with its bank line."""

    pledge = models.OneToOneField(Pledge, on_delete=models.PROTECT, related_name="sale")
    sold_on = models.DateField()
    price = AmountField(help_text="What the buyer paid, as the bank's line says.")
    costs = AmountField(help_text="Of the sale, charged to the financing and paid from the price.")
    currency = CurrencyField()
    surplus = AmountField(help_text="Beyond what was owed: the depositor's.")
    buyer = models.CharField(max_length=140)
    to_pledgee = models.BooleanField(default=False, help_text="The financier took title itself, at this price.")
    line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(price__gt=0, costs__gte=0, surplus__gte=0) & Q(price__gte=F("costs") + F("surplus")),
                name="goods_sale_amounts_sensible",
            ),
            models.CheckConstraint(condition=~Q(buyer=""), name="goods_sale_names_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.sold_on}"
