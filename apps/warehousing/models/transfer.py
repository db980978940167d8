"""A receipt on its way from one seller to another: offered by the one, accepted by the other."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models import Seller
from apps.warehousing.models.receipt import WarehouseReceipt

TRANSFER_STATES = ("offered", "accepted", "declined", "taken_back")


class ReceiptTransferQuerySet(models.QuerySet["ReceiptTransfer"]):
    """Transfers."""

    def open(self) -> "ReceiptTransferQuerySet":
        return self.filter(state="offered")


class ReceiptTransfer(Stateful):
    """The holder offers the goods to another seller; they change hands when that one accepts."""

    receipt = models.ForeignKey(WarehouseReceipt, on_delete=models.PROTECT, related_name="transfers")
    giver = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="offered_receipts")
    offered_on = models.DateField()
    state = state_field(TRANSFER_STATES)

    objects = ReceiptTransferQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("receipt_transfer", TRANSFER_STATES),
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(state="offered"), name="one_open_transfer_a_receipt"
            ),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="transfer_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} to {self.taker_id}"

    @transition(field="state", source="offered", target="accepted")
    def accept(self) -> None: ...

    @transition(field="state", source="offered", target="declined")
    def decline(self) -> None: ...

    @transition(field="state", source="offered", target="taken_back")
    def take_back(self) -> None: ...
