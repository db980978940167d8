"""Income that pools have collected is taken out by those it belongs to: by two people, once, and never more of it.

The financing of `test_shared`: 1,000.00 and a fee of 40.00, shared 600 : 300 : 100 by Riverbank, Harvest and Cushion,
which bears losses first. Sales of 500.00 a day keep 60.00; the fee of 40.00 is paid first: 24.00, 12.00 and 4.00.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.banking.models import Instruction
from apps.evidence.models import Record
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.products.models import FundingPool, Withdrawal
from apps.products.withdrawals import (
    Payee,
    WithdrawalRefused,
    approve_withdrawal,
    ask_withdrawal,
    refuse_withdrawal,
    withdrawable,
)
from apps.reconciliation.models import ControlTotal
from apps.repayment.changes import payoff_of
from apps.repayment.events import Act, approve, perform
from apps.repayment.pool_income import ask_income, income_left
from apps.repayment.pool_statement import pool_statement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import make_bank_line, make_user
from tests.repayment.test_shared import Desk, faults
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
PAYEE = Payee("Riverbank Credit", "6222 0212 3456 7894", "Bank of Rivers")
MAKER, CHECKER = "user:1", "user:2"


def earned(platform: Platform) -> Desk:
    desk = Desk(platform)
    desk.night()
    desk.story.settle(desk.today, desk.seller, "500.00")
    desk.night()
    return desk


def pools() -> list[FundingPool]:
    """Riverbank, Harvest, Cushion."""
    return list(FundingPool.objects.order_by("pk"))


def left() -> tuple[Decimal, ...]:
    return tuple(income_left(one) for one in pools())


def asked(desk: Desk, place: int, amount: str, reference: str = "I1", **facts: Any) -> Withdrawal:
    given: dict[str, Any] = {
        "pool_id": pools()[place].pk, "amount": D(amount), "reference": reference, "reason": "first quarter",
        "payee": PAYEE, "business_date": desk.today, "at": desk.story.at(desk.today), "by": MAKER,
    }  # fmt: skip
    return ask_income(**given | facts)


def decided(desk: Desk, one: Withdrawal, by: str = CHECKER) -> Withdrawal:
    return approve_withdrawal(
        withdrawal_id=one.pk, business_date=desk.today, at=desk.story.at(desk.today), by=by
    )  # fmt: skip


def paid_out(desk: Desk) -> Decimal:
    return DailyTotal.objects.balance(chart.DISTRIBUTED, "CNY", desk.today)


def test_each_takes_out_what_it_earned_and_the_books_prove_it(platform: Platform) -> None:
    """
                               left to take out        distributed   funding cash
    collected               24.00   12.00    4.00             0.00      14,500.00   60.00 are on their way to the pools
    Riverbank asks for 24       -   12.00    4.00            24.00      14,500.00
    the bank has paid both      -   12.00    4.00            24.00      14,536.00
    """
    desk = earned(platform)
    assert left() == (24, 12, 4)
    before = [(one.committed, one.headroom) for one in pools()]
    for place, too_much in ((0, "24.01"), (1, "12.01"), (2, "4.01")):
        with pytest.raises(WithdrawalRefused, match="of income that was collected"):
            asked(desk, place, too_much)
    one = asked(desk, 0, "24")
    assert asked(desk, 0, "24").pk == one.pk  # the same reference again is the same
    with pytest.raises(WithdrawalRefused, match="another amount before"):
        asked(desk, 0, "23")
    with pytest.raises(WithdrawalRefused, match="of income"):
        asked(desk, 0, "0.01", reference="I2")
    assert (left(), paid_out(desk)) == ((0, 12, 4), 24)
    assert [(one.committed, one.headroom) for one in pools()] == before  # capital is not touched
    with pytest.raises(WithdrawalRefused, match="Ask a colleague"), transaction.atomic():
        decided(desk, one, by=MAKER)
    decided(desk, one)
    cash = DailyTotal.objects.balance(chart.FUNDING_CASH, "CNY", desk.today)
    desk.night()
    assert Instruction.objects.get(kind="withdrawal").amount == 24
    desk.night()
    assert DailyTotal.objects.balance(chart.FUNDING_CASH, "CNY", desk.today) == cash + 60 - 24
    assert (left(), paid_out(desk)) == ((0, 12, 4), 24)
    told = [pool_statement(pool=one, first=FIRST, last=desk.today) for one in pools()]
    assert [(one.income, one.income_taken, one.taken_out) for one in told] == [(24, 24, 0), (12, 0, 0), (4, 0, 0)]
    assert not ControlTotal.objects.exclude(difference=0).exists()
    assert Record.objects.filter(kind__in=["withdrawal_asked", "withdrawal_approved"]).count() == 2
    assert faults() == []


def test_refused_or_taken_back_it_is_there_again(platform: Platform) -> None:
    desk = earned(platform)
    one = asked(desk, 1, "12")
    for _twice in range(2):
        refuse_withdrawal(
            withdrawal_id=one.pk, reason="wrong account", business_date=desk.today, at=desk.story.at(desk.today),
            by=CHECKER,
        )  # fmt: skip
    assert (left(), paid_out(desk)) == ((24, 12, 4), 0)
    assert pools()[1].committed == 5000
    told = pool_statement(pool=pools()[1], first=FIRST, last=desk.today)
    assert (told.income_taken, told.put_in, told.taken_out) == (0, 5000, 0)
    with pytest.raises(WithdrawalRefused, match="was refused before"):
        decided(desk, one)
    assert faults() == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.update(of="bank")


def test_what_is_reversed_or_lost_is_not_paid_out(platform: Platform) -> None:
    """A payment of 100.00 is principal alone and earns nothing. Then all is lost: 528.00, 264.00 and 88.00. Cushion has
    taken out the capital that it did not lend, and its cash is what the sales brought: 10.67 of principal, and its
    income; when that principal is taken out as well, less than it lost, no income is left to it."""
    desk = earned(platform)
    payment = desk.act("payment", "100.00")
    assert left() == (24, 12, 4)
    desk.act("reversal", reverses=payment.number)
    assert left() == (24, 12, 4)
    cushion = pools()[2]
    ask_withdrawal(
        pool_id=cushion.pk, amount=withdrawable(cushion), reference="C1", reason="lent elsewhere", payee=PAYEE,
        business_date=desk.today, at=desk.story.at(desk.today), by=MAKER,
    )  # fmt: skip
    assert left() == (24, 12, 4)
    proposed = desk.act("write_off")
    approve(event_id=proposed.pk, asked_on=desk.today, at=desk.story.at(desk.today), by=CHECKER)
    assert pools()[2].headroom == pool_statement(pool=pools()[2], first=FIRST, last=desk.today).lost
    assert left() == (24, 12, 4)  # what it lost is not there, its income still is
    ask_withdrawal(
        pool_id=cushion.pk, amount=D(3), reference="C2", reason="lent elsewhere", payee=PAYEE,
        business_date=desk.today, at=desk.story.at(desk.today), by=MAKER,
    )  # fmt: skip
    assert left() == (24, 12, 1)
    assert faults() == []


def test_a_rebate_repays_principal_without_money_and_that_is_no_income(platform: Platform) -> None:
    """1,000.00 lent and a fee of 40.00, all of which is given back for days not used. A night's 60.00 pays the fee and
    20.00; then all is repaid early, and the rebate takes its part off the 980.00 that are still owed."""
    story = Story(platform, funding="10000")
    seller = story.seller()
    story.agree("sales-advance", FIRST, fee_rebate=D(1))
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    story.settle(FIRST + 2 * DAY, seller, "500.00")
    story.night(FIRST + 2 * DAY)
    today = FIRST + 3 * DAY
    financing.refresh_from_db()
    assert (financing.fee, financing.principal) == (0, 980)
    due = payoff_of(financing, today).total
    assert 940 < due < 980
    line = make_bank_line(amount=due, booked_on=today)
    perform(
        financing_id=financing.pk, act=Act("payment", "early", line_id=line.pk), key="early", asked_on=today,
        at=story.at(today), by=MAKER,
    )  # fmt: skip
    pool = pools()[0]
    told = pool_statement(pool=pool, first=FIRST, last=today)
    assert (told.income, told.closing, pool.headroom) == (40, 0, 10_000)
    assert income_left(pool) == 60 + due - 1000  # all that came in beyond what was lent


def test_of_two_who_ask_at_once_for_the_last_of_it_one_is_refused(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        desk = earned(platform)
    asks = [partial(asked, desk, 0, "20", reference=f"I{number}") for number in range(4)]
    outcomes = at_once(platform.schema_name, asks)
    assert sorted(type(one).__name__ for one in outcomes) == ["Withdrawal", *3 * ["WithdrawalRefused"]]
    with entered(platform.schema_name):
        assert (left()[0], paid_out(desk), Withdrawal.objects.count()) == (4, 20, 1)
        assert faults() == []


def test_in_the_admin_and_on_its_own_platform_alone(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        theirs = earned(harbor)
        before = left()
    with entered(meadow.schema_name):
        desk = earned(meadow)
        meadow.opened_on = FIRST
        financier = client_of(meadow, make_user(role=Role.FINANCIER))
        pool = pools()[0]
        page = financier.get(reverse("admin:products_fundingpool_statement", args=[pool.pk])).content.decode()
        assert "Collected income that may be taken out now" in page
        typed = {
            "pool": pool.pk, "of": "income", "amount": "24.01", "reference": "I1", "reason": "first quarter",
            "holder": PAYEE.holder, "number": PAYEE.number, "bank": "", "bic": "",
        }  # fmt: skip
        add = reverse("admin:products_withdrawal_add")
        assert "of income that was collected" in financier.post(add, typed).content.decode()
        assert not Withdrawal.objects.exists()
        assert financier.post(add, {**typed, "amount": "24"}).status_code == 302
        assert Withdrawal.objects.get().of == "income"
        assert left() == (0, 12, 4)
        assert desk.story.platform == meadow
    with entered(harbor.schema_name):
        assert (left(), paid_out(theirs)) == (before, 0)
        assert not Withdrawal.objects.exists()
