"""A night killed in each of its named steps, one after the other, leaves the books of the same night undisturbed."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time

from apps.core.states import log_birth
from apps.financing.models import Financing
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.plan import NIGHT as STEPS
from apps.reconciliation.rehearsal import FIRST, NIGHT, close, prepare
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.services import confirm_pledge, count_goods
from tests.factories import make_particulars, make_seller, make_user, make_warehouse, unique
from tests.reconciliation.test_faults import books_of
from tests.warehousing.goods import COTTON, issued
from tests.warehousing.pledging import CLERK, OFFICER, asked, bales, cotton_costs

ALL = [step for work in STEPS for step in work.steps]
# Steps that run over their pieces in this night and find nothing to change.
WITH_NOTHING_TO_DO = {"age_orders", "contracts", "match"}


def busy(platform: Platform) -> None:
    """The eve of a night in which every step has a piece: goods in pledge, a receipt that ends, sellers with phones."""
    prepare(platform, sellers=6)
    with entered(platform.schema_name):
        for seller in Seller.objects.order_by("pk")[:3]:
            seller.user = make_user(role=Role.SELLER)
            seller.save()
        farmer = make_particulars(
            seller=make_seller(external_id="farmer", name="Farmer"),
            number=unique("T"),  # else the registry of all platforms says that these goods are pledged elsewhere
        ).seller
        log_birth([farmer], at=datetime.combine(FIRST, time(10), tzinfo=platform.zone), by="test")
        warehouse = make_warehouse(code="W1")
        cotton_costs("10", on=FIRST)
        receipts = bales(2, farmer=farmer, warehouse=warehouse)
        at = datetime.combine(NIGHT, time(10), tzinfo=platform.zone)
        pledge = asked(receipts, subject=f"financing:{Financing.objects.order_by('pk')[0].pk}", on=NIGHT, at=at)
        weights = {one.pk: one.weight for one in receipts if one.weight is not None}
        count_goods(pledge_id=pledge.pk, warehouse_id=warehouse.pk, counted=weights, on=NIGHT, at=at, by=CLERK)
        confirm_pledge(pledge_id=pledge.pk, on=NIGHT, at=at, by=OFFICER)
        issued(
            number="W1-ends", depositor=farmer, warehouse=warehouse, goods=replace(COTTON, lot="ends"),
            valid_until=NIGHT,
        )  # fmt: skip


def test_killed_in_each_step_and_begun_again_the_books_are_the_same(
    fresh_platform: Callable[..., Platform], child_environment: dict[str, str]
) -> None:
    quiet, killed = (fresh_platform(opened_on=FIRST) for _platform in range(2))
    for platform in (quiet, killed):
        busy(platform)
    with entered(quiet.schema_name):
        assert close(quiet).state == "balanced"
        undisturbed = book_lines()
    command = [sys.executable, "-m", "tests.reconciliation.killed_night", killed.schema_name, *ALL]
    told = subprocess.run(command, env=child_environment, capture_output=True, text=True, timeout=300, check=True)
    assert told.stdout.splitlines() == [f"{step} SIGKILL" for step in ALL], told.stderr
    with entered(killed.schema_name):
        run = NightlyRun.objects.get(business_date=NIGHT)
        assert not run.is_over
        assert [piece.work for piece in run.chunks.filter(done_at=None)] == ["messages"], "all but the last step stays"
        assert WarehouseReceipt.objects.get(number="W1-ends").state == "expired"
        run = close(killed)
        steps = {step.name: step for step in run.steps.all()}
        assert {step.state for step in steps.values()} == {"done"}
        assert {name for name in ALL if not steps[name].done} == WITH_NOTHING_TO_DO
    assert first_difference(undisturbed, books_of(killed)) is None
