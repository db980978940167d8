"""What a program is told about repaying early: the figures of the page, for the days of the page, of own rows only."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from apps.core.wording import day_text
from apps.financing.models import Financing
from apps.portal.quotes import quote_of
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import DAY as DAY_OF_ROWS
from tests.factories import make_contract, make_financing, make_product_version, make_seller, make_user
from tests.story import DAY

D = Decimal
Clients = Callable[..., PlatformClient]


@pytest.fixture
def today(platform: Platform) -> date:
    return platform.business_date(datetime.now(UTC))


@pytest.fixture
def financing(platform: Platform, today: date) -> Financing:
    """1,000 at 12 % a year (ACT/360) and a fee of 36, drawn ten days ago for 60; half the fee of the days not used goes
    back. Interest has run through yesterday: nine days, 3.00."""
    version = make_product_version(
        annual_rate=D("0.12"), day_count="ACT/360", fee_rate=D("0.036"), sweep_rate=0, fee_rebate=D("0.5")
    )
    contract = make_contract()
    contract.application.offer.version = version
    contract.application.offer.save()
    begun = today - 10 * DAY
    return make_financing(
        contract=contract, version=version, technique="receivable", state="active", amount=D(1000), flat_fee=D(36),
        principal=D(1000), fee=D(36), interest=D(3), accrued=D(3), accrued_posted=D(3), disbursed_on=begun,
        due_on=begun + 60 * DAY, closed_through=today - DAY,
    )  # fmt: skip


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def test_the_quote_says_the_parts_the_rebate_the_sum_and_until_when(
    platform: Platform, financing: Financing, today: date, client_of: Clients
) -> None:
    """In ten days: 3.00 + 11 days x 1,000 x 12 % / 360 = 6.67 of interest; 40 of 60 days are not used, so
    36 x 0.5 x 40 / 60 = 12.00 of the fee goes back."""
    staff = client_of(platform, make_user(role=Role.STAFF))
    address = f"/api/financings/{financing.pk}/early-repayment/"
    on = today + 10 * DAY
    answer = staff.get(address, {"on": str(on)})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "financing": financing.number, "on": str(on), "holds_until": f"{on + DAY}T00:00:00+08:00",
        "principal": money("1000.00"), "fee": money("24.00"), "interest": money("6.67"), "penalty": money("0.00"),
        "fee_rebate": money("12.00"), "total": money("1030.67"),
    }  # fmt: skip
    assert staff.get(address).json() == staff.get(address, {"on": str(today)}).json()
    for day in (today, today + DAY, today + 50 * DAY, today + 366 * DAY):
        on_the_page = quote_of(financing, {"on": str(day)}, today)
        assert on_the_page is not None
        told = staff.get(address, {"on": str(day)}).json()
        assert {name: D(told[name]["amount"]) for name in on_the_page.owed._fields} == on_the_page.owed._asdict()
        assert D(told["total"]["amount"]) == on_the_page.owed.total
    assert (staff.post(address).status_code, Movement.objects.count()) == (405, 0)


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ("tomorrow", 400, "wrong format"),
        ("", 400, "wrong format"),
        ("2026-02-30", 400, "wrong format"),
        ("\x00", 400, "wrong format"),
        ("0001-01-01", 422, "Choose a day from"),
        ("9999-12-31", 422, "Choose a day from"),
        ("yesterday", 422, "Choose a day from"),
        ("too far", 422, "Choose a day from"),
    ],
)
def test_a_day_that_is_not_quoted_is_answered_in_words(
    platform: Platform, financing: Financing, today: date, client_of: Clients, asked: str, status: int, says: str
) -> None:
    """The first and the last day stand in the sentence."""
    days = {"yesterday": str(today - DAY), "too far": str(today + 367 * DAY)}
    staff = client_of(platform, make_user(role=Role.STAFF))
    answer = staff.get(f"/api/financings/{financing.pk}/early-repayment/", {"on": days.get(asked, asked)})
    assert (answer.status_code, says in answer.content.decode()) == (status, True), answer.content
    if status == 422:
        first, last = day_text(today), day_text(today + 366 * DAY)
        assert answer.json() == {"detail": f"Choose a day from {first} through {last}."}


def test_who_asks_for_a_row_that_is_not_theirs_is_told_the_same_as_for_none(
    two_platforms: tuple[Platform, Platform], client_of: Clients
) -> None:
    meadow, _harbor = two_platforms
    with entered("harbor"):
        in_harbor = make_financing(pk=700_001, state="active", disbursed_on=DAY_OF_ROWS).pk
    with entered("meadow"):
        waiting = make_financing()
        mine = make_user(role=Role.SELLER)
        make_seller(user=mine)
        seller, staff = client_of(meadow, mine), client_of(meadow, make_user(role=Role.STAFF))

        def told(client: PlatformClient, key: int) -> tuple[int, Any]:
            answer = client.get(f"/api/financings/{key}/early-repayment/")
            return answer.status_code, answer.json()

        nobody = (404, {"detail": "No Financing matches the given query."})
        assert {key: told(seller, key) for key in (waiting.pk, in_harbor, 700_009)} == dict.fromkeys(
            (waiting.pk, in_harbor, 700_009), nobody
        )
        assert told(staff, in_harbor) == nobody
        assert told(staff, waiting.pk) == (
            422, {"detail": f"{waiting.number} does not run, so there is nothing to repay."}
        )  # fmt: skip
        assert told(client_of(meadow), waiting.pk)[0] == 403


def test_the_description_of_the_api_is_valid_and_has_the_quote(platform: Platform) -> None:
    generator = SchemaGenerator(urlconf="config.urls_tenant")  # type: ignore[no-untyped-call]
    schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(schema)  # type: ignore[no-untyped-call]
    quote = schema["paths"]["/api/financings/{financing_id}/early-repayment/"]["get"]
    assert {(one["name"], one["in"], one["schema"]["type"]) for one in quote["parameters"]} == {
        ("financing_id", "path", "integer"), ("on", "query", "string"),
    }  # fmt: skip
    assert set(quote["responses"]) == {"200", "422"}
    assert set(schema["components"]["schemas"]["EarlyRepayment"]["properties"]) >= {
        "total",
        "fee_rebate",
        "holds_until",
    }
