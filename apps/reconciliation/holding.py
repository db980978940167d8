"""Whose sellers a piece of matching will write to: locked first, for the books are taken last."""

from django.db.models import QuerySet

from apps.banking.models import Instruction
from apps.financing.models import Financing
from apps.sellers.models import Seller


def hold_sellers_of(instructions: QuerySet[Instruction]) -> None:
    """Lock the sellers whom `instructions` pay, or whose financings they pay out, in order of their keys."""
    subjects = [subject.partition(":") for subject in instructions.values_list("subject", flat=True)]
    sellers = {int(key) for kind, _colon, key in subjects if kind == "seller"}
    financings = [int(key) for kind, _colon, key in subjects if kind == "financing"]
    if financings:
        sellers |= set(Financing.objects.filter(pk__in=financings).values_list("seller_id", flat=True))
    if sellers:
        list(Seller.objects.select_for_update().filter(pk__in=sellers).order_by("pk").values_list("pk"))
