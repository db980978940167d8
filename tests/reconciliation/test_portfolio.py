"""The portfolio: rows of a date made by hand-checked examples, proved against the ledger, kept apart by platform."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction

from apps.financing.models import Financing
from apps.ledger.models import Books
from apps.products.models import ProductVersion
from apps.reconciliation.models import LargestSeller, PortfolioDay, PortfolioFlow, PortfolioRow, Standing, Vintage
from apps.reconciliation.portfolio import make_day, make_missing_days, missing_days
from apps.reconciliation.portfolio.behind import ANY_LATE, Figure, financings_behind
from apps.reconciliation.portfolio.making import DayNotMade, month_before
from apps.reconciliation.portfolio.rates import roll_rates
from apps.reconciliation.portfolio.reading import (
    Slice,
    by_bucket,
    flows,
    largest_sellers,
    levels,
    parts,
    proved,
    rolled,
    stands,
    total,
    vintages,
)
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import (
    AT,
    make_application,
    make_assessment,
    make_books,
    make_contract,
    make_financing,
    make_movement,
    make_offer,
    make_pledge,
    make_product_version,
    make_seller,
)
from tests.story import DAY, FIRST, Story

D = Decimal
FEBRUARY, MARCH = date(2025, 2, 28), date(2025, 3, 31)
JANUARY_10 = date(2025, 1, 10)


def lent(
    amount: str, on: date, *, seller: Seller, version: ProductVersion, grade: str = "B", **facts: Any
) -> Financing:
    """A running financing of `amount` without fee, paid out on `on`."""
    assessed_on = on - Assessment.objects.count() * DAY  # one assessment a seller and date
    assessment = make_assessment(seller=seller, grade=grade, business_date=assessed_on)
    offer = make_offer(
        seller=seller, version=version, assessment=assessment, state="paid_out",
        accepted_amount=D(amount), accepted_fee=D(0), accepted_sweep_rate=D("0.12"), accepted_at=AT,
    )  # fmt: skip
    contract = make_contract(application=make_application(offer=offer, state="contracted"))
    row = make_financing(
        contract=contract, amount=D(amount), flat_fee=D(0), principal=D(amount), disbursed_on=on, closed_through=on,
        state="active", **facts,
    )  # fmt: skip
    make_movement(financing=row, business_date=on, principal=D(amount), fee=D(0), outstanding=D(amount))
    return row


def moved(row: Financing, on: date, kind: str, **change: str) -> None:
    """A movement by which `row` owes more or less."""
    amounts = {name: D(amount) for name, amount in change.items()}
    for name, amount in amounts.items():
        setattr(row, name, getattr(row, name) + amount)
    row.save()
    parts_moved = {"principal": D(0), "fee": D(0), **amounts}
    make_movement(financing=row, business_date=on, kind=kind, outstanding=row.outstanding, **parts_moved)


def stands_at(row: Financing, on: date, *, days: int = 0, past_due: str = "0") -> None:
    """The marks that the night of `on` left."""
    row.closed_through, row.days_past_due, row.past_due = on, days, D(past_due)
    row.save()


def closed(through: date) -> None:
    Books.objects.update(frozen_through=through, closed_through=through)


def made(on: date) -> PortfolioDay:
    closed(on)
    return make_day(business_date=on, currency="CNY", at=AT)


@pytest.fixture
def two_months(platform: Platform) -> dict[str, Financing]:
    """Six financings over February and March.

    |    | paid out | drawn | end of February  | end of March               |
    | F1 | 10 Jan   |  1000 | 1000, in time    | 740, in time (260 repaid)  |
    | F2 | 10 Jan   |  2000 | 2000, in time    | 2000, 15 days late         |
    | F3 | 10 Jan   |  3000 | 3000, 10 late    | 3000, 41 days late         |
    | F4 | 20 Dec   |   400 |  400, 40 late    | written off                |
    | F5 | 10 Jan   |   500 |  500, in time    | repaid                     |
    | F6 | 15 Mar   |   700 |                  | 700, in time               |
    """
    make_books(first_date=date(2024, 12, 1))
    tea, cups = (make_seller(name=name, category=name, region="south") for name in ("tea", "cups"))
    version = make_product_version()
    rows = {
        "F1": lent("1000", JANUARY_10, seller=tea, version=version, grade="A"),
        "F2": lent("2000", JANUARY_10, seller=cups, version=version),
        "F3": lent("3000", JANUARY_10, seller=cups, version=version),
        "F4": lent("400", date(2024, 12, 20), seller=cups, version=version),
        "F5": lent("500", JANUARY_10, seller=tea, version=version, grade="A"),
    }
    for name, days in {"F1": 0, "F2": 0, "F3": 10, "F4": 40, "F5": 0}.items():
        stands_at(rows[name], FEBRUARY, days=days, past_due="100" if days else "0")
    made(FEBRUARY)
    rows["F6"] = lent("700", date(2025, 3, 15), seller=tea, version=version, grade="A")
    moved(rows["F1"], MARCH, "sweep", principal="-260")
    moved(rows["F4"], MARCH, "write_off", principal="-400")
    moved(rows["F5"], date(2025, 3, 20), "payment", principal="-500")
    Financing.objects.filter(pk=rows["F4"].pk).update(state="written_off", days_past_due=0)
    Financing.objects.filter(pk=rows["F5"].pk).update(state="repaid", repaid_on=date(2025, 3, 20))
    for name, days in {"F1": 0, "F2": 15, "F3": 41, "F6": 0}.items():
        stands_at(rows[name], MARCH, days=days, past_due="150" if days else "0")
    made(MARCH)
    return rows


def test_buckets_hold_what_stands_in_them(two_months: dict[str, Financing]) -> None:
    day = PortfolioDay.objects.get(business_date=MARCH)
    found = by_bucket(stands(day, Slice()))
    assert {name: (one.financings, one.principal, one.past_due) for name, one in found.items()} == {
        "in_time": (2, D(1440), D(0)),
        "1-30": (1, D(2000), D(150)),
        "31-60": (1, D(3000), D(150)),
        "repaid": (1, D(0), D(0)),
        "written_off": (1, D(0), D(0)),
    }
    earlier = by_bucket(stands(PortfolioDay.objects.get(business_date=FEBRUARY), Slice()))
    assert {name: (one.financings, one.principal) for name, one in earlier.items()} == {
        "in_time": (3, D(3500)),
        "1-30": (1, D(3000)),
        "31-60": (1, D(400)),
    }


def test_roll_rates_are_shares_of_what_was_owed_a_month_before(two_months: dict[str, Financing]) -> None:
    """3,500.00 stood in time: 1,000.00 (F1) still does, 2,000.00 (F2) is late, 500.00 (F5) is repaid."""
    day = PortfolioDay.objects.get(business_date=MARCH)
    assert roll_rates(rolled(stands(day, Slice()))) == {
        ("in_time", "in_time"): D(1000) / D(3500),
        ("in_time", "1-30"): D(2000) / D(3500),
        ("in_time", "repaid"): D(500) / D(3500),
        ("1-30", "31-60"): D(1),
        ("31-60", "written_off"): D(1),
    }
    assert ("new", "in_time") in stands(day, Slice())


def test_vintages_tell_when_money_went_bad(two_months: dict[str, Financing]) -> None:
    """December's 400.00 was more than 30 days late in its second month and written off in its third. Of January's
    6,500.00, F3's 3,000.00 was late in its second month. March's 700.00 is young."""
    day = PortfolioDay.objects.get(business_date=MARCH)
    told = {one.month: (one.financings, one.drawn, one.late, one.lost) for one in vintages(day, Slice())}
    share = D(3000) / D(6500)
    assert told == {
        date(2024, 12, 1): (1, D(400), (D(0), D(0), D(1), D(1)), (D(0), D(0), D(0), D(1))),
        date(2025, 1, 1): (4, D(6500), (D(0), D(0), share), (D(0), D(0), D(0))),
        date(2025, 3, 1): (1, D(700), (D(0),), (D(0),)),
    }
    of_tea = {one.month: one.drawn for one in vintages(day, Slice(category="tea"))}
    assert of_tea == {date(2025, 1, 1): D(1500), date(2025, 3, 1): D(700)}


def test_a_slice_is_narrowed_by_each_dimension_and_its_parts_add_up(two_months: dict[str, Financing]) -> None:
    day = PortfolioDay.objects.get(business_date=MARCH)
    row = two_months["F1"]
    wanted = {
        Slice(): D(6440),
        Slice(grade="A"): D(1440),
        Slice(category="cups"): D(5000),
        Slice(category="cups", grade="A"): D(0),
        Slice(region="south", product=row.version.product_id, pool=row.pool_id): D(6440),
        Slice(region="north"): D(0),
    }
    assert {part: total(stands(day, part).values()).owed for part in wanted} == wanted
    assert [(one.value, one.owed) for one in parts(day, Slice(), "category")] == [
        ("cups", D(5000)),
        ("tea", D(1440)),
    ]
    assert [(one.value, one.financings) for one in parts(day, Slice(category="tea"), "grade")] == [("A", 2)]
    sellers, of = largest_sellers(day, Slice())
    assert [(one.seller.name, one.owed, of) for one in sellers] == [("cups", D(5000), ""), ("tea", D(1440), "")]
    sellers, of = largest_sellers(day, Slice(product=row.version.product_id))
    assert ([one.owed for one in sellers], of) == ([D(5000), D(1440)], "product")


def test_each_figure_opens_to_its_financings_as_they_stood(two_months: dict[str, Financing]) -> None:
    def names(figure: Figure) -> dict[str, Decimal]:
        numbers = {row.pk: name for name, row in two_months.items()}
        return {numbers[row.pk]: row.owed_then for row in financings_behind(figure).order_by("pk")}

    assert names(Figure(MARCH)) == {"F1": D(740), "F2": D(2000), "F3": D(3000), "F6": D(700)}
    assert names(Figure(FEBRUARY)) == {"F1": D(1000), "F2": D(2000), "F3": D(3000), "F4": D(400), "F5": D(500)}
    assert names(Figure(MARCH, bucket=ANY_LATE)) == {"F2": D(2000), "F3": D(3000)}
    assert names(Figure(FEBRUARY, bucket="1-30")) == {"F3": D(3000)}
    assert names(Figure(MARCH, bucket="1-30", before="in_time")) == {"F2": D(2000)}
    assert names(Figure(MARCH, bucket="in_time", before="new")) == {"F6": D(700)}
    assert names(Figure(MARCH, bucket="repaid", before="in_time")) == {"F5": D(0)}
    assert names(Figure(MARCH, month=date(2025, 1, 1), late_by=1)) == {}
    assert names(Figure(MARCH, month=date(2025, 1, 1), late_by=2)) == {"F3": D(3000)}
    assert names(Figure(MARCH, month=date(2024, 12, 1), lost_by=3)) == {"F4": D(0)}
    assert names(Figure(MARCH, since=date(2025, 3, 20))) == {"F1": D(740), "F4": D(0), "F5": D(0)}
    assert names(Figure(MARCH, Slice(category="tea"))) == {"F1": D(740), "F6": D(700)}
    assert names(Figure(MARCH, seller=two_months["F2"].seller_id)) == {"F2": D(2000), "F3": D(3000)}


def test_a_date_is_made_once_in_order_and_only_when_it_is_closed(two_months: dict[str, Financing]) -> None:
    before = list(PortfolioRow.objects.order_by("pk").values())
    again = make_day(business_date=MARCH, currency="CNY", at=AT + timedelta(days=3))
    assert again.made_at == AT
    with pytest.raises(DayNotMade, match="has not closed its day"):
        make_day(business_date=MARCH + DAY, currency="CNY", at=AT)
    with pytest.raises(DayNotMade, match="after 2025-03-01 is made already"):
        make_day(business_date=date(2025, 3, 1), currency="CNY", at=AT)
    assert list(PortfolioRow.objects.order_by("pk").values()) == before
    assert PortfolioDay.objects.count() == 2


def test_days_that_were_missed_are_made_up_for_and_say_so(two_months: dict[str, Financing]) -> None:
    """F2 pays 500.00 on 2 April; the worker comes back that night. On 1 April F2 owed 2,000.00, 16 days late."""
    moved(two_months["F2"], MARCH + 2 * DAY, "sweep", principal="-500")
    for name, days in {"F1": 0, "F2": 17, "F3": 43, "F6": 0}.items():
        two_months[name].refresh_from_db()
        stands_at(two_months[name], MARCH + 2 * DAY, days=days, past_due="150" if days else "0")
    closed(MARCH + 2 * DAY)
    assert missing_days() == [MARCH + DAY, MARCH + 2 * DAY]
    late, on_time = make_missing_days(currency="CNY", at=AT)
    assert (late.marks_through, on_time.marks_through) == (MARCH + 2 * DAY, MARCH + 2 * DAY)
    assert by_bucket(stands(late, Slice()))["1-30"].principal == D(2000)
    assert by_bucket(stands(on_time, Slice()))["1-30"].principal == D(1500)
    assert [one.collected for one in flows(MARCH, MARCH + 2 * DAY, Slice())] == [D(260), D(0), D(500)]
    assert missing_days() == []


def test_expected_is_pace_instalment_or_all_on_the_last_day(platform: Platform) -> None:
    """A pace of 12 % of 300.00 a day; 20.00 left of another; a third paused; a loan of 600.00 due that day."""
    make_books(first_date=date(2025, 1, 1))
    seller, version = make_seller(), make_product_version()
    lent("1000", JANUARY_10, seller=seller, version=version)
    small = lent("20", JANUARY_10, seller=seller, version=version)
    lent("900", JANUARY_10, seller=seller, version=version, paused_until=FEBRUARY)
    lent("600", JANUARY_10, seller=seller, version=version, due_on=FEBRUARY)
    lent("800", JANUARY_10, seller=seller, version=version, due_on=MARCH)
    moved(small, FEBRUARY, "sweep", principal="-20")
    Financing.objects.filter(pk=small.pk).update(state="repaid", repaid_on=FEBRUARY)
    made(FEBRUARY)
    (flow,) = flows(FEBRUARY, FEBRUARY, Slice())
    assert (flow.expected, flow.collected) == (D(36) + D(20) + D(600), D(20))


def test_goods_say_how_much_is_owed_against_them(platform: Platform) -> None:
    """1,000.00 owed against goods worth 2,000.00 that lend at most 60 %: 50 %, and room for 200.00 more."""
    make_books(first_date=date(2025, 1, 1))
    row = lent("1000", JANUARY_10, seller=make_seller(), version=make_product_version())
    make_pledge(
        subject=f"financing:{row.pk}", state="pledged", warehouse_confirmed_by="user:1",
        financier_confirmed_by="user:2",
        valued_on=FEBRUARY, value=D(2000), lendable=D(1500), outstanding=D(1000), limit=D("0.6"),
    )  # fmt: skip
    stand = total(stands(made(FEBRUARY), Slice()).values())
    assert (stand.ratio, stand.goods_room) == (D("0.5"), D(200))


def test_what_was_made_stays(two_months: dict[str, Financing]) -> None:
    for table in ("portfolioday", "portfoliorow", "portfolioflow", "largestseller"):
        for verb in ("UPDATE reconciliation_{} SET id = id", "DELETE FROM reconciliation_{}"):
            with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(verb.format(table))
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Standing.objects.update(bucket="1-30")
    assert PortfolioRow.objects.count() > 0


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2025, 3, 31), date(2025, 2, 28)),
        (date(2024, 3, 30), date(2024, 2, 29)),
        (date(2025, 1, 15), date(2024, 12, 15)),
    ],
)
def test_a_month_before_is_the_same_day_or_the_months_last(day: date, before: date) -> None:
    assert month_before(day) == before


def test_real_nights_prove_to_the_ledger_and_each_platform_has_its_own(
    two_platforms: tuple[Platform, Platform],
) -> None:
    """On meadow 1,000.00 is drawn for a fee of 40.00 and 320.00 comes back, the fee first. Harbor lends nothing."""
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        Story(harbor).night(FIRST)
        assert make_missing_days(currency="BRL", at=AT) == []
    with entered(meadow.schema_name):
        story = Story(meadow)
        seller = story.seller()
        story.night(FIRST)
        story.draw(story.offer(seller), "1000", FIRST + DAY)
        told = []
        for number, sales in enumerate(("100.00", "3000.00", "900.00"), start=1):
            story.settle(FIRST + number * DAY, seller, sales)
            story.night(FIRST + number * DAY)
            (day,) = make_missing_days(currency="CNY", at=story.at(FIRST + (number + 1) * DAY))
            assert [one for one in proved(day) if one.difference] == []
            (flow,) = flows(day.business_date, day.business_date, Slice())
            (held,) = PortfolioRow.objects.filter(day=day)
            of_rows = Slice(grade=held.grade, category=held.category, region=held.region)
            assert flows(day.business_date, day.business_date, of_rows) == [flow]
            of_flows = Slice(product=held.product_id, pool=held.pool_id)
            assert flows(day.business_date, day.business_date, of_flows) == [flow]
            level = levels([day.business_date], Slice())[day.business_date]
            told.append((level.owed, flow.income, flow.collected))
        row = Financing.objects.get()
        assert row.outstanding == told[-1][0] > 0
        assert told[0] == (D(1040), D(0), D(0))
        assert sum(income for _owed, income, _collected in told) == D(40)
        assert sum(collected for _owed, _income, collected in told) == D(1040) - row.outstanding
        names = {one.name: (one.rows, one.ledger) for one in proved(day)}
        assert names["principal"] == (row.principal, row.principal)
    with entered(harbor.schema_name):
        for model in (PortfolioDay, PortfolioRow, PortfolioFlow, Standing, Vintage, LargestSeller):
            assert not model._default_manager.exists()


def test_a_row_changed_by_hand_opens_the_proof(two_platforms: tuple[Platform, Platform]) -> None:
    with entered(two_platforms[0].schema_name):
        story = Story(two_platforms[0])
        seller = story.seller()
        story.night(FIRST)
        story.draw(story.offer(seller), "1000", FIRST + DAY)
        story.night(FIRST + DAY)
        Financing.objects.update(principal=D("999.99"))
        (day,) = make_missing_days(currency="CNY", at=AT)
        assert {one.name: one.difference for one in proved(day) if one.difference} == {"principal": D("-0.01")}
