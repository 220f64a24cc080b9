"""Asking others over HTTP, without letting them lead this server astray or keep it waiting.

* Names are resolved here, every address that they stand for is judged, and the connection goes to exactly the address
  that was judged: a name that stands for something else a moment later (DNS rebinding) gains nothing.
* Redirects are not followed, proxies of the environment not used.
* Time and bytes are bounded for all that a client does: who sends one byte every ten seconds is cut off as well.

httpx is not small, and web workers seldom need it: import this within the function that asks somebody.

What is not bounded here is how long the system takes to resolve a name; its own resolver does that.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

import httpcore
import httpx
from django.conf import settings

from authenticate_app.messages.addresses import PRIVATE, address_fault, is_own_sandbox, is_public

MOST_BYTES: Final = 1024 * 1024
"""Read by one client, unless it is told otherwise. Answers of gateways and identity providers are a few kilobytes."""
WRITTEN_AT_ONCE: Final = 16 * 1024
MOST_CONNECTIONS: Final = 4
MOST_ADDRESSES: Final = 4
"""Of one name; each that is silent has its share of the time, so that the next ones get theirs."""
HEADERS: Final = {"User-Agent": "chatauth", "Accept-Encoding": "identity"}

LONGEST_WORDS: Final = 200

Resolver = Callable[[str, int], Iterable[str]]
"""The addresses that a name stands for, in the order in which they are to be tried. Raises ``OSError``."""


class AddressRefused(httpx.ConnectError):
    """An address that this server does not go to, and will not later either, unless settings or names change."""


class AnswerTooLarge(httpx.ReadError):
    """More came than was to be read."""


class AnswerCompressed(httpx.DecodingError):
    """The answer is compressed, though it was asked not to be: unpacked it could be of any size."""


def open_client(
    *, timeout_seconds: float, most_bytes: int = MOST_BYTES, resolve: Resolver | None = None
) -> httpx.Client:
    """Return a client for one errand: a request, or a few that belong together.

    After ``timeout_seconds`` from now it does nothing any more, and it reads no more than ``most_bytes`` altogether.
    What goes wrong is an ``httpx.HTTPError``: among them ``AddressRefused``, ``AnswerTooLarge``, ``AnswerCompressed``,
    ``httpx.TimeoutException``. What ``addresses.address_fault`` has not passed may also be an ``httpx.InvalidURL``.
    """
    budget = _Budget(seconds=timeout_seconds, most_bytes=most_bytes)
    return httpx.Client(
        transport=_GuardedTransport(_GuardedNetwork(budget, resolve or addresses_of)),
        timeout=timeout_seconds,
        headers=HEADERS,
        event_hooks={"response": [_forget_redirect, _refuse_compressed]},
        follow_redirects=False,
        trust_env=False,
    )


def read_bounded(response: httpx.Response, *, most_bytes: int) -> bytes:
    """Read the body of a response that is streamed. Raises ``AnswerTooLarge`` as soon as it is longer."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > most_bytes:
            raise AnswerTooLarge(f"The answer is longer than {most_bytes} bytes.")
    return bytes(body)


def words_of(status: int) -> str:
    """A status with its name, if it has one, such as ``503 Service Unavailable``."""
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase}" if known else str(status)


def words_of_failure(failure: Exception) -> str:
    """What happened instead of an answer, in a few words for administrators."""
    if isinstance(failure, httpx.TimeoutException):
        return "timed out"
    return f"no answer: {failure}"[:LONGEST_WORDS]


def addresses_of(host: str, port: int) -> Iterator[str]:
    """Ask the system what ``host`` stands for: also an address, in any spelling that the system knows."""
    for *_kind, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        yield str(address[0])


class _Budget:
    """The time and the bytes that a client has."""

    def __init__(self, *, seconds: float, most_bytes: int) -> None:
        self._end = time.monotonic() + seconds
        self._most_bytes = most_bytes
        self._read = 0

    def seconds_left(self, exhausted: type[httpcore.TimeoutException]) -> float:
        """Raises ``exhausted``."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise exhausted("The time is over.")
        return left

    def spend(self, count: int) -> None:
        self._read += count
        if self._read > self._most_bytes:
            raise AnswerTooLarge(f"More than {self._most_bytes} bytes came.")


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's own, over connections of ours: it has no public way to be given them."""

    def __init__(self, network: "_GuardedNetwork") -> None:
        super().__init__(verify=_tls())
        self._network = network
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), max_connections=MOST_CONNECTIONS, network_backend=network
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        fault = address_fault(url)
        if fault is not None:
            raise AddressRefused(str(fault), request=request)
        self._network.is_own_sandbox = is_own_sandbox(url)
        return super().handle_request(request)


class _GuardedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that it has judged."""

    def __init__(self, budget: _Budget, resolve: Resolver) -> None:
        self._budget = budget
        self._resolve = resolve
        self._network = httpcore.SyncBackend()
        self.is_own_sandbox = False
        """Whether the request that needs the connection goes to this server's own sandbox, wherever that is."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("The name of the host stands for no address.")
        addresses = self._judged(host, port)
        for place, address in enumerate(addresses):
            share = self._budget.seconds_left(httpcore.ConnectTimeout) / (len(addresses) - place)
            try:
                stream = self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as fault:
                failure = fault
            else:
                return _BoundedStream(stream, self._budget)
        raise failure

    def _judged(self, host: str, port: int) -> list[str]:
        """Raises ``AddressRefused`` if only one of the addresses is private: nobody honest mixes them."""
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("The name of the host is not known.") from None
        may_be_private = settings.PRIVATE_ADDRESSES or self.is_own_sandbox
        if not may_be_private and not all(is_public(ip_address(address)) for address in addresses):
            raise AddressRefused(str(PRIVATE))
        return list(dict.fromkeys(addresses))[:MOST_ADDRESSES]


class _BoundedStream(httpcore.NetworkStream):
    """A connection that ends with the budget."""

    def __init__(self, stream: httpcore.NetworkStream, budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._budget.seconds_left(httpcore.ReadTimeout))
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            left = self._budget.seconds_left(httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + WRITTEN_AT_ONCE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._budget.seconds_left(httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@cache
def _tls() -> ssl.SSLContext:
    """Made once, since reading the authorities' certificates takes its time. ``SSL_CERT_FILE`` may name others."""
    return httpx.create_ssl_context()


def _forget_redirect(response: httpx.Response) -> None:
    """Keep httpx from reading where a redirect leads, which nobody follows: names of a strange form make it fail."""
    response.headers.pop("Location", None)


def _refuse_compressed(response: httpx.Response) -> None:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise AnswerCompressed("The answer is compressed, though it was asked not to be.", request=response.request)
