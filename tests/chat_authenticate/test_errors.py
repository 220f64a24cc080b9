"""The table of errors and its translations."""

import re

import pytest
from django.utils import translation

from chat_app.adf import codes
from chat_app.adf.errors import ErrorCode
from chat_app.chat_authenticate import docs, errors

LANGUAGES = ["de", "fr", "es", "ja"]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
EVERY_ERROR = pytest.mark.parametrize("error", errors.ALL, ids=[error.code for error in errors.ALL])
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


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


@EVERY_ERROR
def test_every_error_is_documented(error: ErrorCode) -> None:
    assert f"| `{error.code}` |" in docs.errors_page()


def test_every_status_is_documented() -> None:
    headings = re.findall(r"^## (\d+) ", docs.errors_page(), re.MULTILINE)
    assert headings == [str(status) for status in sorted({error.status for error in errors.ALL})]
