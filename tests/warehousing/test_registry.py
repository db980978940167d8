"""The blind registry: a second platform learns that goods are encumbered, and nothing else."""

import io
import logging
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.models import Encumbrance, Platform
from apps.tenants.services import entered
from apps.warehousing.identity import Lot, bands, identities
from apps.warehousing.models import Pledge, PledgedReceipt, WarehouseReceipt
from apps.warehousing.refusals import Encumbered
from apps.warehousing.services import cancel_request, release_all
from apps.warehousing.units import PackWeights
from tests.factories import make_particulars, make_warehouse
from tests.warehousing.pledging import AT, DAY, FARMER, asked, bales, cotton_costs, pledged

D = Decimal
LOT = Lot("91-3300", "cotton", "L-7", "cold-9", "3128B", D(1000), "kg")
OLD, NEW = {"2026": "aa" * 32}, {"2027": "bb" * 32}


def in_cold_nine(weight: str = "1000", grade: str = "3128") -> list[WarehouseReceipt]:
    """The same lot, as either platform has it on paper."""
    cotton_costs("10.00")
    return bales(
        1,
        farmer=make_particulars(number="91-3300").seller,
        warehouse=make_warehouse(code="cold-9"),
        weight=weight,
        grade=grade,
    )


@pytest.fixture
def held(two_platforms: tuple[Platform, Platform]) -> Iterator[Platform]:
    """Meadow has the lot in pledge; harbor is asked for it too."""
    with entered("meadow"):
        pledged(in_cold_nine())
    with entered("harbor") as harbor:
        yield harbor


def test_a_second_platform_learns_that_the_goods_are_encumbered_and_nothing_else(held: Platform) -> None:
    receipts = in_cold_nine()
    with pytest.raises(Encumbered) as refusal:
        asked(receipts)
    assert str(refusal.value) == (
        "The goods of cold-9-1 are already encumbered. Nothing was changed. Choose other receipts, or ask the "
        "warehouse."
    )
    assert not Pledge.objects.exists()
    assert not PledgedReceipt.objects.exists()
    assert Encumbrance.objects.count() == 2  # the two bands of the one lot, as before


def test_ones_own_and_anothers_goods_are_refused_by_the_same_words_after_the_same_statements(held: Platform) -> None:
    def refused(receipts: list[WarehouseReceipt]) -> tuple[str, list[str]]:
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            pytest.raises(Encumbered) as refusal,
        ):
            asked(receipts, number="P-9")
        words = str(refusal.value).replace(receipts[0].number, "N")
        asked_of_tables = [sql for query in queries if (sql := query["sql"].strip()).startswith(("SELECT", "INSERT"))]
        return words, [sql[:60] for sql in asked_of_tables]

    theirs = in_cold_nine()
    own = bales(1)
    asked(own)
    assert refused(theirs) == refused(own)


def test_what_is_released_or_cancelled_is_free_for_others(held: Platform) -> None:
    with entered("meadow"):
        release_all(pledges=list(Pledge.objects.all()), reason="repaid", on=DAY, at=AT, by="night")
    assert not Encumbrance.objects.exists()
    pledge = asked(in_cold_nine())
    with entered("meadow"), pytest.raises(Encumbered):
        asked(list(WarehouseReceipt.objects.all()), number="P-2")
    cancel_request(pledge_id=pledge.pk, reason="no", on=DAY, at=AT, by=FARMER)
    with entered("meadow"):
        assert asked(list(WarehouseReceipt.objects.all()), number="P-2").state == "requested"


@pytest.mark.parametrize("weight", ["999.9", "1000.1", "1220", "820"])
def test_a_weight_near_the_first_one_is_the_same_lot(held: Platform, weight: str) -> None:
    with pytest.raises(Encumbered):
        asked(in_cold_nine(weight=weight))


def test_another_lot_grade_warehouse_or_owner_is_other_goods(held: Platform) -> None:
    assert asked(in_cold_nine(grade="4128")).state == "requested"
    assert asked(bales(1, tax_number="91-3300"), number="P-2").state == "requested"


def test_a_part_cannot_be_pledged_elsewhere_but_here_it_can(held: Platform) -> None:
    with entered("meadow"):
        release_all(pledges=list(Pledge.objects.all()), reason="repaid", on=DAY, at=AT, by="night")
        (whole,) = WarehouseReceipt.objects.all()
        whole.move("split", at=AT, by=FARMER)
        parts = [
            WarehouseReceipt.objects.create(
                **{
                    field.attname: getattr(whole, field.attname)
                    for field in whole._meta.concrete_fields
                    if field.name not in {"id", "number", "weight", "parent", "state"}
                },
                number=f"{whole.number}/{part}",
                weight=D(500),
                parent=whole,
                state="issued",
            )
            for part in (1, 2)
        ]
        first, second = pledged(parts[:1], number="P-2"), pledged(parts[1:], number="P-3")
    theirs = in_cold_nine()
    with pytest.raises(Encumbered):
        asked(theirs)
    with entered("meadow"):
        release_all(pledges=[first], reason="repaid", on=DAY, at=AT, by="night")
    with pytest.raises(Encumbered):
        asked(theirs)  # the other part is still held
    with entered("meadow"):
        release_all(pledges=[second], reason="repaid", on=DAY, at=AT, by="night")
    assert asked(theirs).state == "requested"


def test_keys_change_without_losing_a_match(held: Platform, settings: object) -> None:
    theirs = in_cold_nine()
    settings.REGISTRY_KEYS = {**settings.REGISTRY_KEYS, **NEW}  # type: ignore[attr-defined]
    (old,) = set(settings.REGISTRY_KEYS) - set(NEW)  # type: ignore[attr-defined]
    with pytest.raises(Encumbered):
        asked(theirs)  # by the old key
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("retire_registry_key", old)
    for _twice in range(2):
        call_command("rekey_registry", platform="meadow", stdout=io.StringIO())
        call_command("rekey_registry", platform="harbor", stdout=io.StringIO())
    assert Encumbrance.objects.filter(key="2027").count() == Encumbrance.objects.filter(key=old).count() == 2
    call_command("retire_registry_key", old, stdout=io.StringIO())
    settings.REGISTRY_KEYS = NEW  # type: ignore[attr-defined]
    with pytest.raises(Encumbered):
        asked(theirs)  # by the new one
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("retire_registry_key", "2027")
    with entered("meadow"):
        release_all(pledges=list(Pledge.objects.all()), reason="repaid", on=DAY, at=AT, by="night")
    assert not Encumbrance.objects.exists()


def test_nothing_of_it_is_written_in_logs_or_readable_in_the_table(
    held: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="granary"), pytest.raises(Encumbered):
        asked(in_cold_nine())
    assert "91-3300" not in caplog.text
    for row in Encumbrance.objects.all():
        assert (len(row.digest), len(row.holder)) == (32, 32)
        assert b"meadow" not in bytes(row.holder)


def test_one_lot_written_in_many_ways_is_one() -> None:
    written = LOT._replace(tax_id="９１ 3300", lot="l7", warehouse="Cold 9", grade="3128b", weight=D(2000), unit="jin")
    assert identities(written, PackWeights()) == identities(LOT, PackWeights())
    assert identities(LOT._replace(lot="L-8"), PackWeights()) != identities(LOT, PackWeights())


@given(
    st.decimals(min_value="0.001", max_value=10**9, places=3),
    st.decimals(min_value=1, max_value="1.2247", places=6),
)
def test_weights_within_half_a_band_always_share_one_wherever_the_edges_are(weight: Decimal, apart: Decimal) -> None:
    assert set(bands(weight)) & set(bands(weight * apart))


@given(st.decimals(min_value="0.001", max_value=10**9, places=3))
def test_weights_more_than_a_band_apart_share_none(weight: Decimal) -> None:
    assert not set(bands(weight)) & set(bands(weight * D("1.500001")))
