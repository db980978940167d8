"""No log line holds a secret or a person's own facts: real requests and acts, each logger at its most talkative."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import structlog
from celery.utils.log import get_task_logger
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from apps.core.sms import NoGateway, SmsNotSent
from apps.sellers.models import Seller
from apps.sellers.services import Account, ask_for_payout_change
from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_bank_account, make_books, make_seller, make_user
from tests.mail import latest_code
from tests.portal.test_entrance import invited

Clients = Callable[..., PlatformClient]
NAME, SHOP = "Xiulan Wangding", "Wangding Orchards"
EMAIL, PHONE = "xiulan.wangding@orchard.example", "+8613912345678"
NUMBER, OTHER_NUMBER = "6222020200112233446", "6217000010099887761"
PASSWORD, GUESS = "plum blossom in april", "peach blossom in may"
PERSONAL = (NAME, SHOP, EMAIL, PHONE, PHONE.removeprefix("+86"), NUMBER, OTHER_NUMBER, PASSWORD, GUESS)


class Lines(logging.Handler):
    """Keeps what the real formatter makes of every record, of whatever level."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__(logging.DEBUG)
        self.formatter, self.kept = formatter, list[str]()
        self.lock_of_kept = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        with self.lock_of_kept:
            self.kept.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """All log lines from here on, as they would be written, with the root logger at DEBUG."""
    root = logging.getLogger()
    formatters = (handler.formatter for handler in root.handlers)
    keep = Lines(next(one for one in formatters if isinstance(one, structlog.stdlib.ProcessorFormatter)))
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield keep.kept
    root.setLevel(level)
    root.removeHandler(keep)


@pytest.fixture
def xiulan(platform: Platform) -> Seller:
    make_books()
    user = make_user(role=Role.SELLER, name=NAME, email=EMAIL, phone=PHONE, password=PASSWORD)
    account = make_bank_account(holder=NAME, number=NUMBER)
    return make_seller(user=user, name=SHOP, payout_account=account)


def leaks(lines: list[str], *more: str) -> list[tuple[str, str]]:
    """Each thing that must not be there, with the line that it stands on, as people and machines would read it."""
    read = [f"{line}\n{json.loads(line)}" for line in lines]
    return [(one, line) for line in read for one in (*PERSONAL, *more) if one in line]


def test_signing_in_asking_and_erring_leaves_nothing_of_the_person(
    platform: Platform, xiulan: Seller, client_of: Clients, at: datetime, lines: list[str]
) -> None:
    """By password, by code, wrong and right; an address that is refused; another account to be paid to."""
    client = client_of(platform)
    for password in (GUESS, PASSWORD):
        client.post("/account/login/", {"login": EMAIL, "password": password})
    stranger = client_of(platform)
    stranger.post("/account/code/", {"login": EMAIL})
    code = latest_code()
    stranger.post("/account/code/enter/", {"code": "000000x"})
    assert stranger.post("/account/code/enter/", {"code": code}).status_code == 302
    assert stranger.get("/").status_code == 200
    stranger.post("/people/contact/", {"login": f"{EMAIL}.not an address"})
    stranger.get("/no/such/page/", {"q": NAME})
    client_of(platform, enforce_csrf_checks=True).post("/account/login/", {"login": EMAIL, "password": PASSWORD})
    link = invited(client_of, platform)
    assert stranger.post(link, {"name": ""}).status_code == 422
    assert any("Unprocessable" in line and "/join/.../" in line for line in lines)
    ask_for_payout_change(
        seller_id=xiulan.pk, account=Account(NAME, OTHER_NUMBER, "Riverbank"), second_factor="totp", on=at.date(),
        at=at, by="user:7",
    )  # fmt: skip
    assert any("Not Found" in line for line in lines), "the lines were really kept"
    assert any("Forbidden" in line for line in lines)
    assert leaks(lines, code, link.strip("/").rpartition("/")[2]) == []


def test_a_row_that_the_database_quotes_is_left_out(platform: Platform, xiulan: Seller, lines: list[str]) -> None:
    """Whoever logs the error: by structlog as text or with its traceback, by the standard library, by a task."""
    told: list[str] = []
    for statement in ("UPDATE users_user SET name = NULL", "UPDATE banking_bankaccount SET purpose = NULL"):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except IntegrityError as error:
            told.append(str(error))
            structlog.get_logger().error("seller set aside", error=str(error))
            structlog.get_logger().exception("not done")
            logging.getLogger("django.request").exception("Internal Server Error: %s", "/money/")
            get_task_logger("celery.app.trace").error("Task raised unexpected: %r", str(error), exc_info=True)
    assert EMAIL in told[0], "the database does quote it"
    assert NUMBER in told[1]
    assert len([line for line in lines if "not done" in line]) == 2
    assert any("violates not-null constraint" in line for line in lines), "what happened is still said"
    assert leaks(lines) == []


@override_settings(DEBUG=True)
def test_statements_are_not_logged_with_their_values(xiulan: Seller, lines: list[str]) -> None:
    connection.force_debug_cursor = True
    try:
        assert User.objects.filter(email=EMAIL).exists()
    finally:
        connection.force_debug_cursor = False
    assert leaks(lines) == []


def test_without_a_gateway_no_code_is_printed(capsys: pytest.CaptureFixture[str], lines: list[str]) -> None:
    with pytest.raises(SmsNotSent, match="SMS_BACKEND"):
        NoGateway().send(PHONE, "Your code is 123456")
    said = capsys.readouterr()
    assert "123456" not in said.out + said.err
    assert leaks(lines, "123456") == []
