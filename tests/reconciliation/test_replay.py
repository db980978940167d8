"""Replaying the past: the same seed gives the same cents, whatever the database's keys are."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.evidence import proofs as evidence
from apps.financing.models import Contract, Financing
from apps.ledger import proofs
from apps.reconciliation.models import Break, NightlyRun
from apps.reconciliation.policy import Policy
from apps.reconciliation.replay import Month, Replay
from apps.repayment import proofs as repayment_proofs
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.story import DAY, FIRST, Story

EAGER = Policy(accept_share=0.5, returned_share=0.2, charged_back_share=0.2)


def past(platform: Platform) -> Story:
    """Three sellers with a year behind them and eighteen days of deliveries ahead."""
    story = Story(platform)
    for number in range(3):
        seller = story.seller(f"Seller {number}", daily=f"{80 + 20 * number}.00", days=120)
        for day in range(1, 18):
            story.delivered(seller, f"{60 + 10 * number + day}.50", FIRST + day * DAY, name=f"o-{number}-{day}")
    return story


def live(platform: Platform, seed: int, days: int = 18) -> list[Month]:
    last = FIRST + timedelta(days=days)
    return list(Replay(platform=platform, first=FIRST, last=last, seed=seed, pdfs=1, policy=EAGER).run())


def test_the_same_seed_is_the_same_to_the_cent_and_another_is_not(fresh_platform: Callable[..., Platform]) -> None:
    tables = []
    for seed in (7, 7, 8):
        platform = fresh_platform()
        with entered(platform.schema_name):
            past(platform)
            tables.append(live(platform, seed))
            assert [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()] == []
            assert not Break.objects.exists()
            assert set(NightlyRun.objects.values_list("state", flat=True)) == {"balanced"}
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]
    assert [month.month for month in tables[0]] == ["2025-03"]
    assert tables[0][0].advanced > 0
    assert tables[0][0].repaid > 0


def test_only_as_many_pdfs_as_asked_for(platform: Platform) -> None:
    past(platform)
    live(platform, seed=3, days=12)
    media = list(Contract.objects.filter(financing__isnull=False).values_list("media_type", flat=True))
    assert media.count("application/pdf") == 1
    assert len(media) == Financing.objects.count() > 1


def test_the_command_says_what_it_needs(platform: Platform) -> None:
    Story(platform)
    with pytest.raises(CommandError, match="no orders yet"):
        call_command("replay", platform=platform.schema_name, first=FIRST, last=FIRST + DAY, stdout=StringIO())
    with pytest.raises(CommandError, match="is before"):
        call_command("replay", platform=platform.schema_name, first=FIRST + DAY, last=FIRST, stdout=StringIO())
    with pytest.raises(CommandError, match="nobody"):
        call_command("replay", platform="nobody", first=FIRST, last=FIRST + DAY, stdout=StringIO())
    assert not NightlyRun.objects.exists()
