"""A night in a few figures, as the desk reads it in the morning."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs

from apps.banking.models import PaymentBatch
from apps.core.money import ZERO
from apps.evidence.models import Seal
from apps.reconciliation.models import Break, ControlTotal, NightlyChunk, NightlyRun, SetAside
from apps.reconciliation.steps import StepNow, refused_piece, steps_now
from apps.reconciliation.tracing import income_on
from apps.repayment.models import Sweep
from apps.tenants.services import current_platform

BREAKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is open: breaks, the sum of those in the platform's currency without signs, sellers set aside."""

    breaks: int
    unexplained: Decimal
    set_aside: int

    def __bool__(self) -> bool:
        return bool(self.breaks or self.set_aside)


@dataclass(frozen=True, slots=True)
class NightReport:
    """One night: its steps, totals and what is open. Amounts are in the platform's currency.

    swept        kept from sales for repayment
    paid_out     instructed to sellers that night
    earned       fees and interest that became income on that business date
    refused      the piece that waits because the database could not do it, if one does
    left         what of this and earlier nights is open now
    breaks       the oldest of the open breaks, at most BREAKS_SHOWN
    """

    run: NightlyRun
    steps: list[StepNow]
    refused: NightlyChunk | None
    totals: list[ControlTotal]
    breaks: list[Break]
    left: OpenItems
    set_aside: list[SetAside]
    batch: PaymentBatch | None
    seal: Seal | None
    sellers: int
    swept: Decimal
    paid_out: Decimal
    earned: Decimal

    @property
    def heartbeat(self) -> datetime | None:
        """When a piece of it was last done."""
        return max((step.heartbeat for step in self.steps if step.heartbeat), default=None)

    @property
    def is_proved(self) -> bool:
        """Whether every control total was computed and closes."""
        return bool(self.totals) and not any(one.difference for one in self.totals)


def open_items(run: NightlyRun) -> OpenItems:
    """What of the night of `run`, and of the nights before it, is unexplained or set aside now."""
    open_breaks = Break.objects.unexplained().filter(opened_on__lte=run.business_date)
    ours = Q(currency=current_platform().currency)
    sums = open_breaks.aggregate(number=Count("pk"), total=Sum(Abs("amount"), filter=ours))
    aside = SetAside.objects.filter(resolved_at=None, run__business_date__lte=run.business_date)
    return OpenItems(sums["number"], sums["total"] or ZERO, aside.count())


def night_report(run: NightlyRun) -> NightReport:
    """The report of `run`, as far as it has come."""
    day = run.business_date
    sums = Sweep.objects.filter(business_date=day).aggregate(
        sellers=Count("id"), swept=Sum("kept"), paid_out=Sum("paid_out")
    )
    open_breaks = Break.objects.unexplained().filter(opened_on__lte=day)
    left = open_items(run)
    return NightReport(
        run=run,
        steps=steps_now(run),
        refused=refused_piece(run),
        totals=list(run.control_totals.order_by("pk")),
        breaks=list(open_breaks.order_by("pk")[:BREAKS_SHOWN]),
        left=left,
        set_aside=list(run.set_aside.order_by("seller_id", "work")),
        batch=PaymentBatch.objects.filter(key=f"payouts:{day}").first(),
        seal=Seal.objects.filter(business_date=day).first(),
        sellers=sums["sellers"],
        swept=sums["swept"] or ZERO,
        paid_out=sums["paid_out"] or ZERO,
        earned=sum((one.amount for one in income_on(day)), ZERO),
    )
