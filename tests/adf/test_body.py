import io
import json
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from chat_app.adf import body, media_types
from chat_app.adf.errors import AdfError, Fault

SPOKEN = (media_types.RESOURCE_ITEM, media_types.JSON)


def read(request: HttpRequest) -> bytes:
    return body.read(request, media_types=SPOKEN)


def refusal(request: HttpRequest) -> tuple[int, str]:
    with pytest.raises(AdfError) as caught:
        read(request)
    return caught.value.status, caught.value.faults[0].error.code


def post(rf: RequestFactory, data: bytes, content_type: str = "application/json", **headers: str) -> HttpRequest:
    return rf.generic("POST", "/", data, content_type=content_type, headers=headers)


def chunked(rf: RequestFactory, stream: io.BytesIO) -> HttpRequest:
    request = post(rf, b"of another length", **{"Transfer-Encoding": "chunked"})
    del request.META["CONTENT_LENGTH"]
    request.META["wsgi.input"] = stream
    return request


class Dripping(io.BytesIO):
    """Gives a few bytes at a time, as a network does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 7, 7))


class Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("The client has gone.")


def test_reads_up_to_the_limit(rf: RequestFactory) -> None:
    assert read(post(rf, b"x" * body.LIMIT_BYTES)) == b"x" * body.LIMIT_BYTES
    assert refusal(post(rf, b"x" * (body.LIMIT_BYTES + 1))) == (413, "CHAT-41301")


@pytest.mark.parametrize("length", [str(body.LIMIT_BYTES + 1), "9" * 30, "9" * 10_000])
def test_a_declared_length_is_refused_before_reading(rf: RequestFactory, length: str) -> None:
    request = post(rf, b"{}")
    request.META["CONTENT_LENGTH"] = length
    request.META["wsgi.input"] = Broken()
    assert refusal(request) == (413, "CHAT-41301")


@pytest.mark.parametrize("stream", [io.BytesIO, Dripping])
def test_chunks_are_read_no_further_than_needed(rf: RequestFactory, stream: type[io.BytesIO]) -> None:
    assert read(chunked(rf, stream(b"{}"))) == b"{}"
    assert read(chunked(rf, stream(b"x" * body.LIMIT_BYTES))) == b"x" * body.LIMIT_BYTES
    endless = stream(b"x" * 10 * body.LIMIT_BYTES)
    assert refusal(chunked(rf, endless)) == (413, "CHAT-41301")
    assert endless.tell() == body.LIMIT_BYTES + 1


def test_chunks_can_be_read_again(rf: RequestFactory) -> None:
    request = chunked(rf, io.BytesIO(b"{}"))
    assert read(request) == read(request) == request.body == b"{}"


def test_chunks_under_asgi() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")],
    }
    assert read(ASGIRequest(scope, io.BytesIO(b"{}"))) == b"{}"


@pytest.mark.parametrize("transfer_encoding", [None, "chunked"])
def test_a_client_that_goes_away(rf: RequestFactory, transfer_encoding: str | None) -> None:
    request = post(rf, b"{}", **({"Transfer-Encoding": transfer_encoding} if transfer_encoding else {}))
    request.META["wsgi.input"] = request._stream = Broken()
    assert refusal(request) == (400, "CHAT-40003")


def test_a_smaller_limit_of_django_counts_too(rf: RequestFactory, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert refusal(post(rf, b"x" * 11)) == (413, "CHAT-41301")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;CHARSET="UTF-8"',
        "application/json;charset=utf8",
        "application/json; profile=x",
        media_types.RESOURCE_ITEM,
        f"{media_types.RESOURCE_ITEM};charset=UTF-8",
    ],
)
def test_media_types_that_are_spoken(rf: RequestFactory, content_type: str) -> None:
    assert read(post(rf, b"{}", content_type)) == b"{}"


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "CHAT-41501"),
        ("text/plain", "CHAT-41501"),
        ("application/x-www-form-urlencoded", "CHAT-41501"),
        ("multipart/form-data; boundary=x", "CHAT-41501"),
        ("application/xml", "CHAT-41501"),
        ("application/jsonx", "CHAT-41501"),
        ("application/vnd.oracle.adf.error+json", "CHAT-41501"),
        ("application/json; charset=iso-8859-1", "CHAT-41502"),
        ("application/json; charset=utf-16", "CHAT-41502"),
        ("application/json; charset=nonsense", "CHAT-41502"),
        ("application/json; charset=", "CHAT-41502"),
    ],
)
def test_media_types_that_are_not(rf: RequestFactory, content_type: str, code: str) -> None:
    assert refusal(post(rf, b"{}", content_type)) == (415, code)


def test_a_media_type_that_cannot_be_read(rf: RequestFactory) -> None:
    request = post(rf, b"{}")
    request.META["CONTENT_TYPE"] = "application/json; charset*=nonsense''x"
    assert refusal(request) == (415, "CHAT-41501")


def test_a_length_that_is_no_number(rf: RequestFactory) -> None:
    request = post(rf, b"{}")
    request.META["CONTENT_LENGTH"] = "two"
    assert refusal(request) == (400, "CHAT-40003")


def test_a_missing_content_type(rf: RequestFactory) -> None:
    request = post(rf, b"{}")
    del request.META["CONTENT_TYPE"]
    assert refusal(request) == (415, "CHAT-41501")


@pytest.mark.parametrize(("encoding", "refused"), [("gzip", True), ("br", True), ("identity", False), ("", False)])
def test_compression(rf: RequestFactory, encoding: str, refused: bool) -> None:
    request = post(rf, b"{}", **{"Content-Encoding": encoding})
    if refused:
        assert refusal(request) == (415, "CHAT-41503")
    else:
        assert read(request) == b"{}"


@pytest.mark.parametrize(
    ("raw_body", "code"),
    [
        (b"", "CHAT-40002"),
        (b" \n", "CHAT-40002"),
        (b"\xef\xbb\xbf{}", "CHAT-40005"),
        (b'{"a": "\xff"}', "CHAT-40004"),
        (b'{"a": "\xed\xa0\x80"}', "CHAT-40004"),
        ('{"a": 1}'.encode("utf-16"), "CHAT-40004"),
        (b"{", "CHAT-40006"),
        (b'{"a": "\x00"}', "CHAT-40006"),
        (b'{"a": NaN}', "CHAT-40013"),
        (b"[]", "CHAT-40007"),
        (b"null", "CHAT-40007"),
        (b'"{}"', "CHAT-40007"),
        (b'{"a":' * 20_000, "CHAT-40008"),
        (b"[" * 60_000, "CHAT-40008"),
    ],
)
def test_what_nothing_can_be_made_of(raw_body: bytes, code: str) -> None:
    with pytest.raises(AdfError) as caught:
        body.parse_object(raw_body)
    assert [(fault.error.code, fault.path) for fault in caught.value.faults] == [(code, "")]


def test_faults_inside_are_noted_with_their_paths() -> None:
    document = body.parse_object(rb'{"a": 1, "a/b": "\u0000", "a": [{"c": 1, "c": 2}], "d": "\ud83d"}')
    assert document.values["a"] == [{"c": 2}]
    assert [(fault.error.code, fault.path, fault.params["name"]) for fault in document.faults] == [
        ("CHAT-40009", "/a", "a"),
        ("CHAT-40009", "/a/0/c", "c"),
        ("CHAT-40010", "/a~1b", "a/b"),
        ("CHAT-40011", "/d", "d"),
    ]


def test_whole_pairs_and_escapes_are_no_fault() -> None:
    assert body.parse_object(rb'{"a": "\ud83d\ude00 \u00e4 \\u0000"}') == body.Document({"a": "😀 ä \\u0000"})


def faults_of(raw_body: bytes) -> tuple[Fault, ...]:
    try:
        return body.parse_object(raw_body).faults
    except AdfError as error:
        return error.faults


@given(st.binary() | st.text().map(str.encode) | st.dictionaries(st.text(), st.text()).map(json.dumps).map(str.encode))
def test_any_body_is_an_object_or_refused(raw_body: bytes) -> None:
    assert {fault.error.status for fault in faults_of(raw_body)} <= {400}
