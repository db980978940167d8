"""The queue of breaks in the browser's terms: one-click and bulk accept, two clerks at once, papers, roles."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.portal.breaks import expected_in_words
from apps.reconciliation.models import Break, BreakNote, Clearing, Suggestion
from apps.tenants.models import Platform
from tests.conftest import PlatformClient
from tests.factories import (
    make_bank_line,
    make_break,
    make_break_note,
    make_instruction,
    make_nightly_run,
    make_settlement,
    make_suggestion,
    make_user,
)
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY, FIRST, Story

D = Decimal
Clients = Callable[..., PlatformClient]


def hinted(platform: Platform, amount: str) -> Break:
    """500.00 were settled; the bank booked nearly as much under a reference of its own."""
    story = Story(platform)
    sold_and_closed(story)
    bank(story, 1, amount, "PSP 17")
    story.night(FIRST + DAY)
    return Break.objects.get()


@pytest.fixture
def clerk(platform: Platform, client_of: Clients) -> PlatformClient:
    return client_of(platform, make_user(role="staff", name="Mei Zhao"))


def test_one_click_in_the_queue_explains_a_break(clerk: PlatformClient, platform: Platform) -> None:
    one = hinted(platform, "499.50")
    offer = Suggestion.objects.get()
    page = clerk.get("/desk/breaks/")
    assert f'value="{offer.pk}:{one.version}"' in page.content.decode()
    clerk.post("/desk/breaks/accept/", {"chosen": f"{offer.pk}:{one.version}"})
    one.refresh_from_db()
    assert one.state == "matched"
    assert "1 break is explained" in clerk.get("/desk/breaks/").content.decode()
    clerk.post("/desk/breaks/accept/", {"chosen": f"{offer.pk}:{one.version}"})
    assert Clearing.objects.count() == 1


def test_of_two_candidates_alike_none_can_be_chosen_in_the_queue(clerk: PlatformClient) -> None:
    make_suggestion(alike=2)
    assert 'name="chosen"' not in clerk.get("/desk/breaks/").content.decode()


def test_the_second_clerk_reads_who_came_first(clerk: PlatformClient, platform: Platform, client_of: Clients) -> None:
    one = make_break()
    other = client_of(platform, make_user(role="staff", name="Chen Bo"))
    assert other.post(f"/desk/breaks/{one.pk}/take/", {"version": 0}).status_code == 302
    answer = clerk.post(f"/desk/breaks/{one.pk}/take/", {"version": 0})
    assert answer.status_code == 409
    assert "Chen Bo came first" in answer.content.decode()
    one.refresh_from_db()
    assert (one.version, one.state) == (1, "investigating")


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999", "1"])
def test_a_version_that_never_was_changes_nothing(clerk: PlatformClient, version: str) -> None:
    one = make_break()
    assert clerk.post(f"/desk/breaks/{one.pk}/take/", {"version": version}).status_code == 409
    assert Break.objects.get().state == "open"


def test_bad_words_change_nothing(clerk: PlatformClient) -> None:
    one = make_break(subject=f"bank_line:{make_bank_line().pk}", kind="missing_internal", amount=D(-100))
    for sent in ({}, {"account": "Equity:Funding", "reason": "mine"}, {"account": "Assets:Suspense", "reason": " "}):
        answer = clerk.post(f"/desk/breaks/{one.pk}/propose/", {"version": 0, **sent})
        assert answer.status_code == 422
    assert clerk.post(f"/desk/breaks/{one.pk}/delete/", {"version": 0}).status_code == 404
    assert clerk.post("/desk/breaks/accept/", {"chosen": "all"}).status_code == 400
    assert (Break.objects.get().version, Clearing.objects.count()) == (0, 0)


def test_a_larger_amount_waits_on_the_page_until_another_person_approves(
    clerk: PlatformClient, platform: Platform, client_of: Clients
) -> None:
    one = hinted(platform, "12.34")
    sent = {"version": one.version, "account": "Assets:Suspense", "reason": "unknown payer"}
    clerk.post(f"/desk/breaks/{one.pk}/propose/", sent)
    one.refresh_from_db()
    assert "Mei Zhao proposes" in clerk.get(f"/desk/breaks/{one.pk}/").content.decode()
    assert clerk.post(f"/desk/breaks/{one.pk}/approve/", {"version": one.version}).status_code == 422
    other = client_of(platform, make_user(role="staff", name="Chen Bo"))
    assert other.post(f"/desk/breaks/{one.pk}/approve/", {"version": one.version}).status_code == 302
    assert Break.objects.get().state == "adjusted"
    reopened = {"version": one.version + 1, "reason": "the payer called"}
    assert other.post(f"/desk/breaks/{one.pk}/reopen/", reopened).status_code == 302
    assert Clearing.objects.get().undone_by != ""


def test_a_paper_is_kept_and_only_ever_downloaded(clerk: PlatformClient) -> None:
    one = make_break()
    letter = SimpleUploadedFile("信 1.pdf", b"%PDF-1.7 <script>")
    clerk.post(f"/desk/breaks/{one.pk}/note/", {"text": "from the bank", "paper": letter})
    kept = BreakNote.objects.get()
    answer = clerk.get(f"/desk/breaks/papers/{kept.pk}/")
    assert (answer.content, answer["X-Content-Type-Options"]) == (b"%PDF-1.7 <script>", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    program = SimpleUploadedFile("letter.pdf", b"\x7fELF\x00\x01")
    assert clerk.post(f"/desk/breaks/{one.pk}/note/", {"text": "", "paper": program}).status_code == 422
    assert BreakNote.objects.count() == 1


def test_auditors_read_and_do_nothing_and_sellers_do_not_come_in(platform: Platform, client_of: Clients) -> None:
    one, kept = make_break(), make_break_note()
    auditor = client_of(platform, make_user(role="auditor"))
    page = auditor.get(f"/desk/breaks/{one.pk}/").content.decode()
    assert "I look into it" not in page
    assert auditor.get(f"/desk/breaks/papers/{kept.pk}/").status_code == 200
    assert auditor.post(f"/desk/breaks/{one.pk}/take/", {"version": 0}).status_code == 403
    seller = client_of(platform, make_user(role="seller"))
    assert seller.get(f"/desk/breaks/{one.pk}/").status_code == 403


def test_the_queue_is_filtered_and_paged(clerk: PlatformClient) -> None:
    run = make_nightly_run()
    for number in range(60):
        make_break(run=run, kind="fee" if number % 2 else "amount", text=f"number {number}.")
    page = clerk.get("/desk/breaks/", {"kind": "fee"}).content.decode()
    assert "number 59." in page
    assert "number 58." not in page
    assert "older=" in clerk.get("/desk/breaks/").content.decode()
    assert clerk.get("/desk/breaks/", {"owner": "mine"}).content.decode().count("number") == 0
    assert clerk.get("/desk/breaks/", {"kind": "nonsense"}).status_code == 200


def test_what_was_expected_is_named_in_words(platform: Platform) -> None:
    paid, payout = make_instruction(), make_settlement()
    words = expected_in_words(
        [f"settlement:payout:{payout.pk}", "settlement:2025-03-14", f"instruction:{paid.pk}:in", f"return:{paid.pk}",
         "instruction:999999"]
    )  # fmt: skip
    assert list(words.values()) == [
        payout.payout, "Settlement of 14 March 2025", paid.reference, paid.reference, "instruction:999999"
    ]  # fmt: skip
