"""The form of errors by framework version, by what the client accepts, and by language."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tests.adf.speaking import ask

TEXT, JSON = "text/plain; charset=utf-8", "application/json"
VENDOR = "application/vnd.oracle.adf.error+json"
ITEM = "application/vnd.oracle.adf.resourceitem+json"

OLD = ["1", "2", "3", None]
NEW = ["4", "5", "6", "7", "8", "9"]


def refused(rf: RequestFactory, version: str | None, accept: str | None, language: str | None = None) -> HttpResponse:
    return ask(rf, b"[]", version=version, accept=accept, language=language)


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, TEXT),
        ("*/*", TEXT),
        ("text/plain, */*;q=0.1", TEXT),
        ("application/json", JSON),
        (ITEM, TEXT),
        (f"{ITEM}, application/json;q=0.1", JSON),
    ],
)
def test_up_to_version_3(rf: RequestFactory, version: str | None, accept: str | None, form: str) -> None:
    response = refused(rf, version, accept)
    assert response.status_code == 400
    assert response["Content-Type"] == form
    assert response["REST-Framework-Version"] == (version or "1")


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, VENDOR),
        ("*/*", VENDOR),
        ("application/*", VENDOR),
        (f"{VENDOR}, application/json", VENDOR),
        ("application/json", JSON),
        (f"{ITEM}, application/json;q=0.1", JSON),
        (ITEM, VENDOR),
    ],
)
def test_from_version_4_on(rf: RequestFactory, version: str, accept: str | None, form: str) -> None:
    response = refused(rf, version, accept)
    assert response.status_code == 400
    assert response["Content-Type"] == form
    assert response["REST-Framework-Version"] == version
    assert json.loads(response.content) == {
        "title": "Bad Request",
        "status": "400",
        "o:errorDetails": [
            {
                "detail": "The body is valid JSON, but not an object. Send a JSON object: {…}.",
                "o:errorCode": "CHAT-40007",
                "o:errorPath": "",
            }
        ],
    }


@pytest.mark.parametrize("version", ["0", "10", "-1", "1.0", "x", "", "01", "१", "4, 4"])
@pytest.mark.parametrize(("accept", "form"), [(None, TEXT), ("application/json", JSON)])
def test_other_versions_are_answered_as_version_1(rf: RequestFactory, version: str, accept: Any, form: str) -> None:
    response = ask(rf, b"{}", version=version, accept=accept)
    assert response.status_code == 400
    assert response["Content-Type"] == form
    assert response["REST-Framework-Version"] == "1"
    assert "1 to 9" in response.content.decode()


@pytest.mark.parametrize(
    ("accept_language", "language", "words"),
    [
        (None, "en", "not an object"),
        ("en-US,en;q=0.9", "en", "not an object"),
        ("de", "de", "kein Objekt"),
        ("de-AT, en;q=0.5", "de", "kein Objekt"),
        ("fr-CA", "fr", "pas un objet"),
        ("es", "es", "no es un objeto"),
        ("ja", "ja", "オブジェクトではありません"),
        ("tlh, ja;q=0.3, de;q=0.2", "ja", "オブジェクトではありません"),
        ("de;q=0, fr;q=0.1", "fr", "pas un objet"),
        ("*", "en", "not an object"),
        ("tlh", "en", "not an object"),
        ("\x7f;;q=,", "en", "not an object"),
    ],
)
@pytest.mark.parametrize("version", ["1", "4"])
def test_language(rf: RequestFactory, version: str, accept_language: str | None, language: str, words: str) -> None:
    response = refused(rf, version, None, accept_language)
    assert response["Content-Language"] == language
    text = response.content.decode()
    assert words in (text if version == "1" else json.loads(text)["o:errorDetails"][0]["detail"])
    assert "CHAT-40007" in text or version == "1"
