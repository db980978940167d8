"""The desk acts on a financing, the seller reads of it: shown first, done once, refused in a sentence, on paper."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import html

from apps.financing.models import Financing
from apps.portal.formats import format_day
from apps.portal.statements import statement_html
from apps.repayment.events import Act, approve, perform
from apps.repayment.models import Event
from apps.repayment.statement import statement_of
from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.factories import make_bank_line
from tests.portal.test_pages import person
from tests.story import DAY, Story

D = Decimal
Browse = Any


@pytest.fixture
def today(platform: Platform) -> Any:
    return platform.business_date(datetime.now(UTC))


@pytest.fixture
def financing(platform: Platform, today: Any) -> Financing:
    """An early payment of 1,000 that has run for twenty nights; its books are closed through yesterday."""
    story = Story(platform, first=today - 21 * DAY)
    seller = story.seller()
    seller.user = person(Role.SELLER, "mei@meadow.example")
    seller.save()
    story.delivered(seller, "2000.00", today - 21 * DAY)
    story.night(today - 21 * DAY)
    drawn = story.draw(story.offer(seller, "early-payment"), "1000", today - 20 * DAY)
    Financing.objects.update(due_on=today + 30 * DAY)
    for number in range(20, 0, -1):
        story.night(today - number * DAY)
    return Financing.objects.get(pk=drawn.pk)


@pytest.fixture
def desk(platform: Platform, financing: Financing, client_of: Callable[..., Browse]) -> Browse:
    return client_of(platform, person(Role.STAFF, "staff@meadow.example"))


def shown(page: Any) -> dict[str, str]:
    """What the form that does it holds, taken from the page as a browser would."""
    source = page.content.decode()
    form = source[source.rindex("<form method") :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    button = re.search(r'name="do" value="(\w+)"', form)
    assert button is not None
    return {**fields, "do": button[1]}


def decides(page: Any) -> str:
    """The fingerprint that the second person sends back with the approval."""
    button = re.search(r'/approve/.*?name="do" value="(\w+)"', page.content.decode(), re.DOTALL)
    assert button is not None
    return button[1]


def test_a_payment_dated_back_is_shown_done_and_stands_in_the_history(
    desk: Browse, financing: Financing, today: Any
) -> None:
    line = make_bank_line(amount=D("400.00"), booked_on=today - 10 * DAY, reference="F-PAY")
    address = f"/desk/financings/{financing.pk}/payment/"
    assert b"F-PAY" in desk.get(address).content
    page = desk.post(address, {"line": line.pk, "reason": "found in the list", "key": "k1"})
    assert page.status_code == 200
    assert "told again" in page.content.decode()
    assert not Event.objects.exists()
    answer = desk.post(address, {**shown(page), "line": line.pk, "reason": "found in the list", "key": "k1"})
    assert answer.status_code == 302
    again = desk.post(address, {**shown(page), "line": line.pk, "reason": "found in the list", "key": "k1"})
    assert again.status_code in {302, 422}  # the line is explained by now: nothing is done twice
    assert Event.objects.get().effective_on == today - 10 * DAY
    page = desk.get(f"/desk/financings/{financing.pk}/")
    assert "found in the list" in page.content.decode()
    assert "counts from" in page.content.decode()
    known = desk.get(f"/desk/financings/{financing.pk}/known/", {"on": str(today - 2 * DAY)}).content.decode()
    assert "found in the list" in known
    assert "1,00" in known


def test_what_makes_no_sense_is_refused_in_a_sentence_and_what_was_typed_is_kept(
    desk: Browse, financing: Financing
) -> None:
    address = f"/desk/financings/{financing.pk}/waiver/"
    page = desk.post(address, {"interest": "9000", "reason": "kindness", "key": "k"})
    assert page.status_code == 422
    assert "No more can be waived" in page.content.decode()
    assert 'value="9000"' in page.content.decode()
    for typed in ({"interest": "abc"}, {"interest": "-3"}, {}, {"interest": "１", "reason": ""}):
        assert desk.post(address, {"reason": "x", "key": "k", **typed}).status_code == 422
    assert (
        desk.post(f"/desk/financings/{financing.pk}/pause/", {"until": "2030-02-31", "reason": "x"}).status_code == 422
    )
    assert desk.get(f"/desk/financings/{financing.pk}/nonsense/").status_code == 404
    assert not Event.objects.exists()


def test_a_stale_page_does_nothing(desk: Browse, financing: Financing) -> None:
    address = f"/desk/financings/{financing.pk}/waiver/"
    typed = {"interest": "1.00", "reason": "kindness", "key": "one"}
    page = desk.post(address, typed)
    other = {"interest": "2.00", "reason": "more kindness", "key": "two"}
    assert desk.post(address, {**other, "do": shown(desk.post(address, other))["do"]}).status_code == 302
    stale = desk.post(address, {**typed, "do": shown(page)["do"]})
    assert stale.status_code == 422
    assert "look again" in stale.content.decode()
    assert Event.objects.get().amount == 2


def test_a_write_off_waits_for_the_second_person(
    desk: Browse, financing: Financing, platform: Platform, client_of: Callable[..., Browse]
) -> None:
    address = f"/desk/financings/{financing.pk}/write_off/"
    page = desk.post(address, {"reason": "closed for good", "key": "w"})
    desk.post(address, {**shown(page), "reason": "closed for good", "key": "w"})
    event = Event.objects.get()
    assert event.state == "proposed"
    proposal, approval = f"/desk/events/{event.pk}/", f"/desk/events/{event.pk}/approve/"
    assert proposal in desk.get(f"/desk/financings/{financing.pk}/").content.decode()
    assert "another person must approve" in desk.get(proposal).content.decode()
    own = desk.post(approval, {"do": "anything"})
    assert own.status_code == 422
    assert "another person must" in own.content.decode()

    colleague = client_of(platform, person(Role.STAFF, "second@meadow.example"))
    blind = colleague.post(approval)
    assert blind.status_code == 422
    assert "Look first at what it changes" in blind.content.decode()
    seen = colleague.get(proposal)
    assert "This is what will change" in seen.content.decode()
    waiver = f"/desk/financings/{financing.pk}/waiver/"
    typed = {"interest": "1.00", "reason": "kindness", "key": "k"}
    assert desk.post(waiver, {**typed, "do": shown(desk.post(waiver, typed))["do"]}).status_code == 302
    stale = colleague.post(approval, {"do": decides(seen)})
    assert stale.status_code == 422
    assert "kindness" in stale.content.decode(), "what came since is shown"
    financing.refresh_from_db()
    assert financing.state == "active"

    assert colleague.post(approval, {"do": decides(stale)}).status_code == 302
    financing.refresh_from_db()
    assert financing.state == "written_off"
    assert "Recovery" in colleague.get(f"/desk/financings/{financing.pk}/").content.decode()
    assert colleague.get(proposal).status_code == 302, "decided: nothing is left to see"


def test_a_recovery_that_bounced_is_taken_back_and_everybody_reads_it(
    desk: Browse, financing: Financing, platform: Platform, today: Any, client_of: Callable[..., Browse]
) -> None:
    at = datetime.now(UTC)
    act = {"financing_id": financing.pk, "asked_on": today, "at": at}
    proposed = perform(act=Act("write_off", "closed"), key="w", by="user:1", **act)
    approve(event_id=proposed.pk, asked_on=today, at=at, by="user:2")
    address = f"/desk/financings/{financing.pk}/"
    assert f"{address}reversal/" not in desk.get(address).content.decode(), "nothing came in yet"
    brought, back = make_bank_line(amount=D(50), booked_on=today), make_bank_line(amount=D(-50), booked_on=today)
    typed = {"line": brought.pk, "reason": "from the estate", "key": "r"}
    desk.post(f"{address}recovery/", {**shown(desk.post(f"{address}recovery/", typed)), **typed})
    assert f"{address}reversal/" in desk.get(address).content.decode()

    form = desk.get(f"{address}reversal/").content.decode()
    assert "nothing is owed again" in form
    assert "· Recovery after the write-off · ¥50.00" in form.replace("\N{NO-BREAK SPACE}", " ")
    assert "· Write-off" not in form
    typed = {"event": "2", "line": back.pk, "reason": "the cheque bounced", "key": "b"}
    page = desk.post(f"{address}reversal/", typed)
    assert re.search(r"Collected after it was written off.*¥50\.00 - ¥50\.00 ¥0\.00", words(page))
    assert Event.objects.count() == 2
    assert desk.post(f"{address}reversal/", {**shown(page), **typed}).status_code == 302
    assert desk.post(f"{address}reversal/", {**typed, "key": "c"}).status_code == 422, "once is all"
    assert Event.objects.count() == 3

    seller = client_of(platform, User.objects.get(email="mei@meadow.example"))
    for page in (desk.get(address), seller.get(f"/money/{financing.pk}/")):
        assert re.search(r"Taken back.*What is taken back: Recovery after the write-off · ¥50\.00", words(page))
        assert "the cheque bounced" in words(page)
    paper = statement_html(statement_of(Financing.objects.get(), today, today), platform="Meadow", printed_on=today)
    assert re.search(r"from the estate.*50\.00.*Taken back: Recovery.*the cheque bounced.*50\.00", paper, re.DOTALL)


def words(page: Any) -> str:
    """The words of a page in one line, with plain spaces and minus signs."""
    text = " ".join(html.fromstring(page.content.decode()).itertext())
    return " ".join(text.replace("\N{MINUS SIGN}", "-").split())


def test_what_waits_for_two_is_not_decided_by_who_only_looks(
    desk: Browse, financing: Financing, platform: Platform, client_of: Callable[..., Browse]
) -> None:
    address = f"/desk/financings/{financing.pk}/write_off/"
    typed = {"reason": "closed for good", "key": "w"}
    desk.post(address, {**shown(desk.post(address, typed)), **typed})
    proposal = f"/desk/events/{Event.objects.get().pk}/"
    auditor = client_of(platform, person(Role.AUDITOR, "audit@meadow.example"))
    page = auditor.get(proposal).content.decode()
    assert "This is what will change" in page
    assert "/approve/" not in page
    assert auditor.post(f"{proposal}approve/", {"do": "x"}).status_code == 403
    assert client_of(platform, User.objects.get(email="mei@meadow.example")).get(proposal).status_code == 403
    assert desk.get("/desk/events/999999/").status_code == 404
    assert Event.objects.get().state == "proposed"


def test_who_may_look_and_who_may_act(
    desk: Browse, financing: Financing, platform: Platform, other_platform: Platform, client_of: Callable[..., Browse]
) -> None:
    paths = [f"/desk/financings/{financing.pk}/", f"/desk/financings/{financing.pk}/known/"]
    auditor = client_of(platform, person(Role.AUDITOR, "audit@meadow.example"))
    seller = client_of(platform, User.objects.get(email="mei@meadow.example"))
    for path in paths:
        assert auditor.get(path).status_code == 200
        assert seller.get(path).status_code == 403
        assert client_of(platform).get(path).status_code == 302
    assert auditor.post(f"/desk/financings/{financing.pk}/waiver/", {"interest": "1", "reason": "x"}).status_code == 403
    paper = f"/money/{financing.pk}/statement.pdf"
    assert [who.get(paper).status_code for who in (auditor, seller, desk)] == [200, 200, 200]
    stranger = person(Role.SELLER, "other@meadow.example")
    assert client_of(platform, stranger).get(paper).status_code == 404
    assert not Event.objects.exists()


@pytest.mark.parametrize(("language", "word"), [("en", "To repay everything today"), ("zh-hans", "今日全部还清")])
def test_the_seller_reads_the_sum_to_the_cent_and_what_was_done(
    desk: Browse, financing: Financing, platform: Platform, client_of: Callable[..., Browse], language: str, word: str
) -> None:
    address = f"/desk/financings/{financing.pk}/waiver/"
    typed = {"interest": "1.00", "reason": "late delivery of the money", "key": "one"}
    desk.post(address, {**typed, "do": shown(desk.post(address, typed))["do"]})
    User.objects.update(language=language)
    seller = client_of(platform, User.objects.get(email="mei@meadow.example"))
    page = seller.get(f"/money/{financing.pk}/").content.decode()
    interest = (D(1000) * D("0.12") * 20 / 360).quantize(D("0.01")) - 1
    assert word in page
    assert f"{1000 + interest:,}" in page
    assert "late delivery of the money" in page
    paper = seller.get(f"/money/{financing.pk}/statement.pdf")
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    wrong = seller.get(f"/money/{financing.pk}/statement.pdf", {"first": "2026-02-02", "last": "2026-01-01"})
    assert wrong.status_code == 302


def test_what_repays_everything_is_reckoned_for_any_day_to_come_for_the_desk_and_for_the_seller(
    desk: Browse, financing: Financing, today: Any, platform: Platform, client_of: Callable[..., Browse]
) -> None:
    """1,000 at 12 % a year of 360 days: after 29 days 9.67. The day is in the address, so no script is needed."""
    seller = client_of(platform, User.objects.get(email="mei@meadow.example"))
    assert 'name="on"' in seller.get(f"/money/{financing.pk}/").content.decode()
    nonsense = ("", "soon", "2025-02-30", "9999-12-31", str(today - DAY), str(today + 367 * DAY))
    for who, address in ((seller, f"/money/{financing.pk}/"), (desk, f"/desk/financings/{financing.pk}/")):
        quoted = who.get(address, {"on": str(today + 9 * DAY)})
        assert quoted.status_code == 200
        assert "1,009.67" in quoted.content.decode()
        assert "9.67 interest" in quoted.content.decode()
        for typed in nonsense:
            refused = who.get(address, {"on": typed})
            assert refused.status_code == 422, typed
            assert "1,009.67" not in refused.content.decode()
        assert "Choose a day from" in refused.content.decode()
        swapped = who.get(address, {"on": str(today - DAY)}, headers={"HX-Request": "true"})
        assert swapped.status_code == 200, "htmx shows nothing that comes with another status"
        assert "Choose a day from" in swapped.content.decode()
    Financing.objects.update(state="repaid", repaid_on=today, principal=0, fee=0, interest=0, penalty=0, past_due=0)
    assert 'name="on"' not in seller.get(f"/money/{financing.pk}/").content.decode(), "nothing is left to repay"


def lines_offered(page: Any) -> list[str]:
    """The lines of the bank that the form lists, in its order."""
    select = re.search(r'<select name="line".*?</select>', page.content.decode(), re.DOTALL)
    assert select is not None
    return [label.rpartition(" · ")[2] for label in re.findall(r"<option[^>]*>([^<]*)</option>", select[0])][1:]


def test_a_line_of_the_bank_older_than_those_listed_is_found_by_amount_reference_or_day(
    desk: Browse, financing: Financing, today: Any
) -> None:
    """55 payments stand unexplained; the form lists 50. Whoever looks for the oldest, 400.00 of Old Li, finds it."""
    old = make_bank_line(amount=D("400.00"), booked_on=today - 15 * DAY, reference="OLD-LI", text="Old Li, for May")
    for number in range(54):
        make_bank_line(amount=D(10), booked_on=today - 2 * DAY, reference=f"F-{number:02}")
    make_bank_line(amount=D("-400.00"), booked_on=today, reference="MONEY-OUT")
    make_bank_line(amount=D("400.00"), booked_on=today, reference="OTHERS", currency="BRL")
    address = f"/desk/financings/{financing.pk}/payment/"
    page = desk.get(address)
    assert lines_offered(page) == [f"F-{number:02}" for number in range(53, 3, -1)], "the newest first"
    assert "The newest 50 of 55" in page.content.decode()
    day = str(today - 15 * DAY)
    for asked in ({"find": "400"}, {"find": "¥400.00"}, {"find": "old-li"}, {"find": "for may"}, {"booked": day}):
        found = desk.get(address, asked)
        assert lines_offered(found) == ["OLD-LI"], asked
        assert "1 line is still unexplained" in found.content.decode()
    assert lines_offered(desk.get(address, {"find": "10", "booked": day})) == []
    assert lines_offered(desk.get(address, {"find": "-400"})) == ["OLD-LI"], "a sign more does not hide it"
    for nonsense in ({"find": "nobody"}, {"find": "9" * 40}, {"booked": "soon"}, {"find": "x" * 200}, {"find": "\0"}):
        none = desk.get(address, nonsense)
        assert none.status_code == 200
        assert lines_offered(none) == []
        assert "No line that is still unexplained is like that" in none.content.decode()

    typed = {"line": old.pk, "reason": "found by its amount", "key": "k1"}
    seen = desk.post(f"{address}?find=400", typed)
    assert seen.status_code == 200
    assert "¥400.00" in seen.content.decode()
    without_search = desk.post(address, typed)
    assert without_search.status_code == 200, "what was chosen may be chosen, listed or not"
    assert lines_offered(without_search)[0] == "OLD-LI"
    assert desk.post(f"{address}?find=400", {**shown(seen), **typed}).status_code == 302
    assert Event.objects.get().details["line"] == old.pk
    for gone in (old.pk, 10**30, "x"):
        refused = desk.post(address, {**typed, "line": gone, "key": "k2"})
        assert refused.status_code == 422
        assert "or is explained already" in refused.content.decode()
    assert Event.objects.count() == 1


def test_what_is_only_proposed_is_not_called_done_and_the_second_person_is_told_what_became_of_it(
    desk: Browse, financing: Financing, platform: Platform, client_of: Callable[..., Browse]
) -> None:
    address = f"/desk/financings/{financing.pk}/write_off/"
    typed = {"reason": "closed for good", "key": "w"}
    seen = desk.post(address, typed)
    assert "Propose it" in seen.content.decode()
    assert "Do it" not in seen.content.decode()
    told = desk.post(address, {**shown(seen), **typed}, follow=True).content.decode()
    assert "Nothing has changed yet" in told
    assert "Done." not in told
    proposal = f"/desk/events/{Event.objects.get().pk}/"
    second, third = (client_of(platform, person(Role.STAFF, f"{name}@meadow.example")) for name in ("two", "three"))
    mark = decides(third.get(proposal))
    refused = second.post(f"{proposal}refuse/", follow=True).content.decode()
    assert "Refused. Nothing was changed" in refused
    late = third.post(f"{proposal}approve/", {"do": mark}, follow=True).content.decode()
    assert "It had been refused already" in late
    assert "It had been refused already" in third.get(proposal, follow=True).content.decode()
    financing.refresh_from_db()
    assert financing.state == "active"


def test_money_after_a_write_off_is_shown_with_its_amount_and_the_seller_reads_no_repayment_that_never_was(
    desk: Browse, financing: Financing, platform: Platform, client_of: Callable[..., Browse], today: Any
) -> None:
    """1,000.00 was written off. No bar says that it was repaid; 55.00 that came since is named before it is booked."""
    address = f"/desk/financings/{financing.pk}/write_off/"
    typed = {"reason": "closed for good", "key": "w"}
    desk.post(address, {**shown(desk.post(address, typed)), **typed})
    proposal = f"/desk/events/{Event.objects.get().pk}/"
    colleague = client_of(platform, person(Role.STAFF, "second@meadow.example"))
    approved = colleague.post(f"{proposal}approve/", {"do": decides(colleague.get(proposal))}, follow=True)
    assert "Done. It stands in the history" in approved.content.decode()
    seller = client_of(platform, User.objects.get(email="mei@meadow.example"))
    read = seller.get(f"/money/{financing.pk}/").content.decode()
    assert "It was written off in the books" in read
    assert "% repaid" not in read
    assert "rests until you sell" not in read
    line = make_bank_line(amount=D("55.00"), booked_on=today, reference="LATE")
    came = {"line": line.pk, "reason": "sold the cart", "key": "r"}
    assert "¥55.00</span>" in desk.post(f"/desk/financings/{financing.pk}/recovery/", came).content.decode()


def test_no_page_speaks_of_a_day_that_lies_ahead_as_if_it_were_known(
    desk: Browse, financing: Financing, today: Any
) -> None:
    known = f"/desk/financings/{financing.pk}/known/"
    for day in (today + DAY, "2000-01-01", "9999-12-31", "soon"):
        page = desk.get(known, {"on": str(day)})
        assert page.status_code == 422, day
    assert "Choose a day from" in desk.get(known, {"on": str(today + DAY)}).content.decode()
    paper = desk.get(f"/money/{financing.pk}/statement.pdf", {"last": str(today + DAY)}, follow=True)
    assert "nothing can be stated of it yet" in paper.content.decode()
    rate = {"percent": "9", "effective_on": str(today + 12 * DAY), "reason": "x", "key": "k"}
    refused = desk.post(f"/desk/financings/{financing.pk}/rate/", rate).content.decode()
    assert format_day(today) in refused, "days in sentences are written as everywhere else"
    assert f"through {today}" not in refused
