"""Files of banks and providers at the desk: handed in, shown with the place of each line, refused in a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.banking.models import BankAccount, BankLine, BankStatement, CsvMapping, PaymentBatch, StatementFile
from apps.banking.services import approve_and_send, open_account
from apps.orders.models import Settlement
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.banking.payments.answers import answer, rejected
from tests.factories import make_payment_batch
from tests.portal.test_pages import person
from tests.story import DAY, Story

D = Decimal
NUMBER = "6222020000000001"
Browse = Any


@pytest.fixture
def today(platform: Platform) -> Any:
    return platform.business_date(datetime.now(UTC))


@pytest.fixture
def account(platform: Platform) -> BankAccount:
    return open_account(
        purpose="collection", holder="Meadow", number=NUMBER, currency="CNY", at=datetime.now(UTC), by="user:1"
    )


@pytest.fixture
def desk(platform: Platform, client_of: Callable[..., Browse]) -> Browse:
    return client_of(platform, person(Role.STAFF, "staff@meadow.example"))


def upload(content: str, name: str = "statement.sta") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def mt940(today: Any, amount: str = "25,00", closing: str = "125,00", number: str = "7") -> str:
    day = today - DAY
    short = f"{day:%y%m%d}"
    return (
        f":20:S\n:25:{NUMBER}\n:28C:{number}/1\n:60F:C{short}CNY100,00\n"
        f":61:{short}{day:%m%d}C{amount}NTRFORDER-1//B1\n:86:for cherries\n:62F:C{short}CNY{closing}\n-\n"
    )


def text(page: Any) -> str:
    return page.content.decode()


def test_a_file_is_handed_in_and_each_line_shows_where_it_was_read(
    desk: Browse, account: BankAccount, today: Any
) -> None:
    page = desk.post("/desk/files/new/", {"file": upload(mt940(today))}, follow=True)
    file = StatementFile.objects.get()
    assert page.redirect_chain == [(f"/desk/files/{file.pk}/", 302)]
    assert "1 bank line was booked." in text(page)
    assert "Booked" in text(page)
    statement = text(desk.get(f"/desk/statements/{BankStatement.objects.get().pk}/"))
    assert "statement 1, entry 1, line 5" in statement
    assert f"L-{BankLine.objects.get().pk}" in statement
    assert "not explained yet" in statement
    kept = desk.get(f"/desk/files/{file.pk}/original/")
    assert b"".join(kept.streaming_content) == mt940(today).encode()
    assert "attachment" in kept["Content-Disposition"]
    again = desk.post("/desk/files/new/", {"file": upload(mt940(today), "renamed.txt")}, follow=True)
    assert "nothing is new" in text(again)
    assert BankLine.objects.count() == 1


def test_another_statement_with_the_same_number_shows_both(desk: Browse, account: BankAccount, today: Any) -> None:
    desk.post("/desk/files/new/", {"file": upload(mt940(today), "one.sta")})
    page = desk.post("/desk/files/new/", {"file": upload(mt940(today, "26,00", "126,00"), "two.sta")})
    assert page.status_code == 422
    for told in ("one.sta", "two.sta", "taken in before", "refused now", "¥125.00", "¥126.00"):
        assert told in text(page)
    assert BankLine.objects.count() == 1


def test_what_does_not_add_up_waits_and_cannot_be_booked(desk: Browse, account: BankAccount, today: Any) -> None:
    desk.post("/desk/files/new/", {"file": upload(mt940(today, closing="124,00"))})
    statement = BankStatement.objects.get()
    page = text(desk.get(f"/desk/statements/{statement.pk}/"))
    assert "Waits for a person" in page
    assert "Book it on my word" not in page
    refused = desk.post(f"/desk/statements/{statement.pk}/book/")
    assert (refused.status_code, BankLine.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "The file is empty."), ("%PDF-1.7", "This is a PDF."), ("just words", "no statement of a known format")],
)
def test_what_is_no_statement_is_refused_in_a_sentence(
    desk: Browse, account: BankAccount, content: str, reason: str
) -> None:
    page = desk.post("/desk/files/new/", {"file": upload(content)})
    assert page.status_code == 422
    assert reason in text(page)
    assert desk.post("/desk/files/new/", {}).status_code == 422
    assert not StatementFile.objects.exists()


def test_a_mapping_is_made_once_with_the_first_rows_shown(desk: Browse, account: BankAccount, today: Any) -> None:
    day = today - DAY
    csv = f"Buchungstag;Betrag;Zweck\n{day:%d.%m.%Y};1.234,50;Kirschen\n{day:%d.%m.%Y};-5,00;Porto\n"
    where = f"/desk/accounts/{account.pk}/csv/"
    chosen = text(desk.post(where, {"file": upload(csv, "bank.csv")}))
    assert 'value="Buchungstag" selected' in chosen
    fields = {
        "lines": csv, "delimiter": ";", "date_format": "%d.%m.%Y", "decimal_sign": ",", "booking_date": "Buchungstag",
        "amount": "Betrag", "text": "Zweck",
    }  # fmt: skip
    preview = text(desk.post(where, fields))
    assert "Kirschen" in preview
    assert "1,234.50" in preview
    assert not CsvMapping.objects.exists()
    assert desk.post(where, {**fields, "amount": ""}).status_code == 422
    desk.post(where, {**fields, "keep": "yes"})
    assert CsvMapping.objects.get().settings["account_number"] == NUMBER
    desk.post("/desk/files/new/", {"file": upload(csv, "bank.csv"), "csv_account": str(account.pk)})
    statement = BankStatement.objects.get()
    assert statement.state == "left"
    desk.post(f"/desk/statements/{statement.pk}/book/")
    assert sorted(BankLine.objects.values_list("amount", flat=True)) == [D(-5), D("1234.50")]


def test_an_account_of_ours_is_added_once(desk: Browse, account: BankAccount) -> None:
    fields = {"purpose": "collection", "holder": "Meadow", "number": "99", "currency": "CNY"}
    page = desk.post("/desk/accounts/", fields)
    assert page.status_code == 422
    assert "There is a collection account in CNY already" in text(page)
    assert desk.post("/desk/accounts/", {**fields, "purpose": "payout"}).status_code == 422
    assert desk.post("/desk/accounts/", {**fields, "currency": "ABC"}).status_code == 422
    assert desk.post("/desk/accounts/", {**fields, "purpose": "funding"}).status_code == 302
    assert BankAccount.objects.exclude(purpose="payout").count() == 2


def test_the_bank_gets_its_file_and_its_answer_stops_a_payment(desk: Browse, platform: Platform, today: Any) -> None:
    first = today - 2 * DAY
    story = Story(platform, first=first)
    open_account(purpose="collection", holder="Meadow", number=NUMBER, currency="CNY", at=story.at(first), by="user:1")
    story.settle(first, story.seller(consents=False), "500.00")
    story.night(first)
    batch = PaymentBatch.objects.get()
    refused = desk.get(f"/desk/payments/{batch.pk}/file/")
    assert (refused.status_code, "A second person has to approve" in text(refused)) == (422, True)
    approve_and_send(batch_id=batch.pk, at=story.at(today), by="user:2")
    file = desk.get(f"/desk/payments/{batch.pk}/file/", {"version": "03"})
    assert b"pain.001.001.03" in file.content
    assert file["Content-Disposition"] == f'attachment; filename="payouts-{first}.pain.001.001.03.xml"'
    assert desk.get(f"/desk/payments/{batch.pk}/file/", {"version": "99"}).status_code == 422
    reference = batch.instructions.get().reference
    told = answer(batch.message_id, "PART", payments=rejected(reference, "AC04"))
    page = desk.post("/desk/payments/answer/", {"file": upload(told, "answer.xml")}, follow=True)
    assert page.redirect_chain == [(f"/desk/payments/{batch.pk}/", 302)]
    assert "AC04" in text(page)
    assert "Refused by the bank" in text(page)
    nonsense = desk.post("/desk/payments/answer/", {"file": upload("<a/>", "answer.xml")})
    assert (nonsense.status_code, "holds no pain.002" in text(nonsense)) == (422, True)


def test_a_settlement_file_lands_whole_or_names_its_bad_lines(desk: Browse, platform: Platform, today: Any) -> None:
    story = Story(platform, first=today - 2 * DAY)
    story.seller("Li Mei", consents=False)
    body = (
        "payout,settled_on,currency,line,kind,seller,order,amount\n"
        f"PO-1,{today},CNY,1,capture,Li Mei,,100.00\nPO-1,{today},CNY,2,fee,,,2.50\nPO-1,{today},CNY,,payout,,,97.50\n"
    )
    bad = desk.post("/desk/settlements/new/", {"file": upload(body.replace("Li Mei", "Nobody"), "po.csv")})
    assert bad.status_code == 422
    assert "The seller is unknown." in text(bad)
    assert not Settlement.objects.exists()
    page = desk.post("/desk/settlements/new/", {"file": upload(body, "po.csv")}, follow=True)
    assert "The file was taken in." in text(page)
    shown = text(desk.get(f"/desk/settlements/{Settlement.objects.get().pk}/"))
    for told in ("PO-1:1", "Li Mei", "¥97.50"):
        assert told in shown


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SELLER, Role.FINANCIER])
def test_only_staff_hand_files_in(
    platform: Platform, account: BankAccount, client_of: Any, role: str, today: Any
) -> None:
    client = client_of(platform, person(role, "other@meadow.example"))
    batch = make_payment_batch()
    posts = ("files/new/", "settlements/new/", "payments/answer/", "accounts/")
    assert [client.post(f"/desk/{one}", {"file": upload(mt940(today))}).status_code for one in posts] == [403] * 4
    assert client.get(f"/desk/payments/{batch.pk}/file/").status_code == 403
    assert client.get("/desk/files/").status_code == (200 if role == Role.AUDITOR else 403)
    assert not StatementFile.objects.exists()


def test_the_api_takes_a_statement_in(desk: Browse, account: BankAccount, today: Any) -> None:
    asked = desk.post("/api/statements/", {"file": upload(mt940(today))})
    told = asked.json()
    assert (asked.status_code, told["is_new"], told["booked"]) == (200, True, 1)
    assert told["statements"][0]["state"] == "booked"
    assert told["statements"][0]["closing"] == "125.0000"
    assert desk.post("/api/statements/", {"file": upload(mt940(today))}).json()["is_new"] is False
    other = desk.post("/api/statements/", {"file": upload(mt940(today, "26,00", "126,00"))})
    assert (other.status_code, "came before" in other.json()["detail"]) == (409, True)
    assert desk.post("/api/statements/", {"file": upload("%PDF")}).status_code == 422
    assert desk.post("/api/statements/", {"file": upload("a"), "csv_account": "1"}).status_code == 400
    assert BankLine.objects.count() == 1


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SELLER])
def test_the_api_takes_nothing_from_others(
    platform: Platform, account: BankAccount, client_of: Any, role: str, today: Any
) -> None:
    client = client_of(platform, person(role, "other@meadow.example"))
    assert client.post("/api/statements/", {"file": upload(mt940(today))}).status_code == 403
    assert not StatementFile.objects.exists()
