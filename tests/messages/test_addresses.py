from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.messages.addresses import MALFORMED, PRIVATE, WITHOUT_TLS, address_fault, is_public

PRIVATE_ADDRESSES = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]
PUBLIC_ADDRESSES = ["17.253.144.10", "8.8.8.8", "2620:149:af0::10", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def in_url(address: str) -> str:
    return f"https://[{address}]/v1" if ":" in address else f"https://{address}/v1"


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    assert address_fault(in_url(address)) == PRIVATE


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_are_not(address: str) -> None:
    assert is_public(ip_address(address))
    assert address_fault(in_url(address)) is None


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.01",
        "example.0x7f",
        "example.1",
    ],
)
def test_other_spellings_of_addresses_are_no_addresses(host: str, settings: Any) -> None:
    assert address_fault(f"https://{host}/") == MALFORMED
    settings.PRIVATE_ADDRESSES = True
    assert address_fault(f"https://{host}/") == MALFORMED


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:8443", "gateway.localhost"])
def test_names_of_this_machine_are_private(host: str) -> None:
    assert address_fault(f"https://{host}/") == PRIVATE


@pytest.mark.parametrize(
    "url",
    [
        "https://mspgw.push.apple.com/v1",
        "https://MSPGW.push.apple.com/v1",
        "https://xn--mller-kva.example/token",
        "https://idp.example:8443/token?x=y",
        "https://notlocalhost/",
        "https://xn--mnchen-3ya.example/",
        "https://idp.example",
        "https://idp.example?x=/",
        "https://0x7f.example/",
    ],
)
def test_good_addresses(url: str) -> None:
    assert address_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///path",
        "https://user@idp.example/",
        "https://user:password@idp.example/",
        "https://idp.example@127.0.0.1/",
        "https://127.0.0.1\\@idp.example/",
        "https://idp.example/#fragment",
        "https://idp.example:0/",
        "https://idp.example:65536/",
        "https://idp.example:port/",
        "https://idp..example/",
        "https://idp.example./",
        "https://[::1",
        "https://[::1%25eth0]/",
        "https://[:::]/",
        "https://münchen.example/",
        "https://idp.example/ path",
        "https://idp.example/\r\nHost: x",
        "https://idp.example/\x00",
        "https://idp.example/" + "x" * 2000,
        "https://１２７.0.0.1/",
        "https://xn--a/",
        "https://xn--i1b.com/",
    ],
)
def test_what_is_no_address(url: str) -> None:
    assert address_fault(url) == MALFORMED


@pytest.mark.parametrize(
    "url", ["http://idp.example/", "ftp://idp.example/", "file:///etc/passwd", "idp.example", "HTTPS://idp.example", ""]
)
def test_nothing_but_https(url: str) -> None:
    assert address_fault(url) in (WITHOUT_TLS, MALFORMED)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "https://10.0.0.1/", "http://idp/", "http://localhost/"])
def test_the_setting_allows_private_addresses_and_http(url: str, settings: Any) -> None:
    assert address_fault(url) is not None
    settings.PRIVATE_ADDRESSES = True
    assert address_fault(url) is None
    assert address_fault("ftp://127.0.0.1/") == WITHOUT_TLS


def test_this_servers_own_sandbox_is_allowed_while_there_is_one(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    gateway = "http://127.0.0.1:8000/sandbox/gateway/v1"
    assert address_fault(gateway) == WITHOUT_TLS
    settings.SANDBOX = True
    assert address_fault(gateway) is None


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/sandboxes/",
        "/sandbox/../admin/",
        "/sandbox/%2e%2e/admin/",
        "/sandbox/x/%2E./%2e%2e/admin/",
        "/sandbox/..?",
        ":80/sandbox/",
        "@127.0.0.2/sandbox/",
        ".example/sandbox/",
    ],
)
def test_nothing_else_of_this_server_is(path: str, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.SANDBOX = True
    assert address_fault(f"http://127.0.0.1:8000{path}") is not None


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda rest: f"https://{rest}"))
def test_any_text_is_judged(url: str) -> None:
    fault = address_fault(url)
    assert fault is None or str(fault).endswith(".")


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_private(address: Any) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        embedded = getattr(address, "ipv4_mapped", None)
        assert not is_public(address) or (embedded is not None and embedded.is_global)
