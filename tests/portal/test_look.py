"""The design system's promises: contrast in both modes, no one-off values, small files, nothing that needs a script."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

CSS = (settings.BASE_DIR / "static" / "granary.css").read_text()
SCRIPT = (settings.BASE_DIR / "static" / "granary.js").read_text()
TEMPLATES = settings.BASE_DIR / "templates"
BYTES_OF_A_PAGE = 100_000

TEXT, LARGE_OR_NOT_TEXT = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "muted", "green", "red") for ground in ("paper", "card", "soft")),
    *(("ink", f"{tone}-soft", TEXT) for tone in ("green", "wheat", "red", "blue")),
    *(("muted", f"{tone}-soft", TEXT) for tone in ("green", "wheat", "red", "blue")),
    ("green", "green-soft", TEXT), ("wheat-ink", "wheat-soft", TEXT), ("red", "red-soft", TEXT),
    ("blue", "blue-soft", TEXT),
    ("wheat-ink", "card", TEXT), ("blue", "card", TEXT), ("green-deep", "paper", TEXT),
    ("green-ink", "green", TEXT), ("green-ink", "green-deep", TEXT), ("red-ink", "red", TEXT),
    ("hero-ink", "hero", TEXT), ("hero-muted", "hero", TEXT), ("hero-btn-ink", "hero-btn", TEXT),
    ("hero-btn-ink", "hero-muted", TEXT),
    *((edge, ground, LARGE_OR_NOT_TEXT) for edge in ("edge", "focus", "wheat") for ground in ("paper", "card")),
    ("hero-accent", "hero", LARGE_OR_NOT_TEXT), ("green", "line", LARGE_OR_NOT_TEXT),
    ("edge", "soft", LARGE_OR_NOT_TEXT),
]  # fmt: skip


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", block))


def modes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)[:2]
    return {"light": colours(light), "dark": {**colours(light), **colours(dark)}}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_of_contrast_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(mode: str, ink: str, ground: str, least: float) -> None:
    tokens = modes()[mode]
    assert contrast(tokens[ink], tokens[ground]) >= least, f"{ink} on {ground} is too faint in {mode} mode."


def rules_after_tokens() -> str:
    return re.sub(r"/\*.*?\*/", "", CSS[CSS.index("/* 2. The page */") :], flags=re.DOTALL)


def test_colours_are_written_in_the_tokens_only() -> None:
    outside = rules_after_tokens().replace(":root { --paper: #ffffff; --card: #ffffff; }", "")  # on paper
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", outside) == []


def test_every_token_that_is_used_exists_and_every_token_is_used() -> None:
    known, used = set(re.findall(r"(--[a-z0-9-]+):", CSS)), set(re.findall(r"var\((--[a-z0-9-]+)\)", CSS))
    assert used - known == set()
    assert known - used == set()


def test_type_sizes_and_spaces_come_from_the_tokens() -> None:
    rules = rules_after_tokens()
    sizes = set(re.findall(r"font-size: ([^;]+);", rules)) - {"0.5em", "max(var(--t-m), 16px)"}
    assert all(size.startswith("var(--t-") for size in sizes), sizes
    spaces = re.findall(r"(?:padding|margin|gap)[a-z-]*: ([^;]+);", rules)
    odd = {one for space in spaces for one in re.findall(r"\b(\d+)px", space)} - {"1", "2", "10"}
    assert odd == set(), "1 and 2 px align hairlines, 10 px rounds a pill; every other space is a token."


def test_a_page_weighs_little_before_its_images() -> None:
    htmx = finders.find("django_htmx/htmx-2.min.js")
    assert isinstance(htmx, str)
    with open(htmx, "rb") as script:
        files = [CSS.encode(), SCRIPT.encode(), script.read()]
    shared = sum(len(gzip.compress(one)) for one in files)  # as it travels
    assert shared < BYTES_OF_A_PAGE * 0.3, "what all pages share leaves too little for the page itself"


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_parse_and_hold_neither_styles_nor_scripts(path: Path) -> None:
    source = path.read_text()
    get_template(str(path.relative_to(TEMPLATES)))
    assert " style=" not in source
    assert not re.search(r"\son[a-z]+=\"", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert "<style" not in source or path.name == "500.html", "the page for broken servers relies on no other file"
    assert "http://" not in source.replace("http://www.w3.org", "")
