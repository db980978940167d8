"""Check 16: commits that the database refuses by lot, as it does when two transactions fit no order (SQLSTATE 40001).

A worker's night and people at their pages go on through it; the books are those of the same day without any refusal.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext

from apps.evidence import proofs as evidence_proofs
from apps.financing.models import Financing
from apps.ledger import proofs as ledger_proofs
from apps.orders.models import Proceeds
from apps.reconciliation import proofs as night_proofs
from apps.reconciliation.faults import is_over, nudge, plan, until
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyChunk, NightlyRun
from apps.reconciliation.rehearsal import FIRST, NIGHT, close, prepare
from apps.repayment import proofs as repayment_proofs
from apps.repayment.models import Event
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.processes import Worker
from tests.story import DAY
from tests.threads import at_once

TODAY = NIGHT + DAY
NOTHING_CHANGED = "The night's sums or another person is changing the same thing. Nothing of yours was changed or lost."
# One lot a transaction, drawn when it commits, whatever it wrote. A sequence counts on although what drew it is undone.
REFUSE_BY_LOT = """
CREATE SEQUENCE fault_lots;
CREATE SEQUENCE fault_refusals;
CREATE TABLE fault_share (share double precision);
INSERT INTO fault_share VALUES (%(share)s);
CREATE FUNCTION fault_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('granary.fault', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    PERFORM set_config('granary.fault', pg_current_xact_id()::text, false), nextval('fault_lots');
    IF random() < (SELECT share FROM fault_share) THEN
      PERFORM nextval('fault_refusals');
      RAISE EXCEPTION 'could not serialize access, says the test' USING ERRCODE = '40001';
    END IF;
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE told text;
BEGIN
  FOR told IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    AND relname NOT IN ('fault_share', 'django_session')
  LOOP
    EXECUTE format('CREATE CONSTRAINT TRIGGER fault_at_commit AFTER INSERT OR UPDATE ON %%I '
                   'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault_at_commit()', told);
  END LOOP;
END $$
"""


def sql(statement: str, **facts: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts or None)
        return cursor.fetchone() if cursor.description else None


@contextmanager
def commits_refused(share: float) -> Iterator[None]:
    """While it lasts, this share of all commits on the platform entered fails."""
    sql(REFUSE_BY_LOT, share=share)
    try:
        yield
    finally:
        sql("UPDATE fault_share SET share = 0")


def counted(sequence: str) -> int:
    last, is_called = sql(f"SELECT last_value, is_called FROM {sequence}")
    return int(last) if is_called else 0


class Clerk:
    """Somebody with a browser, who comes back as often as a page says so."""

    def __init__(self, platform: Platform, financing_id: int, seller: str) -> None:
        self.browser = PlatformClient(platform)
        self.browser.sign_in(make_user(role=Role.STAFF))
        self.financing_id, self.seller = financing_id, seller
        self.sent_away = 0

    def charge(self, number: int) -> Any:
        """A reminder for the seller's financing, sent as the form does."""
        form = {"key": f"{self.financing_id}:{number}", "reason": "a reminder", "fee": "", "penalty": "2.50", "do": ""}
        return self.browser.post(f"/desk/financings/{self.financing_id}/charge/", form)

    def settle(self, number: int) -> Any:
        """A sale of the day, handed in by the API."""
        line = {"key": f"late:{self.seller}:{number}", "seller": self.seller, "order": "", "kind": "capture"}
        body = {"settled_on": str(NIGHT), "currency": "CNY", "lines": [{**line, "amount": "10.25"}]}
        return self.browser.post("/api/settlement/", body, content_type="application/json")

    def act(self, times: int) -> None:
        for number in range(times):
            assert self._until_taken(partial(self.charge, number)).status_code == 302
            assert self._until_taken(partial(self.settle, number)).json()["rejected"] == []

    def _until_taken(self, ask: Callable[[], Any]) -> Any:
        while (answer := ask()).status_code == 409:
            assert int(answer["Retry-After"]) > 0
            self.sent_away += 1
            time.sleep(0.01)
        return answer


@pytest.fixture
def morning_after(monkeypatch: pytest.MonkeyPatch, clean_cache: None) -> None:
    """It is ten in the morning of TODAY in Shanghai, for the pages."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2025, 3, 4, 2, tzinfo=UTC))


def clerks_of(platform: Platform, people: int) -> list[Clerk]:
    with entered(platform.schema_name):
        drawn = Financing.objects.active().order_by("pk").values_list("pk", "seller__external_id")[:people]
        return [Clerk(platform, financing_id, seller) for financing_id, seller in drawn]


def live_through(platform: Platform, *, sellers: int, people: int, times: int, share: float) -> tuple[list[str], int]:
    """The night by a worker and people at work beside it, while that share of commits is refused; and a quiet night
    after.

    Answers the books then, and how many commits were refused.
    """
    prepare(platform, sellers=sellers)
    pieces = plan(platform)
    clerks = clerks_of(platform, people)
    with entered(platform.schema_name), commits_refused(share):
        nudge(platform)
        answers = at_once(platform.schema_name, [partial(clerk.act, times) for clerk in clerks])
        assert answers == [None] * people
        until(lambda: is_over(platform), "the night to end by itself", seconds=240)
    with entered(platform.schema_name):
        lots, refused = counted("fault_lots"), counted("fault_refusals")
        assert lots - refused >= pieces + 2 * people * times  # each went through once
        assert sum(clerk.sent_away for clerk in clerks) > 0 or not refused
        assert NightlyRun.objects.get(business_date=NIGHT).state == "balanced"
        assert NightlyChunk.objects.filter(run__business_date=NIGHT).exclude(refusals=0, error="").count() == 0
        assert (Event.objects.count(), Proceeds.objects.filter(key__startswith="late:").count()) == (
            people * times,
            people * times,
        )
        close(platform, TODAY)
        proofs = (ledger_proofs, repayment_proofs, night_proofs, evidence_proofs)
        assert [fault for proof in proofs for fault in proof.faults()] == []
        return book_lines(), refused


@pytest.mark.parametrize(
    ("sellers", "people", "times", "share"),
    [(6, 3, 3, 0.5), pytest.param(200, 10, 20, 0.05, marks=pytest.mark.soak)],
)
def test_commits_refused_by_lot_lose_nothing_and_double_nothing(
    fresh_platform: Callable[..., Platform], start_worker: Callable[[], Worker], morning_after: None,
    sellers: int, people: int, times: int, share: float,
) -> None:  # fmt: skip
    start_worker()
    size = {"sellers": sellers, "people": people, "times": times}
    quiet, none = live_through(fresh_platform(opened_on=FIRST), **size, share=0)
    books, refused = live_through(fresh_platform(opened_on=FIRST), **size, share=share)
    assert none == 0
    assert refused > sellers * share
    assert first_difference(quiet, books) is None


def test_a_page_whose_commit_is_refused_says_to_come_back_and_changed_nothing(
    fresh_platform: Callable[..., Platform], morning_after: None
) -> None:
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=2)
    with entered(platform.schema_name):
        close(platform)
    (clerk,) = clerks_of(platform, 1)
    with entered(platform.schema_name):
        before = book_lines()
        with commits_refused(1):
            page, told = clerk.charge(1), clerk.settle(1)
            assert (page.status_code, NOTHING_CHANGED in page.content.decode().replace("&#x27;", "'")) == (409, True)
            assert (told.status_code, told.json()) == (409, {"detail": NOTHING_CHANGED})
            clerk.browser.cookies["django_language"] = "zh-hans"
            with translation.override("zh-hans"):
                in_chinese = gettext(NOTHING_CHANGED)
            chinese = clerk.settle(1)
            assert (chinese.status_code, chinese.json()) == (409, {"detail": in_chinese})
        assert (book_lines(), Event.objects.count()) == (before, 0)
        assert not Proceeds.objects.filter(key__startswith="late:").exists()
        assert clerk.charge(1).status_code == 302
        assert clerk.settle(1).json()["landed"] == 1
        assert Event.objects.get().amount == 2.5
