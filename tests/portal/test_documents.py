"""A document proves itself when it is opened, to its seller and to outsiders, and says so when it no longer does."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from apps.financing.checking import check_document
from apps.financing.models import Contract
from apps.financing.services import render_contract
from apps.portal.proofs import verdict_on
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.factories import make_user
from tests.story import DAY, Story


@pytest.fixture
def signed(platform: Platform) -> tuple[Story, Contract]:
    return contract_signed_on(platform)


def contract_signed_on(platform: Platform) -> tuple[Story, Contract]:
    """A contract that was rendered as a PDF and signed today; no night has sealed the day yet."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(today - DAY)
    contract = story.accept(story.offer(seller), "1000", today)
    render_contract(contract_id=contract.pk, at=story.at(today), by="test")
    story.sign(contract, today)
    contract.refresh_from_db()
    return story, contract


def checks(contract: Contract) -> dict[str, str]:
    return {one.name: one.verdict for one in check_document(contract)}


GOOD = {"bytes": "good", "seal": "good", "terms": "good", "record": "good"}


def test_a_signed_contract_proves_itself_and_the_night_seals_it(signed: tuple[Story, Contract]) -> None:
    story, contract = signed
    assert checks(contract) == {**GOOD, "day": "waiting"}
    assert verdict_on(contract).holds
    story.night(story.first + DAY)
    assert checks(contract) == {**GOOD, "day": "good"}


def stored(contract: Contract) -> Path:
    return Path(contract.document.path)


def test_one_changed_byte_is_shown_as_such(signed: tuple[Story, Contract], client_of: Callable[..., Any]) -> None:
    story, contract = signed
    browse = client_of(story.platform, contract.seller.user)
    assert "The paper proves itself" in browse.get(f"/contracts/{contract.pk}/").content.decode()
    content = bytearray(stored(contract).read_bytes())
    content[len(content) // 3] ^= 1
    stored(contract).write_bytes(bytes(content))
    assert checks(contract) == {**GOOD, "bytes": "bad", "seal": "bad", "day": "waiting"}
    page = browse.get(f"/contracts/{contract.pk}/").content.decode()
    assert "Something is wrong with this paper" in page
    assert "The paper proves itself" not in page
    assert "Changed or missing." in page


def test_a_file_that_is_gone_is_said_to_be_missing_without_a_traceback(
    signed: tuple[Story, Contract], client_of: Callable[..., Any]
) -> None:
    story, contract = signed
    stored(contract).unlink()
    assert checks(contract)["bytes"] == checks(contract)["seal"] == "bad"
    assert client_of(story.platform, contract.seller.user).get(f"/contracts/{contract.pk}/").status_code == 200


def test_terms_that_someone_rewrote_are_noticed(signed: tuple[Story, Contract]) -> None:
    _story, contract = signed
    contract.terms = contract.terms.replace("1000", "9000")
    assert checks(contract) == {**GOOD, "terms": "bad", "day": "waiting"}


def test_another_paper_with_a_seal_and_hash_of_its_own_is_not_what_the_log_recorded(
    signed: tuple[Story, Contract],
) -> None:
    _story, contract = signed
    contract.document_sha256 = "0" * 64
    assert checks(contract)["record"] == "bad"


def test_a_record_that_was_rewritten_in_the_database_is_noticed(signed: tuple[Story, Contract]) -> None:
    story, contract = signed
    story.night(story.first + DAY)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evidence_record DISABLE TRIGGER ALL")
        cursor.execute("UPDATE evidence_record SET \"by\" = 'user:666' WHERE kind = 'contract_signed'")
    assert checks(contract) == {**GOOD, "record": "bad", "day": "good"}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evidence_record SET hash = repeat('0', 64) WHERE kind = 'contract_signed'")
    assert checks(contract)["day"] == "bad"


def test_an_unsigned_contract_proves_its_paper_only(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(story.first)
    contract = story.accept(story.offer(seller), "1000", story.first + DAY)
    assert check_document(contract) == []
    contract = render_contract(contract_id=contract.pk, at=story.at(story.first), by="test")
    assert checks(contract) == {"bytes": "good", "seal": "good", "terms": "good"}


def test_rendering_again_after_a_kill_leaves_one_file(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(story.first)
    contract = story.accept(story.offer(seller), "1000", story.first + DAY)
    first = stored(render_contract(contract_id=contract.pk, at=story.at(story.first), by="test"))
    there = set(first.parent.iterdir())
    Contract.objects.filter(pk=contract.pk).update(state="drafted")  # as if the commit had never come
    again = render_contract(contract_id=contract.pk, at=story.at(story.first), by="test")
    assert (stored(again), set(first.parent.iterdir())) == (first, there)
    assert checks(again)["bytes"] == "good"


def ask(browse: Any, **typed: Any) -> Any:
    return browse.post("/verify/", typed)


def test_an_outsider_compares_file_or_fingerprint_and_learns_no_name(
    signed: tuple[Story, Contract], client_of: Callable[..., Any]
) -> None:
    story, contract = signed
    stranger = client_of(story.platform)
    assert stranger.get("/verify/").status_code == 200
    file = SimpleUploadedFile("contract.pdf", stored(contract).read_bytes(), "application/pdf")
    spaced = " ".join(contract.document_sha256.upper()[place : place + 8] for place in range(0, 64, 8))
    for answer in (ask(stranger, document=file), ask(stranger, fingerprint=spaced)):
        page = answer.content.decode()
        assert "Genuine" in page
        assert contract.number in page
        assert contract.seller.name not in page
        assert "1,000" not in page


def test_a_changed_copy_is_not_known(signed: tuple[Story, Contract], client_of: Callable[..., Any]) -> None:
    story, contract = signed
    copy = bytearray(stored(contract).read_bytes())
    copy[-3] ^= 1
    page = ask(client_of(story.platform), document=SimpleUploadedFile("c.pdf", bytes(copy))).content.decode()
    assert "Not known here" in page
    assert contract.number not in page


@pytest.mark.parametrize("typed", ["", "abc", "g" * 64, "<script>alert(1)</script>", "0" * 63, "😀" * 64])
def test_what_is_no_fingerprint_is_answered_in_words(
    platform: Platform, client_of: Callable[..., Any], typed: str
) -> None:
    answer = ask(client_of(platform), fingerprint=typed)
    assert answer.status_code == 422
    assert "<script>alert(1)" not in answer.content.decode()


def test_an_empty_file_is_simply_unknown_and_a_huge_one_is_refused(
    platform: Platform, client_of: Callable[..., Any]
) -> None:
    empty = ask(client_of(platform), document=SimpleUploadedFile("empty.pdf", b""))
    assert "Not known here" in empty.content.decode()
    huge = ask(client_of(platform), document=SimpleUploadedFile("huge.pdf", b"0" * (5 * 1024 * 1024 + 1)))
    assert huge.status_code == 422


def test_another_platforms_contract_is_not_known_here(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., Any]
) -> None:
    meadow, harbor = two_platforms
    with entered("harbor"):
        _story, contract = contract_signed_on(harbor)
        assert "Genuine" in ask(client_of(harbor), fingerprint=contract.document_sha256).content.decode()
    with entered("meadow"):
        assert "Not known here" in ask(client_of(meadow), fingerprint=contract.document_sha256).content.decode()
