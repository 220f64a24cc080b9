"""The table of errors and its translations."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from chat_app.adf import codes
from chat_app.adf.errors import ErrorCode
from chat_app.chat_authenticate import docs, errors

LANGUAGES = ["de", "fr", "es", "ja"]
LOCALE = Path(settings.LOCALE_PATHS[0])
PLACEHOLDER = re.compile(r"%\(\w+\)s")
EVERY_ERROR = pytest.mark.parametrize("error", errors.ALL, ids=[error.code for error in errors.ALL])
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


def catalog(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def strings(found: Catalog) -> dict[object, object]:
    return {message.id: message.string for message in found if message.id}


def test_the_languages_are_those_of_the_settings() -> None:
    assert sorted(["en", *LANGUAGES]) == sorted(code for code, _ in settings.LANGUAGES)


def test_codes_are_unique() -> None:
    assert len({error.code for error in errors.ALL}) == len(errors.ALL)


def test_messages_are_unique() -> None:
    assert len({error.message for error in errors.ALL}) == len(errors.ALL)


def test_the_table_holds_those_of_the_protocol() -> None:
    assert set(codes.ALL) < set(errors.ALL)


@EVERY_ERROR
def test_a_code_tells_its_status(error: ErrorCode) -> None:
    assert error.code == "27014" or re.fullmatch(rf"CHAT-{error.status}\d\d", error.code)
    assert error.title


@EVERY_ERROR
def test_a_message_is_made_of_sentences(error: ErrorCode) -> None:
    assert re.fullmatch(r"[A-Z%].*[.?]", error.message)
    assert "\n" not in error.message
    assert not re.sub(PLACEHOLDER, "", error.message).count("%")


@EVERY_ERROR
@EVERY_LANGUAGE
def test_a_message_is_translated(error: ErrorCode, language: str) -> None:
    with translation.override(language):
        translated = translation.gettext(error.message)
    assert translated != error.message
    assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(error.message))
    assert not re.sub(PLACEHOLDER, "", translated).count("%")


@EVERY_LANGUAGE
def test_no_translation_is_left_over_or_in_doubt(language: str) -> None:
    ours = {error.message for error in errors.ALL}
    for message in catalog(language):
        if message.id and any("errors.py" in place or "codes.py" in place for place, _ in message.locations):
            assert message.id in ours
            assert not message.fuzzy


@EVERY_LANGUAGE
def test_the_compiled_translations_are_up_to_date(language: str) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, catalog(language))
    fresh.seek(0)
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        assert strings(read_mo(file)) == strings(read_mo(fresh)), "Run `make translations`."


@EVERY_ERROR
def test_every_error_is_documented(error: ErrorCode) -> None:
    assert f"| `{error.code}` |" in docs.errors_page()


def test_every_status_is_documented() -> None:
    headings = re.findall(r"^## (\d+) ", docs.errors_page(), re.MULTILINE)
    assert headings == [str(status) for status in sorted({error.status for error in errors.ALL})]
