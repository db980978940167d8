"""A request outside policy, from the seller's wish to the first cent repaid."""

import json
from decimal import Decimal

from apps.financing.models import Application
from apps.financing.services import render_contract
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.tenants.models import Platform
from tests.financing.asking import Desk, asks
from tests.scenarios.scene import Neighbour, Scene

D = Decimal


def test_asked_20000_with_a_limit_of_12000_two_approve_15000(meadow: Platform, neighbour: Neighbour) -> None:
    """200 of sales a day: median month 6,000, grade A, limit 2 x 6,000 = 12,000. Asked: 20,000. Above 10,000 two people
    approve; the first may approve 10,000 alone, the second 50,000. Granted: 15,000 at 4 % = 600, in all 15,600.

    The first sales day, 3 March: 12 % of 1,000 = 120, the fee first: 600 - 120 = 480 of it stay, and the principal."""
    scene = Scene(meadow, daily="200.00")
    desk = Desk(scene.story, scene.today)
    desk.rules(second_above="10000")
    small, large = desk.approver("10000"), desk.approver("50000")
    asked = asks(scene.story, scene.seller, "20000", scene.today)
    assert (asked.decision or {})["figures"]["limit"] == "12000"
    frozen = asked.decision
    assert desk.approves(small, asked, "15000", "For the boxes; the rest in summer.").state == "under_review"
    granted = desk.approves(large, asked, "15000", "For the boxes; the rest in summer.")
    contract = render_contract(contract_id=granted.contract.pk, as_pdf=False, at=scene.story.at(scene.today), by="test")
    terms = json.loads(contract.terms)
    assert [terms[name] for name in ("amount", "fee", "total")] == ["15000", "600.00", "15600.00"]
    financing = scene.story.sign(contract, scene.today)
    scene.financings[""] = financing.pk
    book_payments(on=scene.today)
    match_bank_lines(business_date=scene.today, at=scene.story.at(scene.today), by="test")
    scene.night()
    scene.sells("1000.00")
    scene.night()
    scene.says("""
        day   | state  | net  | sweep | fee | principal | paid out | pool drawn
        03-02 | active | 0    | 0     | 600 | 15000     | 0        | 15000
        03-03 | active | 1000 | 120   | 480 | 15000     | 880      | 15000
    """)
    granted = Application.objects.get(pk=asked.pk)
    assert (granted.state, granted.requested_amount, granted.approved_amount) == ("contracted", D(20000), D(15000))
    assert granted.decision == frozen
    assert {granted.proposed_by, granted.approved_by} == {small.actor, large.actor}
    scene.holds(neighbour)
