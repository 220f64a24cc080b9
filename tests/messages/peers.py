"""Servers on loopback that answer as a test wants: also such answers as no web server gives."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE = 10.0
"""Seconds after which a test that is stuck fails."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


@dataclass
class Peer:
    """A server that listens."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over, for those who wait for ever."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Answer = Callable[[Peer, Asked], "bytes | Iterator[bytes]"]


@contextmanager
def peer(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """Serve one connection after the other; ``answer`` gives the bytes that go back, or some at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    if tls is not None:
        listener = tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
    serving = Peer(listener.getsockname()[1])
    thread = threading.Thread(target=_serve, args=(listener, serving, answer))
    thread.start()
    try:
        yield serving
    finally:
        serving.ended.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", serving.port), timeout=1):
            pass  # wakes who waits for a connection
        thread.join(PATIENCE)
        listener.close()


def http(status: int = 200, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """An answer, with the ``Content-Length`` that its body has or that is given."""
    lines = [
        f"HTTP/1.1 {status} Words",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def drip(peer: Peer, data: bytes) -> Iterator[bytes]:
    """One byte every now and then."""
    for place in range(len(data)):
        yield data[place : place + 1]
        if peer.ended.wait(0.05):
            return


def hang(peer: Peer) -> Iterator[bytes]:
    """Take the request and say nothing."""
    peer.ended.wait(PATIENCE)
    yield b""


def _serve(listener: socket.socket, serving: Peer, answer: Answer) -> None:
    while not serving.ended.is_set():
        connection, _ = listener.accept()
        with connection, suppress(OSError, ValueError):  # also of those who speak TLS
            connection.settimeout(PATIENCE)
            asked = _read(connection)
            if asked is not None:
                serving.asked.append(asked)
                answered = answer(serving, asked)
                for piece in [answered] if isinstance(answered, bytes) else answered:
                    connection.sendall(piece)


def _read(connection: socket.socket) -> Asked | None:
    with connection.makefile("rb") as stream:
        first = stream.readline().decode("ascii").split()
        if not first:
            return None
        headers = dict(_headers(line.decode("latin-1") for line in iter(stream.readline, b"\r\n")))
        return Asked(first[0], first[1], headers, stream.read(int(headers.get("content-length", 0))))


def _headers(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()
