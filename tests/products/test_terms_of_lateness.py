"""Terms of penalties and periods: what makes no sense is refused by the form, and by the database itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction

from apps.repayment.models import NearBreach
from apps.tenants.models import Platform
from tests.factories import make_event, make_near_breach, make_product_version, make_provision_class

D = Decimal
NONSENSE: list[dict[str, Any]] = [
    {"penalty_rate": D("0.1"), "penalty_per_thousand": D("0.5")},
    {"penalty_rate": D(-1)},
    {"penalty_per_thousand": D(10)},
    {"fee_rebate": D("1.1")},
    {"dispute_fee": D(-1)},
    {"maximum_share": D("0.2")},  # of which period?
    {"maximum_share": D("0.1"), "minimum_share": D("0.15"), "period_days": 60},
    {"minimum_pace": D("0.5"), "period_days": 7},
    {"minimum_pace": D("1.5"), "minimum_share": D("0.15"), "period_days": 7},
    {"near_breach_share": D("1.2")},
    {"grace_days": 367},
    {"expected_days": 1831},
    {"minimum_share": D("0.001"), "period_days": 7},
]


@pytest.mark.parametrize("terms", NONSENSE, ids=lambda terms: "+".join(terms))
def test_the_database_refuses_terms_that_make_no_sense(platform: Platform, terms: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_product_version(**terms)
    version = make_product_version()
    for name, value in terms.items():
        setattr(version, name, value)
    with pytest.raises(ValidationError):
        version.full_clean(exclude=["state"])


@pytest.mark.parametrize(
    ("terms", "field"),
    [({"season_shaped": True}, "season_shaped"), ({"near_breach_share": D("0.8")}, "near_breach_checks")],
)
def test_terms_that_lack_their_other_half_are_named(platform: Platform, terms: dict[str, Any], field: str) -> None:
    version = make_product_version(**terms)
    with pytest.raises(ValidationError) as refusal:
        version.full_clean(exclude=["state"])
    assert field in refusal.value.message_dict


def _restructured_alone() -> None:
    make_event(kind="restructure", by="user:1", approved_by="user:1")


def _disputed_nothing() -> None:
    make_event(kind="chargeback")


def _not_behind() -> None:
    make_near_breach(paid=D("62.40"))


def _more_than_all() -> None:
    make_provision_class(rate=D("1.5"))


@pytest.mark.parametrize("wrong", [_restructured_alone, _disputed_nothing, _not_behind, _more_than_all])
def test_the_database_holds_what_code_might_forget(platform: Platform, wrong: Callable[[], None]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong()


@pytest.mark.parametrize("statement", ["UPDATE repayment_nearbreach SET paid = 0", "DELETE FROM repayment_nearbreach"])
def test_what_a_check_found_stays(platform: Platform, statement: str) -> None:
    make_near_breach()
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert NearBreach.objects.get().paid == D(30)
