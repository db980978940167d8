"""Both languages are complete, and the check that says so can fail."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.portal.management.commands.check_messages import CATALOG
from apps.portal.plain_words import SAID_ANEW

HEADER = '''msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"'''
GET_MONEY = 'msgid "Get money"\nmsgstr "去借钱"'
OLD_WORDS = 'msgid "Old words"\nmsgstr "旧话"'


def catalog_of(path: Path) -> Catalog:
    with path.open("rb") as lines:
        return read_po(lines)


@pytest.fixture
def small_project(tmp_path: Path, settings: Any) -> Path:
    """A project of one template with one text, written in Chinese."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "apps").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text('{% load i18n %}{% translate "Get money" %}')
    write_catalog(tmp_path, GET_MONEY)
    return tmp_path


def write_catalog(project: Path, *entries: str) -> None:
    (project / CATALOG).parent.mkdir(parents=True, exist_ok=True)
    (project / CATALOG).write_text("\n\n".join([HEADER, *entries]) + "\n")


def test_every_text_of_the_product_is_written_in_both_languages() -> None:
    out = StringIO()
    call_command("check_messages", stdout=out)
    assert "each written in Simplified Chinese" in out.getvalue()


def test_a_complete_catalogue_passes(small_project: Path) -> None:
    out = StringIO()
    call_command("check_messages", stdout=out)
    assert out.getvalue().startswith("1 texts")


def test_a_missing_text_is_named_with_its_file(small_project: Path) -> None:
    (small_project / "templates" / "b.html").write_text('{% load i18n %}{% translate "Pay early" %}')
    before = (small_project / CATALOG).read_bytes()
    with pytest.raises(CommandError, match=r"missing: 'Pay early' in templates/b\.html"):
        call_command("check_messages")
    assert (small_project / CATALOG).read_bytes() == before, "a check changes nothing"


def test_a_guessed_translation_is_not_taken_for_one(small_project: Path) -> None:
    write_catalog(small_project, "#, fuzzy\n" + GET_MONEY)
    with pytest.raises(CommandError, match="fuzzy: 'Get money'"):
        call_command("check_messages")


def test_a_text_that_is_gone_is_named(small_project: Path) -> None:
    write_catalog(small_project, GET_MONEY, OLD_WORDS)
    with pytest.raises(CommandError, match="no longer used: 'Old words'"):
        call_command("check_messages")


def test_update_leaves_new_texts_ready_to_be_translated(small_project: Path) -> None:
    (small_project / "templates" / "b.html").write_text('{% load i18n %}{% translate "Pay early" %}')
    with pytest.raises(CommandError, match="Pay early"):
        call_command("check_messages", update=True)
    catalog = catalog_of(small_project / CATALOG)
    assert {text.id: text.string for text in catalog if text.id} == {"Get money": "去借钱", "Pay early": ""}


def test_without_sources_the_check_says_what_it_could_not_do(small_project: Path) -> None:
    (small_project / "templates" / "b.html").write_text(
        "{% load i18n %}{% blocktranslate %}{% if x %}{% endblocktranslate %}"
    )
    with pytest.raises(CommandError, match="could not be gathered"):
        call_command("check_messages")


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_what_the_frameworks_say_is_said_anew(language: str) -> None:
    catalog = catalog_of(settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po")
    for text in SAID_ANEW:
        said = catalog[text]
        assert said is not None, f"{text!r} is not in the catalogue of {language}."
        assert said.string not in ("", text)
        assert not said.fuzzy


def test_english_holds_nothing_else() -> None:
    catalog = catalog_of(settings.BASE_DIR / "locale" / "en" / "LC_MESSAGES" / "django.po")
    assert {text.id for text in catalog if text.id} == set(SAID_ANEW)
