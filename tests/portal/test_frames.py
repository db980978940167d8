"""The frames of pages: names, ways through, languages, and the calm pages for when something goes wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import messages
from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation

from apps.users.forms import SignInForm
from tests.portal.pages import Piece, read

Page = Callable[..., Piece]
Visit = Callable[..., HttpRequest]


def framed(frame: str, request: HttpRequest, **context: Any) -> Piece:
    source = f'{{% extends "{frame}" %}}{{% block title %}}Hello{{% endblock %}}'
    return read(engines["django"].from_string(source).render(context, request))


def test_the_frame_names_page_platform_and_language(visit: Visit, language: str) -> None:
    page = framed("base_seller.html", visit())
    name = {"en": "Harvest Lane", "zh-hans": "丰收里"}[language]
    assert page["lang"] == language
    assert page.one("title").text == f"Hello · {name}"
    assert page.one("a", class_="brand").text == name
    assert page.all("a")[0]["href"] == "#main"
    assert page.one("main")["id"] == "main"


def test_without_a_platform_the_product_names_itself(visit: Visit) -> None:
    request = visit(signed_in=False)
    del request.tenant  # type: ignore[attr-defined]
    assert framed("base_public.html", request).one("title").text == "Hello · Granary"


@pytest.mark.parametrize(
    ("frame", "path", "labels", "current"),
    [
        ("base_seller.html", "/portal/money/", ["Home", "Money", "Orders", "Documents", "More"], "Money"),
        (
            "base_desk.html",
            "/desk/breaks/",
            ["Night", "Breaks", "Margin calls", "Files", "Books", "Counts", "Sellers", "Hard times"],
            "Breaks",
        ),
    ],
)
def test_the_places_and_where_one_is(visit: Visit, frame: str, path: str, labels: list[str], current: str) -> None:
    nav = framed(frame, visit(path)).one("nav")
    assert nav["aria-label"] == "Main"
    assert [link.text for link in nav.all("a")] == labels
    assert nav.one("a", aria_current="page").text == current


def test_a_page_below_a_place_belongs_to_it(visit: Visit) -> None:
    nav = framed("base_seller.html", visit("/account/logout/"), section="money").one("nav")
    assert nav.one("a", aria_current="true").text == "Money"
    assert nav.all("a", aria_current="page") == []


def test_the_other_language_is_one_press_away(visit: Visit, language: str) -> None:
    switch = framed("base_seller.html", visit("/portal/money/")).one("form", action="/language/setlang/")
    assert switch["method"] == "post"
    assert switch.one("input", name="next")["value"] == "/portal/money/"
    button = switch.one("button")
    assert (button["value"], button.text) == {"en": ("zh-hans", "简体中文"), "zh-hans": ("en", "English")}[language]


def test_signing_out_is_offered_to_those_signed_in(visit: Visit) -> None:
    inside = framed("base_seller.html", visit())
    assert inside.one("form", action="/account/logout/").one("button").text == "Sign out"
    assert framed("base_public.html", visit(signed_in=False)).all("form", action="/account/logout/") == []


def test_what_just_happened_is_said_in_its_tone(visit: Visit) -> None:
    request = visit()
    messages.success(request, "Saved.")
    messages.error(request, "The bank did not answer.")
    said = framed("base_seller.html", request).one(id="messages")
    assert said["role"] == "status"
    assert [(note.text, note.classes) for note in said.all(class_="note")] == [
        ("Saved.", {"note", "good"}), ("The bank did not answer.", {"note", "bad"}),
    ]  # fmt: skip


def test_scripts_are_only_ever_deferred(visit: Visit) -> None:
    scripts = framed("base_seller.html", visit()).all("script")
    assert len(scripts) == 2
    assert all(script.get("defer") is not None for script in scripts)
    assert len(framed("base_public.html", visit()).all("script")) == 1


def test_the_sign_in_page(visit: Visit, language: str) -> None:
    request = visit("/account/login/", signed_in=False)
    page = read(render_to_string("account/login.html", {"form": SignInForm()}, request))
    assert page.one("h1").text == {"en": "Welcome to Harvest Lane", "zh-hans": "欢迎来到丰收里"}[language]
    form, passkey = page.one("main").all("form")
    assert (form["method"], form["action"]) == ("post", "/account/login/")
    assert "scripted" in passkey.classes, "a passkey needs a script, so nobody without one is shown its button"
    for control in form.all("input"):
        if control["type"] != "hidden":
            assert form.all("label", for_=control["id"]), f"{control['id']} has no label."
    assert form.one("input", name="password")["type"] == "password"
    password, code = form.all("button")
    assert password.text == {"en": "Sign in", "zh-hans": "登录"}[language]
    assert code["formaction"] == "/entrance/ask/"


def test_the_sign_in_page_says_what_did_not_match(visit: Visit, language: str) -> None:
    form = SignInForm({"login": "not an address", "password": ""})
    page = read(render_to_string("account/login.html", {"form": form}, visit("/account/login/", signed_in=False)))
    fault = {"en": "it should look like name@example.com", "zh-hans": "格式应为 name@example.com"}[language]
    assert fault in page.one(role="alert").text
    assert page.one("input", name="login")["value"] == "not an address"


def test_signing_out_by_address_asks_first(page: Page) -> None:
    form = page("account/logout.html").one("main").one("form")
    assert (form["method"], form["action"]) == ("post", "/account/logout/")
    assert form.one("a").text == "Stay signed in"


@pytest.mark.parametrize(
    ("template", "english", "chinese"),
    [
        ("403.html", "This page is not open to you", "您不能查看这个页面"),
        ("403_csrf.html", "This page had been open too long", "这个页面打开太久了"),
        ("404.html", "There is no such page", "没有这个页面"),
        ("409.html", "Someone is working on this right now", "这一笔正在处理中"),
        ("429.html", "That was a lot at once", "操作太频繁了"),
    ],
)
def test_a_calm_page_says_what_was_kept_and_how_to_go_on(page: Page, template: str, english: str, chinese: str) -> None:
    for language, heading in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            shown = page(template)
        assert shown.one("h1").text == heading
        assert len(shown.one("main").all("p")) >= 2
        assert shown.one("main").one("a", class_="btn")["href"] == "/"


def test_a_busy_page_says_when_and_where_to_try_again(page: Page) -> None:
    shown = page("409.html", {"retry_after": 5, "back_href": "/money/", "message": "Last night's sums are being made."})
    assert "Last night's sums are being made. Please try again in 5 seconds." in shown.text
    assert shown.one("main").one("a", class_="btn")["href"] == "/money/"


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_the_last_resort_needs_nothing_and_speaks_both_languages(template: str) -> None:
    shown = read(render_to_string(template))
    assert shown.all("link") == shown.all("script") == []
    english, chinese = shown.all("h1")
    assert english.text.isascii()
    assert "lang" in shown.all("section")[1].element.attrib
    assert not chinese.text.isascii()


def test_an_error_page_works_where_nothing_is_known(visit: Visit) -> None:
    request = visit(signed_in=False)
    for gone in ("tenant", "user", "session", "_messages"):
        delattr(request, gone)
    assert read(render_to_string("404.html", {}, request)).one("h1").text == "There is no such page"
