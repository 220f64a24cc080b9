"""Nothing that the sandbox shows holds a secret."""

import pytest

from authenticate_app.sandbox.masking import masked_body, masked_headers, masked_url

JSON = "application/json"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/cb?code=abc&state=" + "x" * 32, "https://a.example/cb?code=•••(3)&state=•••(32)"),
        ("https://a.example/#access_token=abc", "https://a.example/#access_token=•••(3)"),
        ("/login/?next=/oauth/authorize%3Fstate%3Dabc", "/login/?next=•••(30)"),
        ("https://a.example/?client_id=web-1&scope=openid", "https://a.example/?client_id=web-1&scope=openid"),
        ("messages-auth://?status=failure&error_code=7", "messages-auth://?status=failure&error_code=7"),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    assert masked_url(url) == shown


def test_headers() -> None:
    given = [
        ("authorization", "Bearer abc.def.ghi"),
        ("Cookie", "session=abc"),
        ("MMCS-Signature", "abc"),
        ("webhook-signature", "v1,abc"),
        ("location", "https://a.example/?code=abc"),
        ("referer", "https://a.example/?code=abc"),
        ("id", "123"),
    ]
    assert masked_headers(given) == [
        ["authorization", "Bearer •••(11)"],
        ["Cookie", "•••(11)"],
        ["MMCS-Signature", "•••(3)"],
        ["webhook-signature", "•••(6)"],
        ["location", "https://a.example/?code=•••(3)"],
        ["referer", "https://a.example/?code=•••(3)"],
        ["id", "123"],
    ]


def test_bodies_of_forms() -> None:
    form = b"client_id=web-1&code=abc&client_secret=abcdef&password=x&redirect_uri=https://a.example"
    shown = "client_id=web-1&code=•••(3)&client_secret=•••(6)&password=•••(1)&redirect_uri=https://a.example"
    assert masked_body(form, "application/x-www-form-urlencoded") == shown


def test_bodies_of_json() -> None:
    body = (
        b'{"token": "abc", "errors": [{"code": 2}], "state": "succeeded", "data": "' + b"A" * 500 + b'", "jwt": "a.b"}'
    )
    shown = masked_body(body, JSON)
    assert '"token": "•••(3)"' in shown
    assert '"code": 2' in shown
    assert '"state": "succeeded"' in shown
    assert '"jwt": "•••(3)"' in shown
    assert "A" * 100 not in shown
    assert "(500)" in shown


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b"<html>secret</html>"])
def test_what_is_not_understood_is_not_shown(body: bytes) -> None:
    assert "secret" not in masked_body(body, JSON)
    assert "secret" not in masked_body(body, "text/html")


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"a=\0", "application/x-www-form-urlencoded"), (b'{"a": "\\ud800\\u0000"}', JSON)]
)
def test_whatever_is_shown_can_be_stored(body: bytes, content_type: str) -> None:
    shown = masked_body(body, content_type)
    assert "a" in shown
    assert "\0" not in shown
    assert shown.encode()
