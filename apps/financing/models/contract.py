"""Contracts: the signed paper, stored once and never rendered again."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.core.states import Stateful, state_field, states_hold
from apps.financing.models.application import Application
from apps.sellers.models import Seller

CONTRACT_STATES = (
    "drafted", "rendered", "signed_by_seller", "in_force", "fulfilled", "terminated", "void",
)  # fmt: skip


class ContractQuerySet(models.QuerySet["Contract"]):
    """Contracts."""

    def waiting_for_paper(self) -> "ContractQuerySet":
        return self.filter(state="drafted")


class Contract(Stateful):
    """What seller and financier agree. `terms` is the canonical machine-readable text that the document states."""

    number = models.CharField(max_length=24, unique=True)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="contracts")
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="contract")
    language = models.CharField(max_length=8)
    terms = models.TextField()
    terms_sha256 = models.CharField(max_length=64)
    document = models.FileField(upload_to="contracts/", blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=40, blank=True)
    rendered_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    state = state_field(CONTRACT_STATES)

    objects = ContractQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("contract", CONTRACT_STATES),
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "void"]) | (~Q(document="") & ~Q(document_sha256="")),
                name="contract_signed_on_a_stored_paper",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by="") | (Q(signed_at__isnull=False) & ~Q(signed_by="")),
                name="contract_signature_paired",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @transition(field="state", source="drafted", target="rendered")
    def render(self) -> None: ...

    @transition(field="state", source="rendered", target="signed_by_seller")
    def sign(self, *, signed_by: str, signed_at: Any) -> None:
        self.signed_by, self.signed_at = signed_by, signed_at

    @transition(field="state", source="signed_by_seller", target="in_force")
    def countersign(self) -> None: ...

    @transition(field="state", source="in_force", target="fulfilled")
    def fulfil(self) -> None: ...

    @transition(field="state", source="fulfilled", target="in_force")
    def reopen(self) -> None:
        """What fulfilled it was reversed."""

    @transition(field="state", source="in_force", target="terminated")
    def terminate(self) -> None: ...

    @transition(field="state", source=["drafted", "rendered"], target="void")
    def void(self) -> None: ...
