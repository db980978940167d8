"""Messages: told once, in the reader's language, by the channels chosen, at the hours allowed."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import translation

from apps.core.sms import Sms, SmsNotSent
from apps.financing.services import render_contract
from apps.portal.messaging.delivery import deliver_due
from apps.portal.messaging.words import WORDS, speak
from apps.repayment.news import tell_of_the_night
from apps.sellers.models import Delivery, Message, MessageSettings, Seller
from apps.sellers.models.message import ALWAYS_MAILED, MOST_ATTEMPTS, Kind
from apps.sellers.services.messages import Notice, choose, tell
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.factories import DAY, make_contract, make_message, make_seller, make_user
from tests.story import DAY as ONE_DAY
from tests.story import FIRST, Story

SUNDAY = FIRST + ONE_DAY
NOON = datetime(2025, 3, 14, 4, 0, tzinfo=UTC)  # noon in Shanghai
FACTS = {
    "amount": "1000.00", "missing": "12.00", "sales": "100.00", "kept": "12.00", "paid_out": "88.00", "left": "500.00",
    "currency": "CNY", "day": "2025-03-21", "number": "F-000007", "reason": "Please send the licence.", "goal": "late",
    "asked": "2000.00", "share": "0.06", "given_back": "50.00",
}  # fmt: skip


def reader(language: str = "en", phone: str | None = "+8613800138000", **facts: Any) -> Seller:
    email = facts.pop("email", "mei@meadow.example")
    return make_seller(user=make_user(role=Role.SELLER, email=email, phone=phone, language=language), **facts)


def news(seller: Seller, kind: str = "repaid", key: str = "", **facts: str) -> Notice:
    return Notice(seller.pk, kind, key or f"{kind}:1", "home", {**FACTS, **facts})


def told(seller: Seller, kind: str = "repaid", at: datetime = NOON, **facts: str) -> Message:
    tell(notices=[news(seller, kind, **facts)], business_date=DAY, at=at)
    return Message.objects.get(seller=seller, kind=kind)


def send(at: datetime = NOON) -> int:
    return deliver_due(clock=lambda: at)


def test_every_kind_has_words_and_one_action(platform: Platform) -> None:
    assert set(Kind.values) - {"shop", "goods", "request"} <= set(WORDS), "these always say which words they mean"


def html_of(sent: mail.EmailMessage) -> str:
    """The HTML beside the plain text of an e-mail."""
    assert isinstance(sent, mail.EmailMultiAlternatives)
    return str(sent.alternatives[0][0])


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("words", sorted(WORDS))
def test_all_words_are_whole_sentences_in_both_languages(platform: Platform, words: str, language: str) -> None:
    message = make_message(kind="shop", facts={**FACTS, "first": "2025-03-15", "words": words}, subject="contract:7")
    with translation.override(language):
        spoken = speak(message)
    for text in (spoken.title, spoken.body, spoken.action):
        assert text
        assert "%(" not in text
    assert spoken.href == "/contracts/7/"


def test_a_weeks_summary_names_its_first_and_last_day(platform: Platform) -> None:
    spoken = speak(make_message(kind="summary", facts={**FACTS, "first": "2025-03-15", "words": "week"}))
    assert "From 15 March 2025 to 21 March 2025" in spoken.body
    assert spoken.title == "¥12.00 kept from your sales of the week"


@pytest.mark.parametrize(("language", "subject"), [("en", "Urgent: A repayment is late"), ("zh-hans", "")])
def test_an_e_mail_says_it_in_text_and_html_with_one_link(platform: Platform, language: str, subject: str) -> None:
    told(reader(language), "overdue")
    with translation.override("zh-hans" if language == "en" else "en"):  # a worker speaks any language, or none
        send()
    [sent] = mail.outbox
    assert sent.to == ["mei@meadow.example"]
    assert not subject or sent.subject == subject
    assert "https://meadow.test/" in sent.body
    html = html_of(sent)
    assert html.count("<a ") == 2  # the action, and what to be told
    assert f'lang="{language}"' in html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["offer", "signed", "paid_out", "summary", "near_breach", "margin_call", "overdue"])
def test_app_mailbox_and_telephone_say_it_in_the_readers_language_with_one_action(
    platform: Platform, client_of: Callable[..., Any], sms_outbox: list[Sms], kind: str, language: str
) -> None:
    seller = reader(language)
    wish(seller, wanted={kind: ["email", "sms"]})
    signed = render_contract(contract_id=make_contract().pk, as_pdf=False, at=NOON, by="test")
    notice = Notice(seller.pk, kind, f"{kind}:1", f"contract:{signed.pk}", FACTS)
    tell(notices=[notice], business_date=DAY, at=NOON)
    assert send() == 2
    message = Message.objects.get()
    with translation.override(language):
        spoken = speak(message)
    assert bool(re.search("[\u4e00-\u9fff]", spoken.title)) == (language == "zh-hans")
    page = client_of(platform, seller.user).get("/messages/").content.decode()
    assert page.count(f"/messages/{message.pk}/follow/") == page.count(escape(spoken.action)) == 1
    assert escape(spoken.title) in page
    [letter], [text] = mail.outbox, sms_outbox
    assert spoken.title in letter.subject
    assert letter.body.count("https://meadow.test/contracts/") == html_of(letter).count("https://meadow.test/c") == 1
    assert spoken.title in text.text
    assert text.text.endswith(f"https://meadow.test/contracts/{signed.pk}/")


def test_what_a_person_typed_is_text_in_the_html(platform: Platform) -> None:
    told(reader(), "asked", reason="<script>alert(1)</script>")
    send()
    assert "<script>" not in html_of(mail.outbox[0])


def test_a_text_message_is_short_and_says_that_it_is_urgent(platform: Platform, sms_outbox: list[Sms]) -> None:
    told(reader(), "overdue")
    send()
    assert sms_outbox == [Sms("+8613800138000", "Meadow: Urgent: A repayment is late. https://meadow.test/")]


def test_by_default_only_what_matters_now_goes_to_the_telephone(platform: Platform, sms_outbox: list[Sms]) -> None:
    told(reader(), "repaid")
    send()
    assert (len(mail.outbox), sms_outbox) == (1, [])


def test_told_twice_it_is_one_message_and_sent_once(platform: Platform) -> None:
    seller = reader()
    assert [tell(notices=[news(seller), news(seller)], business_date=DAY, at=NOON) for _time in range(2)] == [1, 0]
    assert [send(), send()] == [1, 0]
    assert len(mail.outbox) == 1
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.sent_at) == (1, NOON)


def test_a_seller_without_a_person_is_told_nothing_and_one_without_a_telephone_gets_no_text(
    platform: Platform, sms_outbox: list[Sms]
) -> None:
    assert tell(notices=[news(make_seller())], business_date=DAY, at=NOON) == 0
    assert not Message.objects.exists()
    told(reader(phone=None), "overdue")
    assert list(Delivery.objects.values_list("channel", flat=True)) == ["email"]
    send()
    assert sms_outbox == []


def test_news_of_the_night_waits_for_the_morning_unless_it_is_urgent(platform: Platform) -> None:
    seller, at_two = reader(), datetime(2025, 3, 13, 18, 0, tzinfo=UTC)
    told(seller, "repaid", at=at_two)
    told(seller, "overdue", at=at_two)
    send(at_two)
    assert [one.subject for one in mail.outbox] == ["Urgent: A repayment is late"]
    eight = datetime(2025, 3, 14, 0, 0, tzinfo=UTC)
    assert send(eight - timedelta(minutes=1)) == 0
    assert send(eight) == 1


def test_the_hours_are_those_of_the_sellers_own_clock(platform: Platform) -> None:
    seller = reader()
    wish(seller, time_zone="America/New_York")
    told(seller, "repaid", at=NOON)  # midnight in New York, summer time
    assert Delivery.objects.get().due_at == datetime(2025, 3, 14, 12, 0, tzinfo=UTC)


def wish(seller: Seller, **chosen: Any) -> MessageSettings:
    defaults = MessageSettings()
    values = {"summary": "daily", "quiet_from": defaults.quiet_from, "quiet_until": defaults.quiet_until,
              "time_zone": "", "wanted": {}, **chosen}  # fmt: skip
    return choose(seller_id=seller.pk, **values)


@pytest.mark.parametrize("kind", Kind.values)
def test_what_is_switched_off_stays_in_the_app_but_what_guards_the_money_is_mailed(
    platform: Platform, kind: str, sms_outbox: list[Sms]
) -> None:
    seller = reader()
    wish(seller, wanted={one: [] for one in Kind.values})
    told(seller, kind)
    channels = set(Delivery.objects.values_list("channel", flat=True))
    assert channels == ({"email"} if kind in ALWAYS_MAILED else set())


def test_a_gateway_that_fails_is_asked_again_and_the_row_says_what_came_of_it(
    platform: Platform, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.GRANARY_SMS_BACKEND = f"{__name__}.DeadGateway"
    told(reader(), "paid_out")
    at, waits = NOON, []
    with caplog.at_level(logging.WARNING):
        while not Delivery.objects.get(channel="sms").gave_up_at:
            send(at)
            due_at = Delivery.objects.get(channel="sms").due_at
            waits.append(int((due_at - at).total_seconds() // 60))
            at = max(due_at, at)
    delivery = Delivery.objects.get(channel="sms")
    assert (delivery.attempts, delivery.last_fault, delivery.sent_at) == (MOST_ATTEMPTS, "SmsNotSent", None)
    assert waits == [2, 4, 8, 16, 32, 0]
    assert Delivery.objects.get(channel="email").sent_at == NOON  # the other channel does not wait for it
    assert len(mail.outbox) == 1
    assert "13800138000" not in caplog.text
    assert "mei@" not in caplog.text


class DeadGateway:
    """A gateway that takes nothing."""

    def send(self, to: str, text: str) -> None:
        raise SmsNotSent(f"{to}: {text}")


def test_who_signs_gets_the_stored_copy_and_the_bank_s_word_later(
    platform: Platform, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    story = Story(platform)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(FIRST)
    contract = story.accept(story.offer(seller), "1000", FIRST + ONE_DAY)
    render_contract(contract_id=contract.pk, at=story.at(FIRST), by="test")
    for _click in range(2):
        story.sign(contract, FIRST + ONE_DAY)
    assert list(Message.objects.order_by("pk").values_list("kind", flat=True)) == [
        "offer", "offer", "contract", "signed",
    ]  # fmt: skip
    send(story.at(FIRST + ONE_DAY))
    contract.refresh_from_db()
    [signed] = [one for one in mail.outbox if one.subject.startswith("You signed")]
    name, content, media_type = signed.attachments[0]
    with contract.document.open("rb") as paper:
        assert (name, content) == (Path(str(contract.document.name)).name, paper.read())
    assert media_type == "application/pdf"
    assert not any(one.attachments for one in mail.outbox if one is not signed)


@pytest.fixture
def drawn(platform: Platform) -> tuple[Story, Seller]:
    """A seller with a running advance of 1,000.00, paid out on Sunday 2 March 2025; sales repay from the third on."""
    story = Story(platform)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", SUNDAY)
    story.night(SUNDAY)
    return story, seller


def test_each_night_says_what_was_kept_and_a_quiet_day_says_nothing(drawn: tuple[Story, Seller]) -> None:
    story, seller = drawn
    story.settle(SUNDAY + ONE_DAY, seller, "3000.00")
    story.night(SUNDAY + ONE_DAY)
    story.night(SUNDAY + 2 * ONE_DAY)
    [summary] = Message.objects.filter(kind="summary")
    assert summary.facts == {"sales": "3000.0000", "kept": "360.0000", "paid_out": "2640.0000", "left": "680.0000",
                             "currency": "CNY", "day": "2025-03-03"}  # fmt: skip
    assert Message.objects.filter(kind="paid_out").count() == 1


def test_a_night_told_again_tells_nothing_again(drawn: tuple[Story, Seller]) -> None:
    story, seller = drawn
    story.settle(SUNDAY + ONE_DAY, seller, "3000.00")
    story.night(SUNDAY + ONE_DAY)
    known = Message.objects.count()
    again: dict[str, Any] = {"first_seller": seller.pk, "last_seller": seller.pk, "business_date": SUNDAY + ONE_DAY}
    assert tell_of_the_night(**again, at=story.at(SUNDAY + 2 * ONE_DAY)) == 0
    story.night(SUNDAY + ONE_DAY)
    assert Message.objects.count() == known


def test_who_wants_it_weekly_hears_after_sunday_for_all_seven_days(drawn: tuple[Story, Seller]) -> None:
    story, seller = drawn
    wish(seller, summary="weekly")
    for number in range(1, 9):
        day = SUNDAY + number * ONE_DAY
        story.settle(day, seller, "500.00")
        story.night(day)
    weeks = Message.objects.filter(kind="summary").order_by("pk")
    assert [(one.facts["first"], one.facts["day"], one.facts["kept"]) for one in weeks] == [
        ("2025-03-03", "2025-03-09", "420.0000"),
    ]


def test_who_wants_none_hears_of_no_deduction_but_of_the_last_one(drawn: tuple[Story, Seller]) -> None:
    story, seller = drawn
    wish(seller, summary="never")
    story.settle(SUNDAY + ONE_DAY, seller, "30000.00")
    story.night(SUNDAY + ONE_DAY)
    assert not Message.objects.filter(kind="summary").exists()
    assert Message.objects.filter(kind="repaid").count() == 1


def test_a_repayment_that_falls_behind_is_told_once_and_before_that_a_warning(drawn: tuple[Story, Seller]) -> None:
    story, _seller = drawn
    for number in range(1, 75):
        story.night(SUNDAY + number * ONE_DAY)
    told_of = [one.kind for one in Message.objects.order_by("pk") if one.kind in {"near_breach", "overdue"}]
    assert told_of == ["near_breach", "near_breach", "overdue"], "at each check inside the period, and at its end"
    warnings, late = Message.objects.filter(kind="near_breach").order_by("pk"), Message.objects.get(kind="overdue")
    # A period of 60 days from 3 March 2025 on, looked at after each third.
    assert [str(one.business_date) for one in warnings] == ["2025-03-22", "2025-04-11"]
    assert (
        {one.facts["amount"] for one in warnings}
        == {one.facts["missing"] for one in warnings}
        == {late.facts["amount"]}
    )


def test_two_platforms_tell_apart(two_platforms: tuple[Platform, Platform], client_of: Callable[..., Any]) -> None:
    sellers = {}
    for platform in two_platforms:
        with entered(platform.schema_name):
            sellers[platform.schema_name] = reader(email=f"mei@{platform.schema_name}.example")
            told(sellers[platform.schema_name])
    with entered("meadow"):
        send()
    assert [one.to for one in mail.outbox] == [["mei@meadow.example"]]
    with entered("harbor"):
        assert Delivery.objects.get().sent_at is None
        assert send() == 0  # it is one in the morning in São Paulo
        assert send(NOON + timedelta(hours=7)) == 1
    assert "https://harbor.test/" in mail.outbox[1].body


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_counts_what_is_new_and_each_message_has_one_action(
    platform: Platform, client_of: Callable[..., Any], language: str
) -> None:
    seller = reader(language)
    browse = client_of(platform, seller.user)
    assert browse.get("/messages/").status_code == 200  # empty, and says so
    first = make_message(seller=seller, kind="goal", facts=FACTS, subject="limit")
    last = make_message(seller=seller, kind="overdue", facts=FACTS, subject="money")
    page = browse.get("/messages/").content.decode()
    assert page.count("<article") == 2
    assert '<b class="num" aria-hidden="true">2</b>' in page
    assert browse.post(f"/messages/{first.pk}/follow/").url == "/limit/"
    assert list(Message.objects.unread()) == [last]
    assert browse.get(f"/messages/{last.pk}/follow/").status_code == 405
    browse.post(f"/messages/{last.pk}/read/")
    assert not Message.objects.unread().exists()
    assert 'aria-hidden="true">0' not in browse.get("/messages/").content.decode()


def test_nobody_reads_or_marks_anothers_messages(platform: Platform, client_of: Callable[..., Any]) -> None:
    theirs = make_message(seller=reader())
    other = client_of(platform, reader(email="wang@meadow.example", phone=None).user)
    assert "F-000001" not in other.get("/messages/").content.decode()
    for act in ("read", "follow"):
        assert other.post(f"/messages/{theirs.pk}/{act}/").status_code == 404
    assert Message.objects.unread().count() == 1


def typed(**changes: Any) -> dict[str, Any]:
    return {"summary": "weekly", "quiet_from": "21:00", "quiet_until": "07:30", "time_zone": "Asia/Shanghai",
            "by_offer": ["sms"], **changes}  # fmt: skip


def test_wishes_are_kept_as_chosen(platform: Platform, client_of: Callable[..., Any]) -> None:
    seller = reader()
    assert client_of(platform, seller.user).post("/messages/settings/", typed()).url == "/messages/"
    kept = MessageSettings.objects.get(seller=seller)
    assert (kept.summary, kept.quiet_from.isoformat(), kept.time_zone) == ("weekly", "21:00:00", "Asia/Shanghai")
    assert (kept.channels_for("offer"), kept.channels_for("overdue")) == (["sms"], ["email"])


@pytest.mark.parametrize(
    "wrong",
    [{"summary": "hourly"}, {"quiet_from": "25:00"}, {"quiet_until": ""}, {"time_zone": "Mars/Olympus"},
     {"by_offer": ["pigeon"]}, {"quiet_from": "<script>alert(1)</script>"}],
)  # fmt: skip
def test_nonsense_wishes_are_answered_in_words_and_change_nothing(
    platform: Platform, client_of: Callable[..., Any], wrong: dict[str, Any]
) -> None:
    seller = reader()
    answer = client_of(platform, seller.user).post("/messages/settings/", typed(**wrong))
    assert answer.status_code == 422
    assert "<script>alert(1)" not in answer.content.decode()
    assert not MessageSettings.objects.exists()
