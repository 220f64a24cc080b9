"""Bodies that are refused with 400: broken, too large, or other ones than their headers say."""

import gzip
import json
import zlib
from typing import Any

import pytest

from authenticate_app.messages.models import Business
from authenticate_app.messages.unpacking import LARGEST_BODY
from tests.messages import world
from tests.messages.apple import post, text
from tests.messages.test_webhook import refused, shop

__all__ = ["shop"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "raw_body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"id": 1}',
        b'{"id": NaN}',
        b"[" * 100_000,
        json.dumps(text(sourceId=None)).encode(),
        json.dumps(text(id="a" * 101)).encode(),
        json.dumps(text(id="a\0b")).encode(),
        json.dumps(text(type=None)).encode(),
        json.dumps(text())[:-1].encode() + b', "id": "again"}',
    ],
    ids=[
        "nothing",
        "half an object",
        "a list",
        "null",
        "not UTF-8",
        "a number as id",
        "not a number",
        "too deep",
        "no source",
        "a long id",
        "NUL in the id",
        "no type",
        "two ids",
    ],
)
def test_a_body_that_is_no_message(raw_body: bytes) -> None:
    refused(400, "malformed", raw_body=raw_body)


@pytest.mark.parametrize(
    "raw_body",
    [
        gzip.compress(b"{}", mtime=0)[:-4],
        gzip.compress(b"{}", mtime=0)[:6] + b"garbage",
        b"\x1f\x8b",
        gzip.compress(b"{}", mtime=0) + b"more",
        gzip.compress(b"{}", mtime=0) * 2,
    ],
)
def test_bad_gzip(raw_body: bytes) -> None:
    refused(400, "bad-compression", raw_body=raw_body)


def test_another_compression() -> None:
    refused(400, "bad-compression", raw_body=zlib.compress(b"{}"), Content_Encoding="br")


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    refused(400, "too-large", raw_body=gzip.compress(bytes(200 * LARGEST_BODY)))


def test_a_body_over_the_limit() -> None:
    refused(400, "too-large", raw_body=b'{"x": "' + b"a" * LARGEST_BODY + b'"}')


def test_a_body_of_the_limit_is_taken() -> None:
    message = text(body="")
    message["body"] = "a" * (LARGEST_BODY - len(json.dumps(message)))
    assert post(message, raw_body=json.dumps(message).encode()).status_code == 200


@pytest.mark.parametrize("name", ["id", "source-id"])
@pytest.mark.parametrize("value", [None, "", "another"])
def test_a_header_that_differs_from_the_body(name: str, value: str | None) -> None:
    changed: dict[str, Any] = {name: value}
    assert name in refused(400, "different", **changed)


def test_a_body_for_another_business_than_the_header(shop: Business) -> None:
    world.business(business_id="other", client=None, provider="other")
    sentence = refused(400, "different", text(), destination_id="other")
    assert "destination-id" in sentence


def test_no_business_named() -> None:
    refused(403, "unknown-business", destination_id=None)
