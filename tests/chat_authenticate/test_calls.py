"""How much Python an answer costs: counted, since on a busy machine no clock tells (docs/performance.md)."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from chatauth_project.wsgi import application
from tests.world import ADDRESS, CALLER, ITEM, PASSWORD, basic, minimal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]

MOST_CALLS = 540
"""It was 579, in a test, when this was written. Whoever adds much to every request should know that they do."""
UNTIL_PREPARED = 6
"""Requests after which the statement is a prepared one, and everything is remembered."""


def ask() -> None:
    """Let the application that workers run answer a request."""
    headers = {"Authorization": basic(CALLER, PASSWORD)}
    body = json.dumps(minimal()).encode()
    request = RequestFactory().generic("POST", ADDRESS, body, ITEM, secure=True, headers=headers)
    assert b"".join(application(request.environ, _expect_created))


def _expect_created(status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
    assert status == "201 Created"


def calls(act: Callable[[], object]) -> int:
    """Run it, and return how many functions written in Python were called."""
    count = 0

    def note(_frame: object, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def test_a_warm_request_calls_few_functions() -> None:
    for _ in range(UNTIL_PREPARED):
        ask()
    making = calls(lambda: RequestFactory().generic("POST", ADDRESS, b"{}", ITEM, secure=True))
    assert calls(ask) - making <= MOST_CALLS
