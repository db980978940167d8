"""Back-tests as jobs: asked for, run, cancelled or killed half-way, asked for again; and their pages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.products.models import FinancingProduct, ProductVersion
from apps.products.services import new_version, save_draft
from apps.reconciliation import back_tests
from apps.reconciliation.back_tests import (
    BackTestRefused,
    ask_back_test,
    cancel_back_test,
    retry_back_test,
    run_back_test,
    tend_back_tests,
    terms_differ,
)
from apps.reconciliation.models import BackTest, BackTestSeller
from apps.risk.models import Assessment
from apps.sellers.models import Consent
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests import factories
from tests.conftest import PlatformClient
from tests.story import DAY, FIRST, Story

D = Decimal
LAST = FIRST + 60 * DAY
NOW = datetime(2025, 9, 1, 4, tzinfo=UTC)
TODAY = date(2025, 9, 1)


@pytest.fixture
def draft(platform: Platform) -> ProductVersion:
    """A dearer draft of the advance on sales, on a platform whose one seller goes on selling 120.00 a day."""
    story = Story(platform)
    seller = story.seller()
    for number in range(80):
        story.delivered(seller, "120.00", FIRST + (number - 20) * DAY, name=f"n-{number}")
    version = new_version(product_id=FinancingProduct.objects.get(code="sales-advance").pk, at=NOW, by="user:1")
    version.fee_rate = D("0.08")
    save_draft(version=version, changed=["fee_rate"], at=NOW, by="user:1")
    return version


def asked(version: ProductVersion, **facts: Any) -> BackTest:
    eager: dict[str, Any] = {"first": FIRST, "last": LAST, "accept_share": D(1), "returned_share": D(0)}
    wanted = BackTest(version=version, **{**eager, **facts})
    return ask_back_test(back_test=wanted, today=TODAY, at=NOW, by="user:1")


def ran(back_test: BackTest, platform: Platform, clock: Callable[[], datetime] = lambda: NOW) -> BackTest:
    return run_back_test(back_test_id=back_test.pk, platform=platform, clock=clock, by="worker")


def test_a_draft_is_held_against_the_live_version(draft: ProductVersion, platform: Platform) -> None:
    done = ran(asked(draft), platform)
    tried, live = done.results["version"], done.results["against"]  # type: ignore[index]  # done has results
    assert (done.state, done.against, done.sellers_done) == ("done", draft.product.versions.get(state="active"), 1)
    assert tried["drew"] == live["drew"] == 1
    assert D(tried["fees"]) / D(tried["drawn"]) > D(live["fees"]) / D(live["drawn"]) > 0
    assert D(tried["annualised"]) > D(live["annualised"]) > 0
    assert D(tried["lost"]) == D(tried["in_default"]) == 0
    lines = {line.side: line for line in done.lines.all()}
    assert lines["version"].drawn == D(tried["drawn"])
    assert lines["against"].qualified_on == FIRST
    assert not Offer.objects.exists()  # the tunnel writes nothing but what it found
    assert not Assessment.objects.exists()
    assert not Financing.objects.exists()
    assert ran(done, platform).attempt == 1  # asked once more, a done one stays as it is
    assert not terms_differ(done)
    del done.results["version"]["terms"]["bucket_ends"]  # type: ignore[index]  # tried before versions had this term
    assert not terms_differ(done)
    draft.fee_rate = D("0.02")
    save_draft(version=draft, changed=["fee_rate"], at=NOW, by="user:1")
    assert terms_differ(BackTest.objects.get())


def test_sellers_who_do_not_consent_are_not_read(draft: ProductVersion, platform: Platform) -> None:
    Consent.objects.update(until=TODAY - DAY)
    done = ran(asked(draft), platform)
    assert done.results["version"]["sellers"] == 0  # type: ignore[index]  # done has results
    assert not BackTestSeller.objects.exists()


def test_losses_are_those_assumed(draft: ProductVersion, platform: Platform) -> None:
    """Sales end with the last order; 60 days later nothing has been paid for longer than a default takes."""
    late = LAST + 60 * DAY
    done = ran(asked(draft, last=late, default_days=30, loss_share=D("0.5")), platform)
    told = done.results["version"]  # type: ignore[index]  # done has results
    assert told["defaults"] >= 1
    assert D(told["in_default"]) == D(told["outstanding"]) > 0
    assert D(told["lost"]) == pytest.approx(D(told["in_default"]) / 2, abs=D("0.01"))
    assert D(told["annualised_after_losses"]) < D(told["annualised"])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"first": LAST, "last": FIRST}, "before the first"),
        ({"last": TODAY}, "days that are over"),
        ({"first": FIRST - timedelta(days=1500)}, "three years"),
        ({"accept_share": D(2)}, "parts of one"),
        ({"accept_share": D(0)}, "parts of one"),
        ({"loss_share": D("-0.1")}, "parts of one"),
        ({"settlement_days": 4000}, "within a year"),
        ({"code": "receipt-loan"}, "Loans on goods"),
    ],
)
def test_what_makes_no_sense_is_refused(draft: ProductVersion, facts: dict[str, Any], words: str) -> None:
    code = facts.pop("code", "")
    version = ProductVersion.objects.get(product__code=code) if code else draft
    with pytest.raises(BackTestRefused, match=words):
        asked(version, **facts)
    assert not BackTest.objects.exists()


def test_cancelled_half_way_it_writes_nothing_and_can_be_run_again(
    draft: ProductVersion, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_tests, "BREATH", -1.0)  # look at every seller whether it is still wanted
    back_test = asked(draft)

    def clock() -> datetime:
        """The person cancels while the run looks at its watch for the third time."""
        seen.append(NOW)
        if len(seen) == 3:
            cancel_back_test(back_test_id=back_test.pk, at=NOW, by="user:1")
        return NOW

    seen: list[datetime] = []
    left = ran(back_test, platform, clock)
    assert (left.state, left.results, left.lines.count()) == ("cancelled", None, 0)
    assert cancel_back_test(back_test_id=back_test.pk, at=NOW, by="user:1").state == "cancelled"
    assert retry_back_test(back_test_id=back_test.pk, at=NOW, by="user:1").state == "waiting"
    again = ran(back_test, platform)
    assert (again.state, again.attempt, again.lines.count()) == ("done", 2, 2)
    with pytest.raises(BackTestRefused, match="has moved on"):
        cancel_back_test(back_test_id=back_test.pk, at=NOW, by="user:1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        BackTestSeller.objects.update(drawn=ZERO)


def test_killed_half_way_it_is_interrupted_and_the_dead_worker_writes_nothing(
    draft: ProductVersion, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_tests, "BREATH", -1.0)
    back_test = asked(draft)
    back_test.seen_at = NOW
    back_test.move("start", at=NOW, by="worker")  # and then its host goes dark
    assert tend_back_tests(at=NOW + timedelta(minutes=1), by="worker") == []
    assert BackTest.objects.get().state == "running"
    tend_back_tests(at=NOW + timedelta(minutes=3), by="worker")
    assert BackTest.objects.get().state == "interrupted"
    retry_back_test(back_test_id=back_test.pk, at=NOW, by="user:1")
    assert tend_back_tests(at=NOW, by="worker") == [back_test.pk]
    dead = back_tests._Run(BackTest.objects.get(), platform, lambda: NOW)
    done = ran(back_test, platform)
    with pytest.raises(back_tests.Stopped):
        dead.results()
    assert (done.state, done.attempt, done.lines.count()) == ("done", 2, 2)


def test_a_fault_is_kept_and_told(draft: ProductVersion, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    back_test = asked(draft)

    def broken(*_arguments: object) -> None:
        raise ArithmeticError("a sale of no amount")

    monkeypatch.setattr(back_tests, "live_through", broken)
    failed = ran(back_test, platform)
    assert (failed.state, failed.error) == ("failed", "ArithmeticError: a sale of no amount")
    assert failed.results is None


def test_a_financier_asks_watches_and_compares(
    draft: ProductVersion, platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform, factories.make_user(role=Role.FINANCIER))
    add = reverse("admin:reconciliation_backtest_add")
    form = {
        "version": draft.pk, "first": FIRST, "last": LAST, "accept_share": "0.5", "returned_share": "0.03",
        "charged_back_share": "0", "settlement_days": 14, "default_days": 90, "loss_share": "0.6", "seed": 1,
    }  # fmt: skip
    assert f'value="{draft.pk}"' in client.get(f"{add}?version={draft.pk}").content.decode()
    refused = client.post(add, {**form, "accept_share": "50"}).content.decode()
    assert "50 would be 5,000%" in refused
    assert not BackTest.objects.exists()
    client.post(add, form)
    back_test = BackTest.objects.get()
    page = reverse("admin:reconciliation_backtest_change", args=[back_test.pk])
    assert "It waits for a worker" in client.get(page).content.decode()
    asked_again = {"HX-Request": "true"}
    assert "HX-Refresh" not in client.get(page, headers=asked_again)
    ran(back_test, platform)
    assert client.get(page, headers=asked_again)["HX-Refresh"] == "true"  # its buttons and state are old too
    shown = client.get(page).content.decode()
    assert "0.50000000" not in shown
    assert "Sellers who would have qualified" in shown
    assert shown.count('role="img"') == 2
    assert "version 2, tried: " in shown  # the chart in words
    listed = reverse("admin:reconciliation_backtestseller_changelist")
    assert "Li Mei" in client.get(f"{listed}?back_test__id__exact={back_test.pk}").content.decode()
    auditor = client_of(platform, factories.make_user(role=Role.AUDITOR))
    assert auditor.get(page).status_code == 200
    assert auditor.get(add).status_code == 403
    step = reverse("admin:reconciliation_backtest_step", args=[back_test.pk, "ask_again"])
    assert auditor.post(step).status_code == 403


def test_another_platform_sees_none_of_it(two_platforms: tuple[Platform, Platform]) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        factories.make_back_test_seller()
    with entered(meadow.schema_name):
        assert not BackTest.objects.exists()
        assert tend_back_tests(at=NOW, by="worker") == []
