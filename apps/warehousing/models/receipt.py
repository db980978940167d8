"""Warehouses and the receipts that they issue for goods in store."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import GET_STATE, transition

from apps.core.models import LocallyNamed, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models import Seller


class Warehouse(LocallyNamed, models.Model):
    """Where goods lie, and who answers for them."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    name_zh = models.CharField("name in Chinese", max_length=120, blank=True)
    operator = models.CharField(max_length=140)
    region = models.CharField(max_length=80, blank=True)
    count_tolerance = RateField(
        default=Decimal("0.005"),
        help_text="A count may differ from the receipts by this share: 0.005 is half a percent.",
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(count_tolerance__gte=0, count_tolerance__lt=1), name="warehouse_tolerance_is_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name


RECEIPT_STATES = (
    "requested", "issued", "pledged", "delivered", "split", "expired", "invoked", "sold", "title_transferred",
    "frozen", "replaced", "cancelled",
)  # fmt: skip
THAWED = ("issued", "pledged", "expired", "invoked")
IN_STORE = (*THAWED, "frozen")
# There is no paper yet, or there never will be one.
NOT_ISSUED = ("requested", "cancelled")


class WarehouseReceiptQuerySet(models.QuerySet["WarehouseReceipt"]):
    """Receipts."""

    def in_store(self) -> "WarehouseReceiptQuerySet":
        """Receipts whose goods still lie in the warehouse."""
        return self.filter(state__in=IN_STORE)

    def in_warehouse(self, warehouse: Warehouse) -> "WarehouseReceiptQuerySet":
        return self.filter(warehouse=warehouse)

    def of_lot(self, warehouse: Warehouse, lot: str) -> "WarehouseReceiptQuerySet":
        """Receipts for goods of one lot: one paper, or the parts that it was split into."""
        return self.filter(warehouse=warehouse, lot=lot)

    def over(self, through: date) -> "WarehouseReceiptQuerySet":
        """Receipts whose last valid day is `through` or an earlier one, and that nobody has expired yet."""
        return self.filter(state__in=["issued", "pledged"], valid_until__lte=through)

    def held_by(self, seller: Seller) -> "WarehouseReceiptQuerySet":
        return self.filter(holder=seller)

    def pledgeable(self, on: date) -> "WarehouseReceiptQuerySet":
        """Receipts that can be pledged on `on`: issued, and valid and insured through that date (inclusive)."""
        return self.filter(state="issued", valid_until__gte=on, insured_until__gte=on)


class WarehouseReceipt(Stateful):
    """A title to goods in a warehouse. While it is pledged nothing but the pledgee's act moves it."""

    number = models.CharField(max_length=40, unique=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="receipts")
    depositor = models.ForeignKey(
        Seller, on_delete=models.PROTECT, related_name="+", help_text="Who brought the goods."
    )
    holder = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="warehouse_receipts")
    commodity = models.SlugField(max_length=40)
    unit = models.CharField(max_length=12, default="kg")
    origin = models.CharField(max_length=120, blank=True, help_text="Where the goods were grown or made.")
    announced_weight = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True, help_text="What the seller said would come."
    )
    weight = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    grade = models.CharField(max_length=20, blank=True)
    lot = models.CharField(max_length=40, blank=True)
    bin = models.CharField(max_length=40, blank=True)
    insurance = models.CharField(max_length=80, blank=True, help_text="Insurer and number of the policy.")
    insured_until = models.DateField(null=True, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    issued_by = models.CharField(
        max_length=80, blank=True, help_text="Who vouched for the goods; parts and replacements keep the name."
    )
    frozen_from = models.CharField(max_length=24, blank=True, help_text="The state that a freeze stopped.")
    frozen_by = models.CharField(max_length=80, blank=True)
    was_pledged = models.BooleanField(default=False, help_text="Whether it was pledged when it expired.")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", help_text="Split from."
    )
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    state = state_field(RECEIPT_STATES)

    objects = WarehouseReceiptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("warehouse_receipt", RECEIPT_STATES),
            models.CheckConstraint(condition=Q(weight=None) | Q(weight__gt=0), name="receipt_weight_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "cancelled", "frozen"])
                | ~Q(lot="")
                & ~Q(grade="")
                & ~Q(bin="")
                & ~Q(insurance="")
                & Q(weight__isnull=False, insured_until__isnull=False, valid_until__isnull=False)
                & Q(issued_on__isnull=False, valid_until__gte=F("issued_on")),
                name="receipt_issued_is_complete",
            ),
            # Two papers for one lot is how the same goods are pledged twice. Children share their parent's lot, and the
            # paper that replaces a lost one names it; their weights are held by the triggers of migration 0002.
            models.UniqueConstraint(
                fields=["warehouse", "lot"],
                condition=Q(parent=None, replaces=None) & ~Q(lot=""),
                name="one_receipt_a_lot",
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")) & ~Q(replaces=F("id")), name="receipt_not_its_own_parent"
            ),
            models.CheckConstraint(condition=Q(parent=None) | Q(replaces=None), name="receipt_split_or_replacement"),
            models.CheckConstraint(
                condition=Q(announced_weight=None) | Q(announced_weight__gt=0), name="receipt_announced_weight_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @transition(field="state", source="requested", target="issued")
    def issue(
        self,
        *,
        weight: Decimal,
        grade: str,
        lot: str,
        bin: str,
        insurance: str,
        insured_until: date,
        issued_on: date,
        valid_until: date,
        issued_by: str,
    ) -> None:
        self.weight, self.grade, self.lot, self.bin = weight, grade, lot, bin
        self.insurance, self.insured_until = insurance, insured_until
        self.issued_on, self.valid_until, self.issued_by = issued_on, valid_until, issued_by

    @transition(field="state", source="requested", target="cancelled")
    def cancel(self) -> None:
        """The goods never came, or were turned away."""

    @transition(field="state", source="issued", target="pledged")
    def pledge(self) -> None: ...

    @transition(field="state", source="pledged", target="issued")
    def release(self) -> None: ...

    def forget_pledge(self) -> None:
        """Whatever ends what stopped it (an expiry, a freeze) leads back to issued: nobody holds it in pledge any
        more."""
        self.was_pledged = False
        if self.frozen_from == "pledged":
            self.frozen_from = "issued"

    @transition(field="state", source="issued", target="delivered")
    def withdraw(self) -> None: ...

    @transition(field="state", source="issued", target="split")
    def split(self) -> None: ...

    @transition(field="state", source="issued", target="issued")
    def transfer(self, *, holder: Seller) -> None:
        self.holder = holder

    @transition(field="state", source=["issued", "pledged"], target="expired")
    def expire(self) -> None:
        self.was_pledged = self.state == "pledged"

    @transition(
        field="state",
        source="expired",
        target=GET_STATE(lambda receipt, **_new: "pledged" if receipt.was_pledged else "issued", ["issued", "pledged"]),
    )
    def revalidate(self, *, valid_until: date, insured_until: date) -> None:
        self.valid_until, self.insured_until = valid_until, insured_until

    @transition(field="state", source="pledged", target="invoked")
    def invoke(self) -> None:
        """The pledgee calls on the goods after a default."""

    @transition(field="state", source="invoked", target="sold")
    def sell(self) -> None: ...

    @transition(field="state", source="invoked", target="title_transferred")
    def transfer_title(self) -> None: ...

    @transition(field="state", source="+", target="frozen")
    def freeze(self, *, frozen_by: str) -> None:
        """From any state: a failed count or a dispute stops everything."""
        self.frozen_from, self.frozen_by = self.state, frozen_by

    @transition(field="state", source="frozen", target=GET_STATE(lambda receipt: receipt.frozen_from, list(THAWED)))
    def unfreeze(self) -> None:
        """What stopped it is cleared up: it is again what it was."""

    @transition(field="state", source=["issued", "frozen"], target="replaced")
    def replace(self) -> None:
        """A lost paper makes way for a new one that names it."""
