"""Pools in the admin: limits, withdrawals by two people, the statement, plans of who funds what."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.evidence.models import Record
from apps.financing.models import AllocationPlan
from apps.ledger import calendar
from apps.products.funding import commit_funding
from apps.products.models import FinancingProduct, Funder, FundingPool, PoolLimit, Withdrawal
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import (
    make_financing_product,
    make_funding_pool,
    make_offer,
    make_participation,
    make_product_version,
    make_share,
    make_user,
)

SignedIn = Callable[..., PlatformClient]
D = Decimal
PAID_TO = {"holder": "Riverbank Credit", "number": "6222 0212 3456 7894", "bank": "Bank of Rivers", "bic": ""}


def funded(platform: Platform, amount: str = "10000") -> FundingPool:
    """A pool whose money the bank has booked, on books that are open today."""
    today = platform.business_date(timezone.now())
    calendar.open_books(first_date=today)
    pool = make_funding_pool(committed=0, cost_rate=D("0.06"))
    return commit_funding(
        pool_id=pool.pk, amount=D(amount), reference="opening", business_date=today, at=timezone.now(), by="user:1"
    )


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split()).replace("\xa0", " ")


def errors(answer: Any) -> str:
    return str([*answer.context["errors"]])


def add(model: str) -> str:
    return reverse(f"admin:{model}_add")


def test_a_limit_from_the_form_to_the_page_of_its_pool(signed_in: SignedIn, platform: Platform) -> None:
    pool, financier = funded(platform), signed_in(Role.FINANCIER)
    typed = {"pool": pool.pk, "kind": "grade", "value": "B", "most_share": "20", "because": "spread"}
    wrong = financier.post(add("products_poollimit"), typed)
    assert wrong.status_code == 200
    assert not PoolLimit.objects.exists()
    unknown = typed | {"kind": "seller", "value": "nobody", "most_share": "", "most": "500"}
    assert "no product or seller here" in errors(financier.post(add("products_poollimit"), unknown))
    done = financier.post(add("products_poollimit"), typed | {"most_share": "20%", "is_in_force": "on"})
    assert done.status_code == 302
    limit = PoolLimit.objects.get()
    assert (limit.most_share, limit.set_by.startswith("user:")) == (D("0.2"), True)
    page = text(financier.get(reverse("admin:products_fundingpool_change", args=[pool.pk])))
    assert "2,000.00" in page  # a fifth of what is committed
    listed = text(financier.get(reverse("admin:products_poollimit_changelist")))
    assert "20% of what is committed" in listed


def test_a_funder_that_cannot_be_is_told_why(signed_in: SignedIn, platform: Platform) -> None:
    funded(platform)
    product = make_financing_product()
    other = make_funding_pool(currency="BRL")
    financier = signed_in(Role.FINANCIER)
    asked = {"product": product.pk, "part": "first_loss", "share": "10%", "is_in_force": "on"}
    for pool, why in ((product.pool, "own pool"), (other, "another currency")):
        assert why in errors(financier.post(add("products_funder"), asked | {"pool": pool.pk}))
    good = asked | {"pool": make_funding_pool().pk}
    assert "more than 0" in errors(financier.post(add("products_funder"), good | {"share": "0"}))
    assert financier.post(add("products_funder"), good).status_code == 302
    too_much = asked | {"pool": make_funding_pool().pk, "share": "90%"}
    assert "leave something" in errors(financier.post(add("products_funder"), too_much))
    assert Funder.objects.count() == 1
    assert Record.objects.filter(kind="funder_set").count() == 1


def test_a_withdrawal_takes_two_people(signed_in: SignedIn, platform: Platform) -> None:
    pool = funded(platform)
    maker, checker = make_user(role=Role.FINANCIER), make_user(role=Role.APPROVER)
    asks, decides = signed_in(user=maker), signed_in(user=checker)
    typed = {
        "pool": pool.pk,
        "of": "capital",
        "amount": "4000",
        "reference": "R-1",
        "reason": "lent elsewhere",
        **PAID_TO,
    }
    refused = asks.post(add("products_withdrawal"), typed | {"amount": "10000.01"})
    assert "neither lent nor promised" in errors(refused)
    assert "check digit" in errors(asks.post(add("products_withdrawal"), typed | {"number": "6222 0212 3456 7890"}))
    assert not Withdrawal.objects.exists()
    assert decides.get(add("products_withdrawal")).status_code == 403
    assert asks.post(add("products_withdrawal"), typed).status_code == 302
    one = Withdrawal.objects.get()
    address = reverse("admin:products_withdrawal_change", args=[one.pk])
    assert "Approve and send" not in text(asks.get(address))
    seen = text(decides.get(address))
    assert "Approve and send" in seen
    assert "6222021234567894" in seen  # in full, so that it can be compared
    assert "4,000.00" in seen
    step = reverse("admin:products_withdrawal_step", args=[one.pk, "approve"])
    assert "Ask a colleague" in text(asks.post(step, follow=True))
    assert one.instruction.batch is not None
    decides.post(step)
    one.instruction.batch.refresh_from_db()
    assert (one.instruction.batch.state, one.instruction.batch.approved_by) == ("sent", checker.actor)
    pool.refresh_from_db()
    assert pool.committed == 6000


def test_the_statement_adds_up_and_shows_the_parts(signed_in: SignedIn, platform: Platform) -> None:
    pool = funded(platform)
    part = make_participation(pool=pool, amount=D("60.00"), income=D("1.25"))
    make_share(participation=part, income=D("1.25"), business_date=platform.business_date(timezone.now()))
    auditor = signed_in(Role.AUDITOR)
    address = reverse("admin:products_fundingpool_statement", args=[pool.pk])
    page = text(auditor.get(address))
    assert "10,000.00" in page  # put in
    assert part.financing.number in page
    assert "1.25" in page
    assert "lies before" in text(auditor.get(address, {"first": "2025-03-02", "last": "2025-03-01"}))
    assert auditor.get(reverse("admin:products_fundingpool_statement", args=[0])).status_code == 404


def test_a_plan_is_seen_kept_and_put_in_force(signed_in: SignedIn, platform: Platform) -> None:
    pool = funded(platform, "500")
    version = make_product_version(product=make_financing_product(pool=pool))
    today = platform.business_date(timezone.now())
    make_offer(version=version, product_code=version.product.code, maximum_amount=D(800), expires_on=today)
    maker, checker = make_user(role=Role.ANALYST), make_user(role=Role.APPROVER)
    prepares, decides = signed_in(user=maker), signed_in(user=checker)
    seen = text(prepares.get(add("financing_allocationplan")))
    assert "would need CNY 300.00 more" in seen
    assert not AllocationPlan.objects.exists()
    assert decides.get(add("financing_allocationplan")).status_code == 403
    assert prepares.post(add("financing_allocationplan")).status_code == 302
    plan = AllocationPlan.objects.get()
    assert (plan.asked, plan.placed, plan.made_by) == (800, 500, maker.actor)
    address = reverse("admin:financing_allocationplan_change", args=[plan.pk])
    step = reverse("admin:financing_allocationplan_step", args=[plan.pk, "apply"])
    assert step not in text(prepares.get(address))
    assert step in text(decides.get(address))
    decides.post(step)
    plan.refresh_from_db()
    assert (plan.state, plan.applied_by) == ("applied", checker.actor)


def test_without_demand_the_page_says_so_and_keeps_nothing(signed_in: SignedIn, platform: Platform) -> None:
    funded(platform)
    analyst = signed_in(Role.ANALYST)
    assert "nothing to fund" in text(analyst.get(add("financing_allocationplan")))
    assert "nothing to fund" in text(analyst.post(add("financing_allocationplan"), follow=True))
    assert not AllocationPlan.objects.exists()
    assert not FinancingProduct.objects.exists()
