"""Every stored balance of servicing is proved against its history and the ledger; what is off is named."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.ledger.services import reverse
from apps.products.models import FundingPool
from apps.repayment.models import Movement, Sweep
from apps.repayment.proofs import faults
from apps.repayment.services import disburse
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import (
    AT,
    BY,
    DAY,
    make_application,
    make_contract,
    make_financing,
    make_offer,
    make_sweep,
)

D = Decimal


@pytest.fixture
def financing(platform: Platform) -> Financing:
    """F-1: 9,000.00 drawn at a fee of 360.00, disbursed and on the books."""
    offer = make_offer(state="accepted")
    waiting = make_financing(number="F-1", contract=make_contract(application=make_application(offer=offer)))
    FundingPool.objects.filter(pk=waiting.pool_id).update(name="Riverbank", reserved=waiting.amount)
    return disburse(financing_id=waiting.pk, on=DAY, at=AT, by=BY)


@pytest.fixture
def tamper(financing: Financing) -> Callable[[str], None]:
    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE repayment_movement DISABLE TRIGGER USER")
            cursor.execute(statement)

    return execute


def test_a_disbursed_financing_is_borne_out(financing: Financing) -> None:
    assert faults() == []


def test_a_financing_that_waits_for_its_money_is_promised_by_its_pool(financing: Financing) -> None:
    waiting = make_financing(number="F-2")
    FundingPool.objects.filter(pk=waiting.pool_id).update(name="Second")
    says = "Pool Second says drawn 0.0000, reserved 0.0000; its financings owe principal of 0.0000, and 9000.0000 is "
    assert faults() == [says + "promised to those that wait for a signature or their money."]
    FundingPool.objects.filter(pk=waiting.pool_id).update(reserved=D(9000))
    assert faults() == []


@pytest.mark.parametrize("component", ["principal", "fee", "interest", "penalty"])
def test_a_balance_that_its_movements_do_not_bear_out_is_named(financing: Financing, component: str) -> None:
    before = getattr(financing, component)
    Financing.objects.update(**{component: before - 1 if before else D(1)})
    found = faults()
    assert found[0].startswith("Financing F-1 says principal ")
    assert found[0].endswith("its movements say 9000.0000, 360.0000, 0.0000, 0.0000.")
    assert any(fault.startswith(f"Assets:Financing:{component.title()} CNY stands at") for fault in found)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "DELETE FROM repayment_movement",
            "Financing F-1 says principal 9000.0000, fee 360.0000, interest 0.0000, penalty 0.0000; its movements say "
            "0, 0, 0, 0.",
        ),
        (
            "UPDATE repayment_movement SET outstanding = 1",
            "Movement disbursement of financing F-1 on 2025-03-14 leaves 1.0000 outstanding; the movements up to it "
            "leave 9360.0000.",
        ),
        (
            "UPDATE repayment_movement SET entry_key = 'nowhere'",
            "Entry nowhere and the movements that name it differ (principal, fee, interest, penalty): movements "
            "[9000.0000, 360.0000, 0.0000, 0.0000], ledger [].",
        ),
        (
            "UPDATE repayment_movement SET entry_key = 'nowhere'",
            "Entry disbursement:{pk} and the movements that name it differ (principal, fee, interest, penalty): "
            "movements [], ledger [9000.0000, 360.0000, 0, 0].",
        ),
        (
            "UPDATE repayment_movement SET kind = 'sweep'",
            "The sweep of seller {seller} on 2025-03-14 kept 0; the financings were repaid -9360.0000 by it.",
        ),
        (
            "UPDATE financing_financing SET accrued_posted = 2",
            "Financing F-1 says that 2.0000 of interest was posted; its accruals say 0.",
        ),
        (
            "UPDATE financing_financing SET accrued = 0.006",
            "Financing F-1 has accrued 0.006000000000 CNY of interest, of which 0.0000 is posted: they are more than "
            "half a minor unit apart.",
        ),
        (
            "UPDATE financing_financing SET quiet_through = '2025-03-20', past_due = 1",
            "Financing F-1 is down as quiet through 2025-03-20, but 1.0000 is past due, or a demand ends on None.",
        ),
        (
            "UPDATE products_fundingpool SET drawn = 8999",
            "Pool Riverbank says drawn 8999.0000, reserved 0.0000; its financings owe principal of 9000.0000, and 0 is "
            "promised to those that wait for a signature or their money.",
        ),
        (
            "UPDATE sellers_seller SET balance = -3",
            "Liabilities:Sellers CNY stands at 0 in the ledger; the rows behind it add up to 3.0000.",
        ),
        (
            "UPDATE ledger_dailytotal SET debits = 8999 WHERE debits = 9000",
            "Assets:Financing:Principal CNY stands at 8999.0000 in the ledger; the rows behind it add up to 9000.0000.",
        ),
    ],
)
def test_each_number_that_is_off_is_named(
    financing: Financing, tamper: Callable[[str], None], statement: str, says: str
) -> None:
    tamper(statement)
    assert says.format(pk=financing.pk, seller=financing.seller.external_id) in faults()


def test_a_movement_that_was_given_to_another_financing_is_named(
    financing: Financing, tamper: Callable[[str], None]
) -> None:
    """Movements and balances moved over together: every sum still agrees, only the journal knows whose it was."""
    other = make_financing(number="F-2", contract=make_contract(application=make_application(offer=make_offer())))
    Financing.objects.filter(pk=other.pk).update(
        version=financing.version, pool=financing.pool_id, principal=D(9000), fee=D(360)
    )
    Financing.objects.filter(pk=financing.pk).update(principal=0, fee=0)
    tamper(f"UPDATE repayment_movement SET financing_id = {other.pk}")
    says = f"Movement disbursement of financing F-2 is carried by entry disbursement:{financing.pk}, which is about "
    assert f"{says}financing:{financing.pk}." in faults()


def test_half_a_minor_unit_of_interest_may_wait(financing: Financing) -> None:
    Financing.objects.update(accrued=D("0.005"))
    assert faults() == []


def test_an_entry_that_no_movement_tells_of_is_named(financing: Financing) -> None:
    reverse(entry=Entry.objects.get(), business_date=DAY, at=AT, by=BY)
    assert (
        f"Entry reversal:disbursement:{financing.pk} and the movements that name it differ (principal, fee, interest, "
        "penalty): movements [], ledger [-9000.0000, -360.0000, 0, 0]."
    ) in faults()


def test_a_sweep_that_repaid_nothing_is_named(financing: Financing) -> None:
    make_sweep(seller=Seller.objects.get(pk=financing.seller_id))
    assert Sweep.objects.count() == Movement.objects.count() == 1
    says = (
        f"The sweep of seller {financing.seller.external_id} on 2025-03-14 kept 12.0000; the financings were repaid 0"
    )
    assert faults() == [f"{says} by it."]
