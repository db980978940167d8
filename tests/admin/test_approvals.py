"""The queue and the page of decisions in the admin: who sees and does what, and what happens to what is typed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.financing.models import Application, ApprovalLimit, Contract, Remark
from apps.products.models import FundingPool
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import asked_application, make_approval_limit, make_user
from tests.financing.asking import Desk, asks
from tests.story import DAY, Story

QUEUE = "/admin/financing/application/"
DECIDES = {Role.FINANCIER, Role.APPROVER}


@pytest.fixture
def desk(platform: Platform) -> Desk:
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    story.seller(daily="200.00")
    story.night(today - DAY)
    desk = Desk(story, today)
    desk.rules(second_above="10000")
    return desk


@pytest.fixture
def asked(desk: Desk) -> Application:
    return asks(desk.story, Seller.objects.get(), "20000", desk.day)


@pytest.fixture
def browse(platform: Platform, client_of: Callable[..., PlatformClient]) -> Callable[[User], PlatformClient]:
    return lambda person: client_of(platform, person)


def page(asked: Application) -> str:
    return reverse("admin:financing_application_decide", args=[asked.pk])


def seen_on(client: PlatformClient, asked: Application) -> str:
    return str(client.get(page(asked)).context["forms"]["approve"].initial["seen"])


def text(answer: Any) -> str:
    return str(answer.content.decode())


def posted(client: PlatformClient, asked: Application, verb: str, **typed: Any) -> Any:
    """Open the page and send one of its forms."""
    return client.post(page(asked), {"verb": verb, "seen": seen_on(client, asked), **typed})


def test_the_queue_shows_what_waits_oldest_promise_first(
    desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]
) -> None:
    person = desk.approver("50000")
    client = browse(person)
    late = asked_application(answer_by=desk.day - DAY, business_date=desk.day - 4 * DAY)
    decided = asked_application(state="withdrawn")
    listed = client.get(QUEUE)
    rows = list(listed.context["cl"].result_list)
    assert [one.pk for one in rows] == [late.pk, asked.pk]
    assert "late: " in text(listed)
    assert client.post(f"{QUEUE}{asked.pk}/step/take_up/").status_code == 302
    assert [one.pk for one in client.get(f"{QUEUE}?holder=me").context["cl"].result_list] == [asked.pk]
    assert person.name in text(client.get(QUEUE))
    assert [one.pk for one in client.get(f"{QUEUE}?waits=decided").context["cl"].result_list] == [decided.pk]
    assert client.get(f"{QUEUE}?waits=all").context["cl"].result_list[-1].pk
    Application.objects.update(state="withdrawn")
    assert "Nothing waits here." in text(client.get(QUEUE))


def test_the_frozen_decision_stands_beside_what_has_changed(
    desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]
) -> None:
    client = browse(desk.approver("10000"))
    assert client.get(f"{QUEUE}{asked.pk}/change/")["Location"] == page(asked)
    shown = text(client.get(page(asked)))
    assert "Nothing: all figures are as they were when the seller asked." in shown
    for words in ("more than the seller", "You may approve up to CNY", "it takes two people", "A buyer ordered"):
        assert words in shown, words
    FundingPool.objects.update(committed="900000")
    assert "Left in the fund: down from" in text(client.get(page(asked)))


@pytest.mark.parametrize("role", [*Role])
def test_who_sees_the_page_and_who_decides(
    asked: Application, browse: Callable[[User], PlatformClient], role: Role
) -> None:
    client = browse(make_user(role=role))
    shown = client.get(page(asked), follow=True)
    works_here = role not in {Role.SELLER, Role.WAREHOUSE}
    assert shown.status_code == (200 if works_here else 403)
    assert ('name="verb"' in text(shown)) == (role in DECIDES)
    before, known = Application.objects.filter(pk=asked.pk).values().get(), Transition.objects.count()
    if role not in DECIDES:
        for verb in ("approve", "ask", "refuse"):
            answer = client.post(page(asked), {"verb": verb, "amount": "100", "question": "Why?", "reasons": ["fund"]})
            assert answer.status_code == (403 if works_here else 302)
        assert Application.objects.filter(pk=asked.pk).values().get() == before
        assert (Transition.objects.count(), Remark.objects.count()) == (known, 1)


def test_two_approve_and_the_second_sees_what_the_first_did(
    desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]
) -> None:
    first, second = desk.approver("50000"), desk.approver("50000")
    answer = posted(browse(first), asked, "approve", amount="15,000", because="The rest in summer.")
    assert answer.status_code == 302
    again = posted(browse(first), asked, "approve", amount="15,000", because="The rest in summer.")
    assert "Another person must approve it too." in text(again)
    client = browse(second)
    shown = text(client.get(page(asked)))
    assert "Another person must approve the same amount." in shown
    assert 'value="15,000"' in shown
    assert "The rest in summer." in shown
    stale = client.post(page(asked), {"verb": "approve", "amount": "15000", "because": "x", "seen": "old"})
    assert stale.status_code == 422
    assert "Something has changed since you opened this page." in text(stale)
    typed = {"verb": "approve", "amount": "15000", "because": "The rest in summer.", "seen": seen_on(client, asked)}
    assert [client.post(page(asked), typed).status_code for _click in range(2)] == [302, 302]
    assert Contract.objects.get().application.approved_amount == 15000
    assert "It is decided." in text(client.get(page(asked)))


@pytest.mark.parametrize(
    "amount", ["", " ", "-1", "0", "1e999", "NaN", "abc", "9" * 40, "20000.01", "99.99", "100.001", "<script>", "\x00"]
)
def test_an_amount_that_is_none_is_kept_as_typed_and_decides_nothing(
    desk: Desk, asked: Application, browse: Callable[[User], PlatformClient], amount: str
) -> None:
    answer = posted(browse(desk.approver("50000")), asked, "approve", amount=amount, because="My reason.")
    assert answer.status_code == 422
    assert "My reason." in text(answer)
    asked.refresh_from_db()
    assert (asked.state, asked.proposed_amount) == ("under_review", None)


def test_full_width_digits_are_read(desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]) -> None:
    posted(browse(desk.approver("50000")), asked, "approve", amount="１０，０００", because="Less.")
    asked.refresh_from_db()
    assert asked.approved_amount == 10000


def test_a_refusal_by_ticks(desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]) -> None:
    client = browse(desk.approver("0"))
    many = ["fund", "purpose", "owed_already", "repaid_late", "papers_missing"]
    for named in ([], many, ["nonsense"]):
        assert posted(client, asked, "refuse", reasons=named).status_code == 422
    assert posted(client, asked, "refuse", reasons=many[:4]).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.reasons) == ("rejected", many[:4])
    late = client.post(page(asked), {"verb": "ask", "question": "Why?"})
    assert late.status_code == 422
    assert "does not wait for a decision any more" in text(late)


def test_a_question_goes_out(desk: Desk, asked: Application, browse: Callable[[User], PlatformClient]) -> None:
    client = browse(desk.approver("0"))
    assert posted(client, asked, "ask", question="x" * 1001).status_code == 422
    assert posted(client, asked, "ask", question="Who buys them?").status_code == 302
    asked.refresh_from_db()
    assert asked.state == "info_requested"
    assert [one.pk for one in client.get(f"{QUEUE}?waits=seller").context["cl"].result_list] == [asked.pk]
    assert client.post(page(asked), {"verb": "nonsense"}).status_code == 404


def test_another_platforms_request_is_not_there(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        theirs = asked_application()
    with entered(meadow.schema_name):
        client = client_of(meadow, make_user(role=Role.APPROVER))
        assert client.get(page(theirs)).status_code == 404
        assert client.post(page(theirs), {"verb": "refuse", "reasons": ["fund"]}).status_code == 404
    with entered(harbor.schema_name):
        theirs.refresh_from_db()
        assert theirs.state == "under_review"


def test_limits_are_set_by_the_administrator_and_leave_a_trace(browse: Callable[[User], PlatformClient]) -> None:
    admin, add = make_user(role=Role.FINANCIER), reverse("admin:financing_approvallimit_add")
    client = browse(admin)
    for wrong in (
        {"role": "", "person": "", "most": "100", "because": "x"},
        {"role": "auditor", "person": "", "most": "100", "because": "x"},
        {"role": "approver", "person": str(admin.pk), "most": "100", "because": "x"},
        {"role": "approver", "person": "", "most": "-1", "because": "x"},
        {"role": "approver", "person": "", "most": "100", "because": ""},
        {"role": "approver", "person": "", "most": "0.001", "because": "x"},
        {"role": "", "person": str(make_user(role=Role.ANALYST).pk), "most": "100", "because": "x"},
    ):
        assert client.post(add, wrong).status_code == 200, wrong
    assert not ApprovalLimit.objects.exists()
    assert (
        client.post(add, {"role": "approver", "person": "", "most": "20000", "because": "the board"}).status_code == 302
    )
    row = ApprovalLimit.objects.get()
    change = reverse("admin:financing_approvallimit_change", args=[row.pk])
    for _press in range(2):
        assert client.post(change, {"most": "15000", "because": "a new year"}).status_code == 302
    assert (
        client.post(add, {"role": "approver", "person": "", "most": "1", "because": "x"}).status_code == 200
    )  # one a role
    log = list(Record.objects.filter(kind="approval_limit_set").order_by("position"))
    assert [one.by for one in log] == [admin.actor] * 2
    assert '"before":{"most":"20000","person":"","role":"approver"}' in log[1].payload
    for role in (Role.APPROVER, Role.ANALYST, Role.STAFF, Role.AUDITOR):
        assert browse(make_user(role=role)).post(change, {"most": "9", "because": "x"}).status_code == 403
    row.refresh_from_db()
    assert row.most == 15000
    assert make_approval_limit().person is not None
