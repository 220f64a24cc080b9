"""Each test asks a server on loopback; names stand for addresses that the test chooses."""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from authenticate_app.messages import guarded_http
from authenticate_app.messages.guarded_http import (
    AddressRefused,
    AnswerCompressed,
    AnswerTooLarge,
    addresses_of,
    open_client,
    read_bounded,
)
from tests.messages.peers import Asked, Peer, drip, hang, http, peer

SOON = 0.6
"""Seconds: what is bounded by it ends long before ``LATE``."""
LATE = 5.0


@pytest.fixture
def private_addresses(settings: Any) -> None:
    settings.PRIVATE_ADDRESSES = True


def resolving(*addresses: str) -> Callable[[str, int], Iterable[str]]:
    return lambda _host, _port: addresses


def fine(_peer: Peer, _asked: Asked) -> bytes:
    return http(200, b"fine")


@pytest.mark.usefixtures("private_addresses")
def test_a_request_goes_out_and_comes_back() -> None:
    with peer(fine) as server, open_client(timeout_seconds=LATE) as client:
        answer = client.post(f"{server.url}/v1/message?x=y", content=b"body", headers={"id": "5"})
    assert (answer.status_code, answer.content) == (200, b"fine")
    assert (server.asked[0].method, server.asked[0].path, server.asked[0].body) == ("POST", "/v1/message?x=y", b"body")
    assert server.asked[0].headers["id"] == "5"
    assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("::ffff:127.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("10.0.0.1",)])
def test_names_that_stand_for_private_addresses_are_refused(addresses: tuple[str, ...]) -> None:
    with peer(fine) as server:
        client = open_client(timeout_seconds=LATE, resolve=resolving(*addresses))
        with client, pytest.raises(AddressRefused, match="private network"):
            client.get(f"https://idp.example:{server.port}/")
    assert server.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1", "[::1]", "localhost"])
def test_addresses_of_this_machine_are_refused_in_every_spelling(host: str) -> None:
    refusals = (AddressRefused, httpx.InvalidURL)
    with peer(fine) as server, open_client(timeout_seconds=LATE) as client, pytest.raises(refusals):
        client.get(f"https://{host}:{server.port}/")
    assert server.asked == []


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"])
def test_what_the_system_reads_out_of_a_spelling_is_judged_as_well(spelling: str) -> None:
    def in_this_spelling(_host: str, port: int) -> Iterator[str]:
        return addresses_of(spelling, port)

    client = open_client(timeout_seconds=LATE, resolve=in_this_spelling)
    with client, pytest.raises(AddressRefused):
        client.get("https://idp.example/")


def test_a_name_is_resolved_once_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """With DNS rebinding the first answer is a harmless address and the next one a private one."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    connected: list[str] = []

    def rebinding(_host: str, _port: int) -> Iterable[str]:
        return next(answers)

    def connect(_network: object, address: str, *_rest: object) -> NoReturn:
        connected.append(address)
        raise httpcore.ConnectError("Nobody is there.")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    client = open_client(timeout_seconds=SOON, resolve=rebinding)
    with client, pytest.raises(httpx.ConnectError):
        client.get("https://idp.example/")
    assert connected == ["8.8.8.8"]
    again = open_client(timeout_seconds=SOON, resolve=rebinding)
    with again, pytest.raises(AddressRefused):
        again.get("https://idp.example/")
    assert connected == ["8.8.8.8"]


@pytest.mark.usefixtures("private_addresses")
def test_the_next_address_is_tried_where_nobody_listens() -> None:
    with peer(fine) as server:
        client = open_client(timeout_seconds=LATE, resolve=resolving("127.0.0.2", "127.0.0.1"))
        with client:
            assert client.get(f"http://idp.example:{server.port}/").content == b"fine"
    assert server.asked[0].headers["host"] == f"idp.example:{server.port}"


def test_an_address_that_is_silent_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[str, float]] = []

    def connect(_network: object, address: str, _port: int, timeout: float, *_rest: object) -> NoReturn:
        waited.append((address, timeout))
        raise httpcore.ConnectTimeout("Silence.")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    names = ("2620:149:af0::10", "8.8.8.8", "8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9")
    client = open_client(timeout_seconds=8, resolve=resolving(*names))
    with client, pytest.raises(httpx.ConnectTimeout):
        client.get("https://idp.example/")
    assert [address for address, _ in waited] == ["2620:149:af0::10", "8.8.8.8", "8.8.4.4", "1.1.1.1"]
    assert [seconds for _, seconds in waited] == pytest.approx([2, 8 / 3, 4, 8], abs=0.5)


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize("addresses", [(), ("127.0.0.2",)])
def test_nobody_there(addresses: tuple[str, ...]) -> None:
    client = open_client(timeout_seconds=LATE, resolve=resolving(*addresses))
    with client, pytest.raises(httpx.ConnectError):
        client.get("http://idp.example:9/")


def test_a_name_that_is_not_known() -> None:
    def unknown(_host: str, _port: int) -> Iterable[str]:
        raise OSError("Name or service not known")

    with open_client(timeout_seconds=LATE, resolve=unknown) as client, pytest.raises(httpx.ConnectError, match="name"):
        client.get("https://idp.example/")


@pytest.mark.parametrize("url", ["http://idp.example/", "ftp://idp.example/", "https://user:x@idp.example/"])
def test_what_may_not_be_entered_may_not_be_asked_either(url: str) -> None:
    client = open_client(timeout_seconds=LATE, resolve=resolving("8.8.8.8"))
    with client, pytest.raises((AddressRefused, httpx.UnsupportedProtocol)):
        client.get(url)


def test_this_servers_own_sandbox_may_be_asked(settings: Any) -> None:
    settings.SANDBOX = True
    with peer(fine) as server, open_client(timeout_seconds=LATE) as client:
        settings.PUBLIC_BASE_URL = server.url
        assert client.get(f"{server.url}/sandbox/gateway/v1").content == b"fine"
        with pytest.raises(AddressRefused):
            client.get(f"{server.url}/admin/")
        with pytest.raises(AddressRefused):
            client.get(f"{server.url}/sandbox/../admin/")
    assert len(server.asked) == 1


@pytest.mark.usefixtures("private_addresses")
def test_redirects_are_not_followed() -> None:
    def redirect(peer: Peer, _asked: Asked) -> bytes:
        return http(302, b"", f"Location: {peer.url}/elsewhere")

    with peer(redirect) as server, open_client(timeout_seconds=LATE) as client:
        assert client.get(server.url).status_code == 302
    assert len(server.asked) == 1


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize(
    "location", ["https://xn--a/", "https://xn--i1b.com/", "http://[", "//", "\x80", "https://x:y/"]
)
def test_where_a_redirect_leads_is_not_even_read(location: str) -> None:
    def redirect(_peer: Peer, _asked: Asked) -> bytes:
        return http(302, b"", f"Location: {location}")

    with peer(redirect) as server, open_client(timeout_seconds=LATE) as client:
        assert client.get(server.url).status_code == 302


@pytest.mark.usefixtures("private_addresses")
def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    with peer(fine) as server, open_client(timeout_seconds=LATE) as client:
        assert client.get(server.url).content == b"fine"


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize(
    "answer",
    [
        lambda peer, _asked: hang(peer),
        lambda peer, _asked: drip(peer, http(200, b"fine")),
        lambda peer, _asked: drip(peer, http(200, b"x" * 1000)),
        lambda peer, _asked: iter([http(200, length=1000), *drip(peer, b"x" * 1000)]),
    ],
    ids=["silence", "dripping head", "dripping on", "dripping body"],
)
def test_time_is_bounded_for_all_that_a_client_does(answer: Callable[[Peer, Asked], Iterator[bytes]]) -> None:
    begun = time.monotonic()
    with peer(answer) as server, open_client(timeout_seconds=SOON) as client, pytest.raises(httpx.TimeoutException):
        client.get(server.url)
    assert time.monotonic() - begun < LATE


@pytest.mark.usefixtures("private_addresses")
def test_nothing_begins_after_the_time_is_over() -> None:
    with peer(fine) as server, open_client(timeout_seconds=0) as client, pytest.raises(httpx.TimeoutException):
        client.get(server.url)
    assert server.asked == []


@pytest.mark.usefixtures("private_addresses")
def test_bytes_are_bounded_for_all_that_a_client_does() -> None:
    def long(_peer: Peer, _asked: Asked) -> bytes:
        return http(200, b"x" * 6000)

    with peer(long) as server, open_client(timeout_seconds=LATE, most_bytes=10_000) as client:
        client.get(server.url)
        with pytest.raises(AnswerTooLarge):
            client.get(server.url)


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize("most_bytes", [5, 4, 3])
def test_a_body_is_read_up_to_a_bound(most_bytes: int) -> None:
    with peer(fine) as server, open_client(timeout_seconds=LATE) as client, client.stream("GET", server.url) as answer:
        if most_bytes >= 4:
            assert read_bounded(answer, most_bytes=most_bytes) == b"fine"
        else:
            with pytest.raises(AnswerTooLarge):
                read_bounded(answer, most_bytes=most_bytes)


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "nonsense"])
def test_compressed_answers_are_not_unpacked(encoding: str) -> None:
    def compressed(_peer: Peer, _asked: Asked) -> bytes:
        return http(200, b"\x1f\x8b", f"Content-Encoding: {encoding}")

    with peer(compressed) as server, open_client(timeout_seconds=LATE) as client, pytest.raises(AnswerCompressed):
        client.get(server.url)


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize(
    "answer",
    [b"", b"no HTTP\r\n\r\n", http(200, b"short", length=100), b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
)
def test_broken_answers_are_one_kind_of_failure(answer: bytes) -> None:
    broken = peer(lambda _peer, _asked: answer)
    with broken as server, open_client(timeout_seconds=LATE) as client, pytest.raises(httpx.HTTPError):
        client.get(server.url)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server has that the client trusts as ``idp.example``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    begun = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(hours=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("idp.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    file = tmp_path / "idp.pem"
    file.write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    trusting = ssl.create_default_context(cadata=pem.decode())
    monkeypatch.setattr(guarded_http, "_tls", lambda: trusting)
    return serving


@pytest.mark.usefixtures("private_addresses")
def test_the_certificate_is_the_names_though_the_connection_is_the_addresss(certified: ssl.SSLContext) -> None:
    with (
        peer(fine, tls=certified) as server,
        open_client(timeout_seconds=LATE, resolve=resolving("127.0.0.1")) as client,
    ):
        assert client.get(f"https://idp.example:{server.port}/").content == b"fine"


@pytest.mark.usefixtures("private_addresses")
@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_the_certificate_of_another_name_is_refused(certified: ssl.SSLContext, host: str) -> None:
    client = open_client(timeout_seconds=LATE, resolve=resolving("127.0.0.1"))
    with peer(fine, tls=certified) as server, client, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        client.get(f"https://{host}:{server.port}/")
    assert server.asked == []


def test_certificates_and_names_are_checked() -> None:
    context = guarded_http._tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.usefixtures("private_addresses")
def test_tls_is_asked_for_where_the_address_says_so() -> None:
    with peer(fine) as server, open_client(timeout_seconds=SOON) as client, pytest.raises(httpx.HTTPError):
        client.get(f"https://127.0.0.1:{server.port}/")
