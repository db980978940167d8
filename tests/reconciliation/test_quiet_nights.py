"""Nights that the wind tunnel passes over are those in which nothing happens: living through each gives the same."""

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from apps.core.money import ZERO
from apps.products.plan import Plan
from apps.products.terms import ORDER, RECEIVABLE, SALES, Terms
from apps.reconciliation.policy import Policy
from apps.reconciliation.tunnel.past import Course, OrderRow, SellerPast, lay_out
from apps.reconciliation.tunnel.trial import Trial, live_through

D = Decimal
FIRST = date(2025, 3, 1).toordinal()
COURSE = Course(FIRST, FIRST + 400, seed=3, policy=Policy(accept_share=0.2, settlement_days=3))
PASTS = (0, 1, 45)  # in the last, days of grace run out in nights that bring nothing else, and an offer ends with them
SHAPES: dict[str, dict[str, Any]] = {
    "minimums with days of grace": {
        "technique": SALES, "fee_rate": D("0.05"), "sweep_rate": D("0.1"), "minimum_share": D("0.3"),
        "period_days": 20, "grace_days": 5,
    },
    "minimums and a penalty": {
        "technique": SALES, "fee_rate": D("0.05"), "sweep_rate": D("0.1"), "minimum_share": D("0.3"),
        "period_days": 20, "penalty_rate": D("0.18"), "near_breach_share": D("0.8"), "near_breach_checks": 2,
    },
    "sales alone": {"technique": SALES, "fee_rate": D("0.05"), "sweep_rate": D("0.2"), "expected_days": 40},
    "instalments": {"technique": ORDER, "annual_rate": D("0.12"), "sweep_rate": D("0.3"), "plan": Plan(
        method="equal_instalments", number=4, every=2, unit="weeks", due_day=0, principal_grace=0, interest_grace=0,
        rounding="minor", in_advance="next", mode="horizontal", fee=ZERO)},
    "early payment": {
        "technique": RECEIVABLE, "annual_rate": D("0.12"), "advance_rate": D("0.7"), "settlement_days": 3,
    },
}  # fmt: skip


def terms(**differing: Any) -> Terms:
    usual: dict[str, Any] = {
        "product": "tried", "version": 1, "currency": "CNY", "fee_rate": ZERO, "annual_rate": ZERO,
        "day_count": "ACT/365F", "sweep_rate": ZERO, "advance_rate": ZERO, "livelihood_floor": ZERO, "day_cap": ZERO,
        "minimum_share": ZERO, "period_days": 0, "settlement_days": 0, "grace_days": 0, "minimum_amount": D(20),
        "maximum_amount": D(20_000), "expected_days": 90, "offer_valid_days": 9, "priority": 10,
    }  # fmt: skip
    return Terms(**(usual | differing))


def sparse_past(number: int) -> SellerPast:
    """A seller who sells every few days, and for some weeks not at all."""
    luck, day = Random(number), FIRST - 360
    orders: list[OrderRow] = []
    while day < FIRST + 400:
        day += luck.choice((1, 2, 3, 5, 8, 40))
        paid = D(luck.randint(1_000, 40_000)) / 100
        orders.append(
            OrderRow(len(orders), f"o{len(orders)}", "delivered", paid, ZERO, flagged=False, placed_on=day,
                     paid_on=day, shipped_on=day + 1, arrived_on=day + 3, window_ends=day + 10, is_late=False,
                     ended_on=None, left_first=False, settled_on=None)
        )  # fmt: skip
    return lay_out(SellerPast(number, f"S{number}", "CNY", D("0.5")), orders, [], COURSE)


@pytest.mark.parametrize("shape", SHAPES)
def test_nights_passed_over_change_no_figure(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = [terms(**SHAPES[shape]), terms(**{**SHAPES[shape], "version": 2, "maximum_amount": D(900)})]
    pasts = [sparse_past(number) for number in PASTS]
    quick = [[what_came(trial) for trial in live_through(past, tried, COURSE)] for past in pasts]
    alone = [[what_came(live_through(past, [one], COURSE)[0]) for one in tried] for past in pasts]
    monkeypatch.setattr(Trial, "_quiet_through", lambda _trial: 0)
    every = [[what_came(trial) for trial in live_through(past, tried, COURSE)] for past in pasts]
    assert quick == every
    assert quick == alone  # two versions side by side draw the lots that each would draw by itself
    lived = [one for seller in every for trial in seller for one in trial["financings"]]
    assert len(lived) > 8
    if "minimum_share" in SHAPES[shape]:
        assert any(one.worst_days for one in lived)  # somebody was late


def what_came(trial: Trial) -> dict[str, Any]:
    return {
        "offered": (trial.qualified_on, trial.most_offered, trial.offer),
        "stands": (trial.balance, trial.exposure, trial.worst_days),
        "financings": trial.financings,
    }
