from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chatauth_project.middleware.proxies import TrustedProxies, client_address

PROXY = "10.0.0.7"
CLIENT = "203.0.113.9"


@pytest.fixture
def _trusting(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def passed_on(peer: str, **headers: str) -> HttpRequest:
    """The request as the next middleware sees it."""
    seen: list[HttpRequest] = []

    def next_one(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    meta: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    TrustedProxies(next_one)(RequestFactory().get("/", REMOTE_ADDR=peer, **meta))
    return seen[0]


def test_nobody_is_trusted_by_default() -> None:
    request = passed_on(PROXY, x_forwarded_for=CLIENT, x_forwarded_proto="https", x_forwarded_host="evil.example")
    assert request.META["REMOTE_ADDR"] == PROXY
    assert request.scheme == "http"
    assert request.META.get("HTTP_HOST", "testserver") == "testserver"


@pytest.mark.usefixtures("_trusting")
def test_a_trusted_proxy_tells_address_scheme_host_and_request_id() -> None:
    request = passed_on(
        PROXY,
        x_forwarded_for=CLIENT,
        x_forwarded_proto="https",
        x_forwarded_host="chat.example.com",
        x_request_id="from-proxy-1",
    )
    assert request.META["REMOTE_ADDR"] == CLIENT
    assert request.scheme == "https"
    assert request.META["HTTP_HOST"] == "chat.example.com"
    assert request.META["HTTP_X_REQUEST_ID"] == "from-proxy-1"


@pytest.mark.usefixtures("_trusting")
def test_a_stranger_is_not_believed_and_its_headers_go_no_further() -> None:
    request = passed_on(CLIENT, x_forwarded_for="198.51.100.1", x_forwarded_proto="https", x_request_id="made-up-id")
    assert request.META["REMOTE_ADDR"] == CLIENT
    assert request.scheme == "http"
    assert [name for name in request.META if "FORWARDED" in name or "REQUEST_ID" in name] == []


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(
    ("chain", "address"),
    [
        (CLIENT, CLIENT),
        (f"198.51.100.1, {CLIENT}", CLIENT),
        (f"198.51.100.1, {CLIENT}, 10.1.1.1", CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.9", CLIENT),
        ("fe80::1%eth0, 10.1.1.1", "fe80::1"),
        ("10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("", PROXY),
        ("unknown", PROXY),
        ("203.0.113.9, nonsense", PROXY),
        ("nonsense, 10.1.1.1", "10.1.1.1"),
        ("203.0.113.999", PROXY),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_trusted_proxys(chain: str, address: str) -> None:
    assert client_address(PROXY, chain) == address


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(
    "header", [{"x_forwarded_proto": "gopher"}, {"x_forwarded_host": "a b"}, {"x_request_id": "x"}]
)
def test_malformed_values_are_ignored(header: dict[str, str]) -> None:
    request = passed_on(PROXY, **header)
    assert request.scheme == "http"
    assert request.META.get("HTTP_HOST", "testserver") == "testserver"
    assert "HTTP_X_REQUEST_ID" not in request.META


@given(chain=st.text(alphabet="0123456789abcdef.:,[]% \t", max_size=200))
def test_no_chain_raises(chain: str) -> None:
    assert client_address(CLIENT, chain)


@pytest.mark.usefixtures("_trusting")
def test_an_endless_chain_is_not_followed_to_its_end() -> None:
    assert client_address(PROXY, ", ".join([CLIENT, *["10.1.1.1"] * 100_000])) == "10.1.1.1"
