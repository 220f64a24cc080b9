"""What the scripts of the desk and of the customer's chat say, and what they must never do."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chat_app.engagement.customer import texts as customer
from chat_app.engagement.desk import texts as desk

STATIC = Path(__file__).parent.parent.parent / "chat_app" / "static" / "chat"
SHARED = ("shared", "protocol")
FOLDERS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "widget": ("widget", customer.TEXTS),
    "desk": ("desk", desk.TEXTS),
}
SAID = re.compile(r"""(?:say|has)\(\s*"(\w+)\"""")
MADE_UP = re.compile(r"say\(`(\w+_)\$")


def scripts(*folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((STATIC / folder).glob("*.js")):
            yield path.read_text("utf-8")


@pytest.mark.parametrize("name", FOLDERS)
def test_whatever_is_said_has_words(name: str) -> None:
    folder, texts = FOLDERS[name]
    said = {text for script in scripts(folder) for text in SAID.findall(script)}
    assert said
    assert said - texts.keys() == set()
    begun = {begin for script in scripts(folder) for begin in MADE_UP.findall(script)}
    assert [begin for begin in begun if not any(text.startswith(begin) for text in texts)] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_no_words_are_left_over(name: str) -> None:
    folder, texts = FOLDERS[name]
    whole = "\n".join(scripts(folder, *SHARED))
    composed = ("ended_", "over_", "end_", "connection_", "known_", "signed_in_", "status_")
    left_over = [text for text in texts if not re.search(rf"\b{text}\b", whole) and not text.startswith(composed)]
    assert left_over == []


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_customers_texts_are_modules_in_every_language(language: str) -> None:
    module = (STATIC / "texts" / f"{language}.js").read_text("utf-8")
    texts = json.loads(module.partition("export default ")[2].rstrip(";\n"))
    assert texts.keys() == customer.TEXTS.keys()
    script = (STATIC / "chat.js").read_text("utf-8")
    assert f'"{language}"' in script


def all_lines() -> list[str]:
    return [line for script in scripts(".", "widget", "desk", *SHARED) for line in script.splitlines()]


def test_what_people_write_never_becomes_html() -> None:
    dangerous = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser")
    assert [line for line in all_lines() if dangerous.search(line)] == []


def test_nothing_needs_a_style_in_the_markup() -> None:
    """Which a strict Content-Security-Policy forbids, ours as well as that of other sites."""
    forbidden = re.compile(r"element\(.*\bstyle:|setAttribute\(\"style\"")
    assert [line for line in all_lines() if forbidden.search(line)] == []
