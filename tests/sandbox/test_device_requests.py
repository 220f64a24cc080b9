"""What the simulated phone sends, held against the literal requests of a device."""

from pathlib import Path

import pytest

from authenticate_app.sandbox.device_requests import (
    Taken,
    Verdict,
    authorization_url,
    is_intercepted,
    taken_from,
    token_request_body,
    verdict_of,
)
from authenticate_app.sandbox.sign_in_message import Registration, SignInMessage, flow_of

LINES = (Path(__file__).parent.parent / "contract" / "apple_device_requests.txt").read_text("ascii").splitlines()
LEGACY, NEW = (line.removeprefix("GET ") for line in LINES if line.startswith("GET"))
TOKEN = next(line for line in LINES if line.startswith("client_id="))
KEY = (
    "BBDjEHZjeKkZ6yk9WaR8v3vngC5xkT9xgpWPfiR45ZKZ7h+5OauxrWRlvoXzngBzZ49B2ATyrlLlo0udz29dOVj3/2a7nB9yd0/vqFfTrSxz"
    "FxBtkYMe3gHAS5ja5WmCXg=="
)
REGISTRATION = Registration("https://idp.example/authorize", "https://idp.example/token", "web-1")
CODE_AT = "https://auth.businesschat.apple.com"


def message(version: str, **fields: str) -> SignInMessage:
    given = {
        "request_identifier": "3f1e6d0c-0000-4000-8000-000000000001",
        "response_type": "code",
        "scope": "openid email",
        "state": "k3Yt0oQb1y7mP2Zr8sUvWxA5",
        "client_secret": "example-secret-unreserved-only",
        "response_encryption_key": KEY,
        "redirect_uri": "https://msp.example/amb/oauth/callback",
        **fields,
    }
    return SignInMessage(version=version, interactive_data={}, **given)


def test_the_authorization_request_of_the_legacy_flow() -> None:
    assert authorization_url(message("1.0"), REGISTRATION) == LEGACY


def test_the_authorization_request_of_the_new_flow() -> None:
    assert authorization_url(message("2.0"), REGISTRATION) == NEW


def test_the_token_request_of_the_legacy_flow() -> None:
    assert token_request_body(message("1.0"), REGISTRATION, "SplxlOBeZQQYbYS6WxSbIA").decode("ascii") == TOKEN


def test_registered_parameters_follow() -> None:
    registration = Registration("https://idp.example/authorize", "", "web-1", "brand=shop&ui_locales=de")
    assert authorization_url(message("2.0"), registration) == f"{NEW}&brand=shop&ui_locales=de"
    assert authorization_url(message("1.0"), registration) == LEGACY


def test_a_query_that_the_authorization_url_has_is_replaced() -> None:
    registration = Registration("https://idp.example/authorize?tenant=1#x", "", "web-1")
    assert authorization_url(message("2.0"), registration) == NEW


def test_the_token_request_escapes_little() -> None:
    body = token_request_body(message("1", client_secret="a&b=c+d:e/f g%41"), REGISTRATION, "x")
    assert body.endswith(b"&client_secret=a&b=c+d:e/f%20gA")


@pytest.mark.parametrize(
    ("version", "flow"), [("0.9", "legacy"), ("1", "legacy"), ("1.9", "legacy"), ("2", "new"), ("2.0", "new")]
)
def test_the_integer_part_of_the_version_decides(version: str, flow: str) -> None:
    assert flow_of(version) == flow


@pytest.mark.parametrize(
    ("url", "form", "taken"),
    [
        (f"{CODE_AT}?code=abc&state=x&iss=y", "", Taken(code="abc")),
        (f"{CODE_AT}/?code=a%2Bb", "", Taken(code="a+b")),
        (f"{CODE_AT}#access_token=t&state=x", "", Taken(access_token="t")),
        (CODE_AT, "code=posted", Taken(code="posted")),
        (f"{CODE_AT}?code=query#code=fragment", "code=posted", Taken(code="query")),
        (f"{CODE_AT}?error=access_denied&code=abc", "", Taken(code="abc")),
        (f"{CODE_AT}?error=access_denied&state=x", "", None),
        (f"{CODE_AT}?code=", "", None),
        (CODE_AT, "", None),
        (f"{CODE_AT}[?code=abc", "", Taken(code="abc")),
    ],
)
def test_what_the_legacy_flow_takes_from_a_redirect(url: str, form: str, taken: Taken | None) -> None:
    assert is_intercepted(url)
    assert taken_from(url, form) == taken


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("status=success", Verdict("success")),
        ("status=failure&error_code=17", Verdict("failure", 17)),
        ("error_code=3&status=cancel", Verdict("cancel", 3)),
        ("status=cancel", Verdict("cancel")),
        ("status=success&brand=x", Verdict("success")),
        ("Status=success", None),
        ("status=Success", None),
        ("status=success&status=success", None),
        ("status=success&error_code=", None),
        ("status=success&error_code", None),
        ("status=success&", None),
        ("status=failure&error_code=-1", None),
        ("status=failure&error_code=many", None),
        ("status=failure&error_code=" + "9" * 5000, None),
        ("status=perhaps", None),
        ("error_code=1", None),
        ("", None),
    ],
)
def test_how_the_new_flow_reads_its_last_address(query: str, verdict: Verdict | None) -> None:
    url = f"messages-auth://?{query}"
    assert is_intercepted(url)
    assert verdict_of(url) == verdict


def test_only_an_address_of_its_own_ends_the_new_flow() -> None:
    assert verdict_of(f"{CODE_AT}?status=success") is None
    assert verdict_of("messages-auth://[?status=success") == Verdict("success")


@pytest.mark.parametrize(
    "url", ["https://chat.example.com/amb/oauth/callback?code=x", "https://auth.example.com", "about:blank"]
)
def test_other_navigations_are_left_to_the_browser(url: str) -> None:
    assert not is_intercepted(url)
