"""What a trial of all sellers comes to: sums, months, losses under the stated assumptions, the rate of return. Pure.

Amounts are in the platform's currency; dates are business dates, the last day inclusive.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from apps.core.money import ZERO, round_money
from apps.financing.due_dates import add_months
from apps.financing.pricing import annualised_rate
from apps.reconciliation.tunnel.lived import Lived
from apps.reconciliation.tunnel.trial import Trial


class Losses(NamedTuple):
    """What counts as lost where the past ends with money still out.

    days    a financing is in default when it is past due longer than this, or when longer than this nothing was paid
    share   the share of its principal that is then lost
    """

    days: int
    share: Decimal


class SellerLine(NamedTuple):
    """What a trial comes to for one seller; `most_offered` is the largest amount ever on offer, 0 for none."""

    seller_id: int
    qualified_on: date | None
    most_offered: Decimal
    financings: int
    drawn: Decimal
    income: Decimal
    missed: int
    outstanding: Decimal
    lost: Decimal


@dataclass(slots=True)
class Month:
    drawn: Decimal = ZERO
    repaid: Decimal = ZERO
    income: Decimal = ZERO
    moved: Decimal = ZERO


@dataclass(slots=True)
class Outcome:
    """The sums of all sellers of one version; `add` takes in one seller's trial, `told` says it as JSON."""

    currency: str
    last: date
    losses: Losses
    counts: Counter[str] = field(default_factory=Counter)
    sums: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    months: defaultdict[str, Month] = field(default_factory=lambda: defaultdict(Month))
    flows: defaultdict[date, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    principal: defaultdict[date, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, trial: Trial) -> SellerLine:
        """Take in one seller; answers their line."""
        self.counts["sellers"] += 1
        self.counts["qualified"] += trial.qualified_on is not None
        self.counts["drew"] += bool(trial.financings)
        before = self.sums["income"], self.sums["lost"]
        for one in trial.financings:
            self._financing(one)
        owed = sum((one.balance.owed.principal for one in trial.running), ZERO)
        return SellerLine(
            seller_id=trial.past.id,
            qualified_on=trial.qualified_on,
            most_offered=trial.most_offered,
            financings=len(trial.financings),
            drawn=sum((one.amount for one in trial.financings), ZERO),
            income=self.sums["income"] - before[0],
            missed=sum(one.missed for one in trial.financings),
            outstanding=owed,
            lost=self.sums["lost"] - before[1],
        )

    def _financing(self, one: Lived) -> None:
        self.counts["financings"] += 1
        self.counts["asked"] += one.asked
        self.counts["missed"] += one.missed
        self.counts["late"] += one.worst_days > 30
        self.counts["repaid"] += one.repaid_on is not None
        self._move(one.drawn_on, one.amount, drawn=one.amount)
        for day, paid in one.payments:
            self._move(day, -paid.principal, repaid=paid.total, income=paid.fee)
            self.sums["fees"] += paid.fee
        for day, interest, penalty in one.accruals:
            self._move(day, ZERO, income=interest + penalty)
            self.sums["interest"] += interest
            self.sums["penalties"] += penalty
        self.sums["expected_loss"] += one.amount * one.default_probability * self.losses.share
        self._end(one)

    def _move(
        self, day: date, principal: Decimal, drawn: Decimal = ZERO, repaid: Decimal = ZERO, income: Decimal = ZERO
    ) -> None:
        month = self.months[f"{day:%Y-%m}"]
        month.drawn += drawn
        month.repaid += repaid
        month.income += income
        month.moved += principal
        self.principal[day] += principal
        self.flows[day] += repaid - drawn
        self.sums["drawn"] += drawn
        self.sums["repaid"] += repaid
        self.sums["income"] += income

    def _end(self, one: Lived) -> None:
        """What is out at the end, and how much of it counts as lost."""
        owed = one.balance.owed.principal
        if one.repaid_on:
            return
        self.sums["outstanding"] += owed
        if self.is_in_default(one):
            self.counts["defaults"] += 1
            self.sums["in_default"] += owed
            self.sums["lost"] += round_money(owed * self.losses.share, self.currency)

    def is_in_default(self, one: Lived) -> bool:
        """Whether a financing that is still out counts as in default on the last day."""
        last_paid = one.payments[-1][0] if one.payments else one.drawn_on
        silent = self.last - last_paid > timedelta(days=self.losses.days)
        return one.repaid_on is None and (one.days_past_due > self.losses.days or silent)

    def told(self) -> dict[str, Any]:
        """Everything as text and whole numbers, as it is kept."""
        outstanding, peak, peak_on = ZERO, ZERO, None
        for day in sorted(self.principal):
            outstanding += self.principal[day]
            if outstanding > peak:
                peak, peak_on = outstanding, day
        return {
            "currency": self.currency,
            **{name: self.counts[name] for name in COUNTS},
            **{name: str(round_money(self.sums[name], self.currency)) for name in SUMS},
            "peak": str(peak),
            "peak_on": peak_on.isoformat() if peak_on else None,
            "annualised": self._rate(ZERO),
            "annualised_after_losses": self._rate(self.sums["lost"]),
            "months": self._months(),
        }

    def _rate(self, lost: Decimal) -> str | None:
        """The annualised rate of all flows, what is still out coming back on the last day but for what is `lost`; None
        when there is no such rate."""
        flows = dict(self.flows)
        flows[self.last] = flows.get(self.last, ZERO) + self.sums["outstanding"] - lost
        try:
            return str(annualised_rate(sorted((day, amount) for day, amount in flows.items() if amount)))
        except ValueError:
            return None

    def _months(self) -> list[dict[str, str]]:
        """A row a month, from the first in which money moved to the last that was lived through."""
        rows, outstanding = [], ZERO
        day = date.fromisoformat(f"{min(self.months)}-01") if self.months else date.max
        while day <= self.last:
            month = self.months[f"{day:%Y-%m}"]
            outstanding += month.moved
            figures = {"drawn": month.drawn, "repaid": month.repaid, "income": month.income, "outstanding": outstanding}
            rows.append({"month": f"{day:%Y-%m}", **{key: str(value) for key, value in figures.items()}})
            day = add_months(day, 1)
        return rows


COUNTS = ("sellers", "qualified", "drew", "financings", "repaid", "asked", "missed", "late", "defaults")
SUMS = (
    "drawn", "income", "fees", "interest", "penalties", "outstanding", "in_default", "lost", "expected_loss",
)  # fmt: skip
