"""Every form of every page, found by following links as each role would, against what nobody should type.

Never an error of ours, never a script let through; where the answer is no, not one row has changed and the reader is
told so in their language; where it is yes, it is listed here that this field may hold that.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import resolve

from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.conftest import PlatformClient, forget_cached
from tests.factories import DAY
from tests.portal.typing_nonsense import INTO_ALL, INTO_ONE, NONSENSE, Form, forms_of
from tests.screens.walk import FOR_VISITORS, Walk
from tests.tenants.addresses import addresses
from tests.tenants.test_pages import THEIRS, fill_platform, make_newcomer

Clients = Callable[..., PlatformClient]
Contents = dict[str, tuple[int, int]]
Found = dict[tuple[str, frozenset[str]], tuple[PlatformClient, Form]]

SAID_NO = {400, 404, 405, 409, 422}
ALLAUTHS = {"account_login", "account_reset_password", "account_reauthenticate"}  # say no with status 200
# What is taken although it looks like nonsense: words that people are free to choose, ticks (a browser's own value is
# no better than another), no time zone of one's own, the version of a row that is at version 0, weights, amounts.
ANYTHING = frozenset(NONSENSE)
TAKEN = {
    ("portal:give", "orders"): ANYTHING,
    ("portal:joining_data_consent", "orders"): ANYTHING,
    ("portal:wishes", "time_zone"): {"", "   "},
    ("entrance:open", "name"): ANYTHING,
    ("entrance:open", "shop"): ANYTHING,
    ("portal:offer", "amount"): {"１２３"},  # read as 123
    ("portal:offer", "refill"): {"", "１２３"},  # of no financing: an offer as it is
    ("portal:answer_request", "text"): ANYTHING,
    ("portal:account", "number"): {"2025-02-30"},  # read without its dashes
    ("portal:joining_payout_account", "number"): {"2025-02-30"},
    ("warehouse:act", "reason"): ANYTHING,
    ("warehouse:pledge", "#"): {"0", "１２３"},
    ("desk:break_act", "reason"): ANYTHING,
    ("desk:break_act", "text"): ANYTHING,
    ("desk:break_act", "version"): {"0"},
    ("desk:decline_suggestion", "version"): {"0"},
    ("desk:cancel_inspection", "reason"): ANYTHING,
    ("desk:relief", "answer"): ANYTHING,
    ("portal:ask_relief", "reason"): ANYTHING,
    ("portal:ask_relief", "key"): ANYTHING,
}
TRIES = "users_onetimecode"  # a wrong code counts
# What is a single press, or a form that shows only while something is in a state that no row here is in.
PRESSES = {
    "desk:approve", "desk:approve_batch", "desk:batch_waiting", "desk:book_statement", "desk:call_step", "desk:close",
    "desk:decide_account", "desk:propose_learned", "desk:sell", "portal:account_take_back",
    "portal:end_session", "portal:goods_back", "portal:joining_send", "portal:offer_goods", "portal:pass_on",
    "portal:withdraw", "portal:withdraw_pledge",
}  # fmt: skip
FILES = {
    "a program named as a picture": ("harvest.jpg", b"MZ\x90\x00" + b"\x00" * 200, "image/jpeg"),
    "a page named as a paper": ("paper.pdf", b"<html><script>alert(1)</script></html>", "application/pdf"),
    "nothing at all": ("empty.pdf", b"", "application/pdf"),
    "too much": ("large.pdf", b"%PDF-1.7\n" + b"0" * 12_000_000, "application/pdf"),
    "a picture named as a table": ("orders.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200, "text/csv"),
}


@pytest.fixture
def forms(platform: Platform, client_of: Clients) -> Found:
    """The forms that anybody finds on a platform with a row of every model, by route and fields. All read Chinese."""
    people: dict[str, User | None] = {**fill_platform("River Orchard"), "visitor": None}
    people["newcomer"] = make_newcomer()
    User.objects.update(language="zh-hans")
    found: Found = {}
    for who in ("visitor", "seller", "newcomer", "warehouse", "staff"):
        client = client_of(platform, people[who], headers={"accept-language": "zh-hans"})
        for form in _forms(platform, client, people[who]):
            found.setdefault((_route(form), frozenset(form.values) | form.files), (client, form))
    return found


def _forms(platform: Platform, client: PlatformClient, user: User | None) -> Iterator[Form]:
    if user is None:
        walk = Walk(client, "visitor", each=3).follow(FOR_VISITORS).after_a_code(platform.schema_name, "visitor")
    else:
        walk = Walk(client, user.role, each=3, guesses=frozenset({THEIRS, THEIRS + 1})).follow(["/"]).fill_in(user.role)
        if user.role == Role.SELLER:
            walk.begin(platform.schema_name)
    for screen in walk.screens:
        yield from forms_of(client.get(screen.path).content.decode(), screen.path)


def _route(form: Form) -> str:
    return resolve(form.action.partition("?")[0], "config.urls_tenant").view_name


def contents() -> Contents:
    """Of every table of the platform but the sessions: the number of its rows and a sum over all that they hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'django_session'"
        )
        one_table = "SELECT '{0}', count(*), sum(hashtextextended(one::text, 0)) FROM \"{0}\" AS one"
        cursor.execute(" UNION ALL ".join(one_table.format(name) for (name,) in cursor.fetchall()))
        return {name: (rows, held) for name, rows, held in cursor.fetchall()}


def faults(client: PlatformClient, form: Form, names: Iterable[str], typed: Any, before: Contents) -> Iterator[str]:
    """What is wrong with the answer to a form with nonsense in the fields `names`; its effects are rolled back."""
    with transaction.atomic():
        answer, changed = _sent(client, form.action, form.with_typed(names, typed), before)
        transaction.set_rollback(True)
    body = answer.content.decode()
    if "<script>alert" in body:
        yield "lets a script through"
    if answer.status_code == 302 or (answer.status_code == 200 and _route(form) not in ALLAUTHS):
        may_be = set().union(*(TAKEN.get((_route(form), re.sub(r"\d+", "#", name)), ()) for name in names))
        if changed and typed not in may_be:
            yield f"takes it and changes {changed}"
    else:
        yield from _faults_of_a_no(answer.status_code, body, [one for one in changed if one != TRIES])
        if answer.status_code == 422 and _can_be_shown(typed) and form.shown & set(names) and escape(typed) not in body:
            yield "forgets what was typed"


def _sent(client: PlatformClient, to: str, sent: dict[str, Any], before: Contents) -> tuple[Any, list[str]]:
    session = SimpleCookie(client.cookies)
    answer = client.post(to, sent)
    if answer.status_code == 429:  # the limit of a rate is another test's business
        forget_cached()
        answer = client.post(to, sent)
    client.cookies = session  # whoever was let in by what they sent is outside again: that is rolled back
    return answer, [name for name, held in contents().items() if held != before[name]]


def _can_be_shown(typed: Any) -> bool:
    return isinstance(typed, str) and bool(typed.strip()) and len(typed) < 100 and "\x00" not in typed


def _faults_of_a_no(status: int, body: str, changed: list[str]) -> Iterator[str]:
    if status not in SAID_NO | {200}:
        yield f"{status}"
    if changed:
        yield f"says no and changes {changed}"
    said = re.findall(r'<p class="error".*?</p>|<div class="note bad".*?</div>', body, re.DOTALL)
    if status == 422 and not said:
        yield "says no and nothing else"
    for words in [re.sub(r"<[^>]+>", "", one) for one in said]:
        if not re.search(r"[\u4e00-\u9fff]", words):
            yield f"says in English {words.strip()!r}"


def tries(form: Form) -> Iterator[tuple[frozenset[str], Any, str]]:
    """Into which fields what is typed or sent, and how a failure calls it."""
    for name in form.values:
        yield from ((frozenset({name}), typed, repr(typed[:20])) for typed in INTO_ONE)
    yield from ((form.seen, typed, repr(typed[:20])) for typed in INTO_ALL if form.seen)
    for name in form.files:
        yield from ((frozenset({name}), SimpleUploadedFile(*file), kind) for kind, file in FILES.items())


def test_no_form_breaks_lets_anything_through_or_changes_what_it_refuses(forms: Found) -> None:
    before = contents()
    found = []
    for client, form in forms.values():
        for names, typed, called in tries(form):
            wrong = faults(client, form, names, typed, before)
            found += [f"{_route(form)} {sorted(names)} {called}: {fault}" for fault in wrong]
    assert found == [], "\n".join(found)
    assert contents() == before
    with_files = {route for (route, _), (_, form) in forms.items() if form.files}
    assert with_files >= {"portal:verify", "warehouse:issue", "desk:break_act", "desk:take_in_statement"}
    assert {route for route, _ in forms} >= {
        "portal:joining_identity",
        "portal:account",
        "portal:wishes",
        "desk:accounts",
    }
    assert len(forms) > 60
    stranger = next(iter(forms.values()))[0]
    ours = [one for one in addresses() if one.name.startswith(("portal:", "desk:", "warehouse:"))]
    acts = {one.name for one in ours if stranger.get(one.path(row=THEIRS, day=DAY)).status_code == 405}
    assert acts - {route for route, _ in forms} == PRESSES
