import io
import json
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from chat_app.adf import codes, media_types
from chat_app.adf.errors import AdfError, Fault
from chat_app.adf.exceptions import try_again
from chat_app.adf.views import NotFoundView
from tests.adf.speaking import SpeakingView, answer_of, ask


class NamedDenial(exceptions.PermissionDenied):
    """As the product's permissions raise it."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code=code)
        self.name = name


class Overloaded(exceptions.APIException):
    status_code = 503
    wait = 1.2


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, json.loads(response.content)["o:errorDetails"][0]["o:errorCode"]


def test_an_answer(rf: RequestFactory) -> None:
    response = ask(rf, '{"name": "Zoë"}'.encode(), version="9", language="fr")
    assert response.status_code == 201
    assert response.content == '{"name":"Zoë"}'.encode()
    assert dict(response.headers) == {
        "Content-Type": media_types.RESOURCE_ITEM,
        "Location": "https://chat.example.com/1",
        "REST-Framework-Version": "9",
        "Content-Language": "fr",
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
    }


@pytest.mark.parametrize("accept", ["application/json", media_types.RESOURCE_ITEM])
def test_an_answer_bears_the_type_that_was_agreed_on(rf: RequestFactory, accept: str) -> None:
    assert ask(rf, accept=accept)["Content-Type"] == accept


def test_no_type_to_agree_on(rf: RequestFactory) -> None:
    response = ask(rf, accept="text/html", version="4")
    assert error_of(response) == (406, "CHAT-40601")
    assert "text/html" in response.content.decode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods(rf: RequestFactory, method: str) -> None:
    response = ask(rf, method=method, version="4", authorization=None)
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"
    assert error_of(response) == (405, "CHAT-40501")


def test_options_need_no_credentials(rf: RequestFactory) -> None:
    response = ask(rf, method="OPTIONS", authorization=None)
    assert response.status_code == 200
    assert response["Allow"] == "POST, OPTIONS"
    assert response.content == b""


@pytest.mark.parametrize("authorization", [None, "Basic wrong"])
@pytest.mark.parametrize("version", [None, "4"])
def test_not_signed_in(rf: RequestFactory, authorization: str | None, version: str | None) -> None:
    response = ask(rf, authorization=authorization, version=version)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Basic realm="owsm"'
    assert "user name or the password" in response.content.decode()


def test_the_order_of_checks(rf: RequestFactory) -> None:
    """Each request has one fault less than the one before."""
    faulty: dict[str, Any] = {
        "authorization": None,
        "accept": "text/html",
        "content_type": "text/plain",
        "body": b"x" * 70_000,
    }
    assert ask(rf, version="0", method="PUT", **faulty).status_code == 400
    assert ask(rf, method="PUT", **faulty).status_code == 405
    for name, right, status in [
        ("nothing", None, 406),
        ("accept", None, 401),
        ("authorization", "Basic anything", 415),
        ("content_type", "application/json", 413),
        ("body", b"[]", 400),
        ("body", b"{}", 201),
    ]:
        if name in faulty:
            faulty[name] = right
        assert ask(rf, **faulty).status_code == status


def test_all_faults_are_reported(rf: RequestFactory) -> None:
    body = rb'{"a": "\u0000", "b\n": 1, "b\n": 2}'
    response = ask(rf, body, version="4")
    details = json.loads(response.content)["o:errorDetails"]
    assert [(each["o:errorCode"], each["o:errorPath"]) for each in details] == [
        ("CHAT-40009", "/b\n"),
        ("CHAT-40010", "/a"),
    ]
    lines = ask(rf, body).content.decode().split("\n")
    assert lines == [each["detail"] for each in details]


def test_what_cannot_be_encoded_is_escaped(rf: RequestFactory) -> None:
    response = ask(rf, rb'{"\ud800": 1}', version="4")
    assert json.loads(response.content)["o:errorDetails"][0]["o:errorPath"] == "/\ud800"
    assert "\\ud800" in ask(rf, rb'{"\ud800": 1}').content.decode()


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (AdfError(Fault(codes.FORBIDDEN)), 403, "CHAT-40301"),
        (exceptions.ParseError(), 400, "CHAT-40012"),
        (exceptions.AuthenticationFailed(), 401, "CHAT-40101"),
        (exceptions.NotAuthenticated(), 401, "CHAT-40101"),
        (exceptions.PermissionDenied(), 403, "CHAT-40301"),
        (NamedDenial("role-missing", "SOME_ROLE"), 403, "CHAT-40302"),
        (NamedDenial("entitlement-missing", "SOME_PRIV"), 403, "CHAT-40303"),
        (NamedDenial("something-else", "SOME"), 403, "CHAT-40301"),
        (exceptions.NotFound(), 404, "CHAT-40401"),
        (exceptions.Throttled(wait=1.5), 429, "CHAT-42901"),
        (Overloaded(), 503, "CHAT-50302"),
        (Http404(), 404, "CHAT-40401"),
        (PermissionDenied(), 403, "CHAT-40301"),
        (SuspiciousOperation(), 400, "CHAT-40012"),
        (BadRequest(), 400, "CHAT-40012"),
        (OperationalError("server closed the connection"), 503, "CHAT-50301"),
        (InterfaceError("the connection is closed"), 503, "CHAT-50301"),
    ],
    ids=repr,
)
def test_every_failure_has_its_answer(rf: RequestFactory, failure: Exception, status: int, code: str) -> None:
    noted: list[Fault] = []
    response = ask(rf, version="4", failure=failure, noted=noted)
    assert error_of(response) == (status, code)
    assert [fault.error.code for fault in noted] == [code]
    assert "closed" not in response.content.decode()


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (exceptions.Throttled(wait=0), "1"),
        (exceptions.Throttled(wait=1.5), "2"),
        (exceptions.Throttled(), "5"),
        (Overloaded(), "2"),
        (OperationalError(), "5"),
        (try_again(codes.BUSY, seconds=7), "7"),
    ],
    ids=repr,
)
def test_when_to_come_back(rf: RequestFactory, failure: Exception, seconds: str) -> None:
    response = ask(rf, failure=failure)
    assert response["Retry-After"] == seconds
    assert f"in {seconds} seconds" in response.content.decode()


@pytest.mark.parametrize("name", ["SOME_ROLE", "SOME_PRIV"])
@pytest.mark.parametrize("code", ["role-missing", "entitlement-missing"])
def test_a_denial_names_what_is_missing(rf: RequestFactory, code: str, name: str) -> None:
    assert name in ask(rf, failure=NamedDenial(code, name)).content.decode()


def test_faults_of_our_own_are_not_hidden(rf: RequestFactory) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(rf, failure=ZeroDivisionError())


def test_a_status_without_an_error_of_ours_is_not_hidden(rf: RequestFactory) -> None:
    with pytest.raises(exceptions.APIException):
        ask(rf, failure=exceptions.APIException())


def test_chunks(rf: RequestFactory) -> None:
    request = rf.post("/", b"x", content_type="application/json", headers={"Transfer-Encoding": "chunked"})
    del request.META["CONTENT_LENGTH"]
    request.META |= {"wsgi.input": io.BytesIO(b'{"a":1}'), "HTTP_AUTHORIZATION": "Basic anything"}
    assert answer_of(request).content == b'{"a":1}'


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_nothing_is_found(rf: RequestFactory, method: str) -> None:
    request = rf.generic(method, "/crmRestApi/nothing", headers={"REST-Framework-Version": "5"})
    response = NotFoundView.as_view()(request)
    assert error_of(response) == (404, "CHAT-40401")
    assert response["REST-Framework-Version"] == "5"


def test_refusals_are_optional_to_note(rf: RequestFactory) -> None:
    class Quiet(SpeakingView):
        refused = NotFoundView.refused

    request = rf.put("/")
    assert Quiet.as_view()(request).status_code == 405
