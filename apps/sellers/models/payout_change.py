"""Another account for a seller's money: asked for by the seller, checked by two people."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.banking.models import BankAccount
from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models.seller import Seller

PAYOUT_CHANGE_STATES = ("asked", "checked_once", "in_force", "refused")
OPEN = ("asked", "checked_once")


class PayoutChangeQuerySet(models.QuerySet["PayoutChange"]):
    """Changes of accounts."""

    def open(self) -> "PayoutChangeQuerySet":
        return self.filter(state__in=OPEN)


class PayoutChange(Stateful):
    """The account that a seller's money shall go to from now on. While it is open, nothing is paid out to the seller;
    the row keeps the account before it, and so all of them together are the history."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="payout_changes")
    account = models.OneToOneField(BankAccount, on_delete=models.PROTECT, related_name="+")
    before = models.ForeignKey(BankAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    second_factor = models.CharField(max_length=24, help_text="How the person who asked proved themselves.")
    first_by = models.CharField(max_length=80, blank=True)
    second_by = models.CharField(max_length=80, blank=True)
    state = state_field(PAYOUT_CHANGE_STATES)

    objects = PayoutChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("payout_change", PAYOUT_CHANGE_STATES),
            models.UniqueConstraint(fields=["seller"], condition=Q(state__in=OPEN), name="payout_change_open_once"),
            models.CheckConstraint(
                condition=~Q(state="checked_once") | ~Q(first_by=""), name="payout_change_checked_by_one"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | (~Q(first_by="") & ~Q(second_by="")),
                name="payout_change_checked_by_two",
            ),
            models.CheckConstraint(
                condition=(Q(first_by="") | ~Q(first_by=F("asked_by")))
                & (Q(second_by="") | (~Q(second_by=F("asked_by")) & ~Q(second_by=F("first_by")))),
                name="payout_change_different_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} {self.account.masked}"

    @transition(field="state", source="asked", target="checked_once")
    def check_first(self, *, person: str) -> None:
        self.first_by = person

    @transition(field="state", source="checked_once", target="in_force")
    def check_second(self, *, person: str) -> None:
        self.second_by = person

    @transition(field="state", source=list(OPEN), target="refused")
    def refuse(self) -> None: ...
