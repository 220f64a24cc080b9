"""Requests that Django itself would stumble over, and what the server is given as an answer."""

from typing import Any

import pytest
from django.test import RequestFactory

from chatauth_project.wsgi import application


@pytest.mark.django_db  # the handler looks after its connections at each request
@pytest.mark.parametrize(
    "content_type", ["application/json; charset*=nonsense''x", "application/json; x*=nonsense''\"", "application/json"]
)
def test_any_content_type_gets_an_answer(rf: RequestFactory, content_type: str) -> None:
    statuses: list[str] = []

    def start_response(status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
        statuses.append(status)

    request = rf.post("/crmRestApi/resources/latest/nothing", b"{}", content_type="application/json", secure=True)
    environ = {**request.environ, "CONTENT_TYPE": content_type}
    answer = application(environ, start_response)
    assert isinstance(answer, list), "granian would iterate over it in a thread of its own"
    assert b"".join(answer)
    assert statuses == ["404 Not Found"]


def test_a_page_keeps_its_cookies_and_every_header(rf: RequestFactory, db: None) -> None:
    sent: list[tuple[str, str]] = []

    def start_response(_status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        sent.extend(headers)

    answer = application(rf.get("/login/", secure=True).environ, start_response)
    headers = dict(sent)
    assert b"".join(answer).startswith(b"<!doctype html>")
    assert "__Host-csrf=" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert int(headers["Content-Length"]) > 0
    assert all(type(name) is str and type(value) is str for name, value in sent)
