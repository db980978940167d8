"""All components on one page: left under `var/showcase/` to be looked at, and looked at here by a real browser."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.template import engines
from django.test.signals import template_rendered
from django.utils import translation
from playwright.sync_api import Browser, Page, sync_playwright

from apps.portal.charts import Balance, Course, DailySum, daily_chart, projection_chart, sparkline
from apps.portal.proofs import Proof, Verdict
from apps.portal.tables import Amount, Button, Check, Column, Count, Line, Share, State, Table, Text

HERE = Path(__file__).parent
OWED = Decimal(20800)
DONE_ON = date(2027, 3, 9)
LEAST_TARGET = 44

SMALL_TARGETS = f"""() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
.filter((one) => {{
    const box = (one.closest("label") ?? one).getBoundingClientRect();
    const inASentence = one.closest("p, td, li, dt, dd, .visually-hidden, .skip");
    return box.width && box.height < {LEAST_TARGET} && !inASentence;
}}).map((one) => one.outerHTML)"""


class ShowForm(forms.Form):
    amount = forms.DecimalField(
        label="How much?", min_value=500, max_value=48000, help_text="Until you sign it can change."
    )
    pace = forms.ChoiceField(label="How?", choices=[("12", "12% of sales"), ("18", "18%")], widget=forms.RadioSelect)
    bank = forms.ChoiceField(label="Pay out to", choices=[("a", "Rural Credit ··2210")])
    why = forms.CharField(label="What for?", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="I have read it.")


class SmallForm(forms.Form):
    name = forms.CharField(label="Name", required=False)


def course(pace: str, days: int) -> Course:
    return Course(pace, [Balance(day, OWED - OWED * day / days) for day in range(days + 1)])  # type: ignore[arg-type]


def all_of_it() -> dict[str, Any]:
    days = [DailySum(DONE_ON - timedelta(days=30 - day), Decimal(day * 7919 % 2600 - 300)) for day in range(30)]
    return {
        "meter": {
            "value": Decimal(10_000), "carries": Decimal(4_200), "asked": Decimal(3_000), "currency": "CNY",
            "share": Decimal("0.71"), "tone": "good",
        },
        "verdict": Verdict([Proof("The bytes", "They are those that were signed.", "good")]),
        "currency": "CNY", "amount": Decimal(48000), "share": Decimal("0.62"), "limit": Decimal("0.9"),
        "paid": Decimal(12400), "owed": OWED, "done_on": DONE_ON, "trail": [("#", "Home")],
        "form": ShowForm({"amount": "20000", "pace": "12"}), "small": SmallForm(), "hints": {"12": "About 90 days."},
        "rows": [
            Line("All fees", Amount(Decimal(800), "CNY"), note="only this"), Line("Rate", Share(Decimal("0.317"))),
        ],
        "total": Line("Kept", Amount(Decimal("312.40"), "CNY"), note="two days nearer to done"),
        "stat": Amount(Decimal("1204881.37"), "CNY"),
        "states": [("financing", state) for state in ("active", "near_breach", "overdue", "cancelled")],
        "projection": projection_chart(
            "p", [course("fast", 62), course("expected", 90), course("slow", 141)], start=DONE_ON, currency="CNY"
        ),
        "days": daily_chart("d", "Sales by day", days, currency="CNY"),
        "spark": sparkline("s", "Sales", days, currency="CNY"),
        "table": Table(
            "Breaks",
            [
                Column("Break"), Column("State"), Column("Lines", numeric=True), Column("Sum", numeric=True),
                Column("Owner"), Column("Chosen"),
            ],
            [[
                Text("B-1", note="amount"), State("break", "open"), Count(3), Amount(Decimal(20), "CNY"),
                Button("Take", "#"), Check("break", "1", "Choose B-1", form="chosen"),
            ]],
        ),
    }  # fmt: skip


def self_contained(html: str) -> str:
    """The page with its style sheet and script inside, so that it can be opened from anywhere."""
    style, script = ((settings.BASE_DIR / "static" / name).read_text() for name in ("granary.css", "granary.js"))
    html = html.replace('<link rel="stylesheet" href="/static/granary.css">', f"<style>{style}</style>")
    html = html.replace('<script src="/static/granary.js" defer></script>', "")
    html = html.replace('<script src="/static/django_htmx/htmx-2.min.js" defer></script>', "")
    return html.replace("</body>", f"<script>{script}</script></body>")


@pytest.fixture
def showcase(visit: Callable[..., HttpRequest]) -> Callable[[str], Path]:
    """`showcase("en")`: the file with all components in that language."""

    def make(language: str) -> Path:
        request = visit()
        messages.success(request, "Saved.")
        with translation.override(language):
            html = engines["django"].from_string((HERE / "showcase.html").read_text()).render(all_of_it(), request)
        folder = settings.BASE_DIR / "var" / "showcase"
        folder.mkdir(parents=True, exist_ok=True)
        file = Path(folder / f"{language}.html")
        file.write_text(self_contained(html))
        return file

    return make


def test_the_showcase_shows_every_component(showcase: Callable[[str], Path]) -> None:
    used: set[str] = set()

    def note(template: Any, **_signal: Any) -> None:
        used.add(str(template.name))

    template_rendered.connect(note)
    try:
        for language in ("en", "zh-hans"):
            assert "/static/" not in showcase(language).read_text().replace("/static/icon.svg", "")
    finally:
        template_rendered.disconnect(note)
    components = {f"components/{path.name}" for path in (settings.BASE_DIR / "templates" / "components").glob("*.html")}
    assert components - used == set()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Browser, file: Path, **device: Any) -> Page:
    page = browser.new_page(**device)
    page.goto(file.as_uri())
    return page


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_nothing_sticks_out_and_every_target_is_large_enough(
    browser: Browser, showcase: Callable[[str], Path], language: str
) -> None:
    for width in (320, 390, 1024, 1280):
        page = opened(browser, showcase(language), viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"The page is wider than {width} px."
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.e2e
def test_slider_and_box_follow_one_another(browser: Browser, showcase: Callable[[str], Path]) -> None:
    page = opened(browser, showcase("en"))
    page.fill("#id_amount", "30000")
    assert page.input_value(".slider") == "30000"
    page.eval_on_selector(".slider", "(slider) => { slider.value = 700; slider.dispatchEvent(new Event('input')); }")
    assert page.input_value("#id_amount") == "700"


@pytest.mark.e2e
@pytest.mark.parametrize("scripts", [True, False])
def test_a_dialog_opens_and_closes_with_and_without_scripts(
    browser: Browser, showcase: Callable[[str], Path], scripts: bool
) -> None:
    page = opened(browser, showcase("en"), java_script_enabled=scripts)
    assert not page.is_visible("#sure")
    page.click("a[href='#sure']")
    assert page.is_visible("#sure")
    page.click("#sure [data-close]")
    assert not page.is_visible("#sure")


@pytest.mark.e2e
def test_without_scripts_there_is_no_slider_that_does_nothing(
    browser: Browser, showcase: Callable[[str], Path]
) -> None:
    page = opened(browser, showcase("en"), java_script_enabled=False)
    assert page.is_visible("#id_amount")
    assert not page.is_visible(".slider")


@pytest.mark.e2e
def test_paper_is_white_even_for_those_who_live_in_the_dark(browser: Browser, showcase: Callable[[str], Path]) -> None:
    page = opened(browser, showcase("en"), color_scheme="dark")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.is_visible(".nav")
