"""Two people decide on the same request at the same instant, a hundred times: each time there is one effect."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection

from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.financing.models import Application, Contract
from apps.financing.refusals import RequestRefused, SellerBusy
from apps.financing.services import approve_request
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import User
from tests.financing.asking import TODAY, D, Desk, asks, seen
from tests.story import FIRST, Story

ROUNDS = 100


def prepared(story: Story, rounds: int) -> tuple[list[int], list[User]]:
    """So many requests that one person has approved, and two others who may confirm them."""
    sellers = [story.seller(f"Seller {number}", daily="200.00", days=200) for number in range(rounds)]
    story.night(FIRST)
    desk = Desk(story)
    desk.rules(second_above="10000")
    first, second, third = (desk.approver("50000") for _person in range(3))
    requests = []
    for seller in Seller.objects.filter(pk__in=[one.pk for one in sellers]).order_by("pk"):
        asked = asks(story, seller)
        desk.approves(first, asked, "15000", "Less.")
        requests.append(asked.pk)
    return requests, [second, third]


def test_two_checkers_at_once_have_one_effect(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform, funding="10000000")
        requests, checkers = prepared(story, ROUNDS)
        pages = [seen(Application.objects.get(pk=key)) for key in requests]
    barrier = threading.Barrier(2)
    outcomes: tuple[list[Any], list[Any]] = ([], [])

    def run(place: int) -> None:
        try:
            with entered(platform.schema_name):
                for key, page in zip(requests, pages, strict=True):
                    barrier.wait(timeout=60)
                    outcomes[place].append(attempt(key, page, checkers[place].actor, story.at(TODAY)))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one) for one in outcomes] == [ROUNDS, ROUNDS]
    with entered(platform.schema_name):
        for key, pair in zip(requests, zip(*outcomes, strict=True), strict=True):
            assert sorted(pair) == ["approved", "refused"], key
            assert Contract.objects.filter(application=key).count() == 1
        assert Application.objects.filter(state="approved", approved_amount=D(15000)).count() == ROUNDS
        assert Record.objects.filter(kind="application_approved").count() == ROUNDS
        assert evidence.faults() == []


def attempt(key: int, page: str, by: str, at: datetime) -> str:
    try:
        approve_request(application_id=key, amount=D(15000), because="Less.", seen=page, at=at, by=by)
    except (RequestRefused, SellerBusy):
        return "refused"
    return "approved"
