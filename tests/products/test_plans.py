"""Instalments as terms of a product: what does not make sense is said about its field, and refused by the database."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.financing.instalments import draw_up, due_dates_of, fees_of
from apps.products.models import ProductVersion
from apps.products.plan import Plan
from apps.products.terms import DEFAULT_WATERFALL, ORDER, RECEIVABLE, SALES
from apps.tenants.models import Platform
from tests.factories import make_financing_product, make_product_version

D = Decimal
LOAN: dict[str, Any] = {"annual_rate": D("0.12"), "fee_rate": D(0), "instalments": 6, "sweep_rate": D("0.5"),
                        "repayment_method": "equal_instalments"}  # fmt: skip


def draft(technique: str = ORDER, **terms: Any) -> ProductVersion:
    product = make_financing_product(technique=technique)
    return make_product_version(product=product, state="draft", approved_by="", **{**LOAN, **terms})


def test_a_plan_that_makes_sense_is_a_frozen_value(platform: Platform) -> None:
    version = draft(due_day=5, instalment_fee=D(2), in_advance="last")
    version.full_clean(exclude=["state"])
    assert version.terms.plan == Plan("equal_instalments", 6, due_day=5, in_advance="last", fee=D(2))
    assert make_product_version().terms.plan is None  # an advance on sales has none


@pytest.mark.parametrize(
    ("technique", "terms", "field", "words"),
    [
        (SALES, {"annual_rate": D(0)}, "instalments", "leave the instalments at 0"),
        (RECEIVABLE, {"advance_rate": D("0.8"), "settlement_days": 14}, "instalments", "leave the instalments at 0"),
        (ORDER, {"instalments": 0, "repayment_method": ""}, "instalments", "say how many"),
        (ORDER, {"instalments": 0}, "instalments", "say how many"),
        (ORDER, {"instalments": 121}, "instalments", "At most 120"),
        (ORDER, {"repayment_method": ""}, "repayment_method", "how the instalments are reckoned"),
        (ORDER, {"instalment_every": 0}, "instalment_every", "at least one week or month"),
        (ORDER, {"due_day": 32}, "due_day", "from 1 to 31"),
        (ORDER, {"due_day": 5, "instalment_unit": "weeks"}, "due_day", "goes with months"),
        (ORDER, {"principal_grace": 6}, "principal_grace", "At least one instalment must ask for principal"),
        (ORDER, {"interest_grace": 6}, "interest_grace", "At least one instalment must ask for interest"),
        (ORDER, {"repayment_method": "bullet", "interest_grace": 1}, "interest_grace", "due at the end"),
        (ORDER, {"repayment_method": "bullet", "principal_grace": 1}, "principal_grace", "due at the end"),
        (ORDER, {"repayment_method": "interest_only", "annual_rate": D(0)}, "annual_rate", "needs a rate"),
        (ORDER, {"period_days": 60}, "period_days", "due dates of their own"),
        (ORDER, {"minimum_share": D("0.1")}, "minimum_share", "says what is due"),
        (ORDER, {"minimum_pace": D("1.5")}, "minimum_pace", "says what is due"),
        (ORDER, {"maximum_share": D("0.3")}, "maximum_share", "no more than the instalments"),
        (ORDER, {"season_shaped": True}, "season_shaped", "do not follow the seasons"),
        (ORDER, {"near_breach_share": D("0.8"), "near_breach_checks": 2}, "near_breach_share", "nothing to warn of"),
        (ORDER, {"near_breach_checks": 2}, "near_breach_checks", "nothing to warn of"),
        (ORDER, {"fee_rebate": D(1)}, "fee_rebate", "part by part"),
        (ORDER, {"waterfall": list(DEFAULT_WATERFALL[::-1])}, "waterfall", "past due, then what is due"),
        (
            ORDER,
            {"repayment_method": "equal_principal", "instalment_rounding": "whole"},
            "instalment_rounding",
            "Only equal instalments",
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_said_about_its_field(
    platform: Platform, technique: str, terms: dict[str, Any], field: str, words: str
) -> None:
    version = ProductVersion(
        product=make_financing_product(technique=technique), number=1, minimum_amount=D(100), maximum_amount=D(1000),
        expected_days=90, **{**LOAN, **terms},
    )  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        version.clean()
    assert words in " ".join(refusal.value.message_dict[field])


@pytest.mark.parametrize(
    "terms",
    [
        {"instalments": 0}, {"repayment_method": ""}, {"repayment_method": "by_feel"}, {"instalments": 121},
        {"principal_grace": 6}, {"interest_grace": 7}, {"instalment_every": 0}, {"instalment_unit": "days"},
        {"due_day": 32}, {"due_day": 5, "instalment_unit": "weeks"}, {"instalment_rounding": "down"},
        {"in_advance": "anywhere"}, {"waterfall_mode": "diagonal"}, {"instalment_fee": D(-1)},
        {"period_days": 60}, {"minimum_share": D("0.1")}, {"season_shaped": True}, {"fee_rebate": D("0.5")},
        {"near_breach_share": D("0.8")}, {"near_breach_checks": 2}, {"maximum_share": D("0.3"), "period_days": 30},
    ],
)  # fmt: skip
def test_the_database_refuses_it_too(platform: Platform, terms: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(**terms)
    assert not ProductVersion.objects.filter(instalments__gt=0).exists()


def test_what_is_active_keeps_its_plan(platform: Platform) -> None:
    version = draft()
    ProductVersion.objects.filter(pk=version.pk).update(state="in_review")
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(instalments=12)


@pytest.mark.parametrize(
    ("plan", "start", "dues"),
    [
        (Plan("equal_principal", 3), date(2025, 1, 31), ["02-28", "03-31", "04-30"]),
        (Plan("equal_principal", 3, due_day=31), date(2025, 1, 10), ["02-28", "03-31", "04-30"]),
        (Plan("equal_principal", 2, due_day=5), date(2025, 1, 28), ["03-05", "04-05"]),  # 5 February is 8 days off
        (Plan("equal_principal", 2, due_day=5), date(2025, 1, 20), ["02-05", "03-05"]),
        (Plan("equal_principal", 3, every=2, unit="weeks"), date(2025, 1, 31), ["02-14", "02-28", "03-14"]),
        (Plan("bullet", 3), date(2024, 11, 30), ["02-28"]),
    ],
)
def test_due_dates_keep_their_day(plan: Plan, start: date, dues: list[str]) -> None:
    assert [f"{due:%m-%d}" for due in due_dates_of(plan, start)] == dues


def test_each_rounding_and_each_grace_does_what_it_says(platform: Platform) -> None:
    """6,000 from 31 January 2025 at 12 % a year, ACT/365F."""

    def amounts(**terms: Any) -> list[str]:
        of = draft(**terms).terms
        rows = draw_up(of, D(6000), fees_of(of, D(0)), date(2025, 1, 31))
        return [f"{row.principal + 0:.2f}+{row.interest + 0:.2f}" for row in rows]

    # 28, 31 and 30 days: 6,000 x 1.0092055 x 1.0101918 x 1.0098630 / 3.0300184 = 2,038.69
    assert amounts(instalments=3) == ["1983.46+55.23", "1997.75+40.94", "2018.79+19.91"]
    assert amounts(instalments=5)[0] == "1180.18+55.23"  # 1,235.41
    assert amounts(instalments=5, instalment_rounding="whole")[0] == "1179.77+55.23"  # 1,235
    assert amounts(instalments=5, instalment_rounding="up")[0] == "1180.77+55.23"  # 1,236
    assert amounts(instalments=3, principal_grace=1) == ["0.00+55.23", "2984.30+61.15", "3015.70+29.74"]
    assert amounts(instalments=3, interest_grace=1) == ["2038.69+0.00", "1943.09+95.60", "2018.22+19.91"]
    assert amounts(instalments=3, repayment_method="equal_principal")[0] == "2000.00+55.23"
    assert amounts(instalments=3, repayment_method="interest_only")[-1] == "6000.00+59.18"
    assert amounts(instalments=3, repayment_method="bullet") == ["6000.00+175.56"]
