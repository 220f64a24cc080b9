"""A start says that it is ready once everything answers that clients call, and says what does not."""

import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pytest_django import Settings

from chatauth_project import readiness, serving
from chatauth_project.demonstration_tls import keep_certificate
from chatauth_project.readiness import Place
from tests.serving import free_port

PATIENCE = 15.0


class Answering(BaseHTTPRequestHandler):
    """Ready, or not while ``busy`` counts down."""

    busy = 0

    def do_GET(self) -> None:
        status = 503 if Answering.busy else 200
        Answering.busy = max(0, Answering.busy - 1)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(tls: Path | None = None) -> Iterator[int]:
    """A server that answers meanwhile; its port."""
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        if tls is not None:
            keep_certificate(tls / "cert.pem", tls / "key.pem", hosts=["chat.example.com"], now=datetime.now(UTC))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "cert.pem", tls / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def place(port: int, *, over_tls: bool = False) -> Place:
    return Place(host="0.0.0.0", port=port, path="/readyz", over_tls=over_tls)


def soon(seconds: float = PATIENCE) -> float:
    return time.monotonic() + seconds


def test_what_answers_is_not_waited_for_any_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering() as port:
        assert readiness.silent([place(port)], deadline=soon()) == []
        monkeypatch.setattr(Answering, "busy", 2)
        assert readiness.silent([place(port)], deadline=soon()) == []
        assert Answering.busy == 0


def test_tls_is_spoken_whatever_name_the_certificate_has(tmp_path: Path) -> None:
    with answering(tmp_path) as port:
        assert readiness.silent([place(port, over_tls=True)], deadline=soon()) == []


def test_what_does_not_come_is_named_at_the_end_of_the_time() -> None:
    with answering() as port:
        absent = place(free_port())
        assert readiness.silent([absent, place(port)], deadline=soon(0.05)) == [absent]


def test_the_chat_server_is_waited_for_where_there_is_one(settings: Settings) -> None:
    settings.CHAT_WORKERS = 0
    assert readiness.chat_places() == []
    settings.CHAT_WORKERS, settings.CHAT_HOST, settings.CHAT_PORT = 2, "::1", 8001
    assert [found.url for found in readiness.chat_places()] == ["http://[::1]:8001"]
    settings.CHAT_TLS_CERTIFICATE = "certificate.pem"
    assert [found.url for found in readiness.chat_places()] == ["https://[::1]:8001"]


def test_nobody_is_told_before_the_chat_server_answers(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    told: list[serving.Started] = []
    jobs: list[str] = []
    with answering() as workers, answering() as chat, caplog.at_level(logging.ERROR):
        settings.HOST, settings.PORT, settings.CHAT_WORKERS = "127.0.0.1", workers, 1
        settings.CHAT_HOST, settings.CHAT_PORT = "127.0.0.1", free_port()
        serving._announce(time.monotonic(), lambda: jobs.append("started"), told.append, patience=0.05)
        assert (told, jobs) == ([], ["started"])
        assert f"http://127.0.0.1:{settings.CHAT_PORT}/readyz gives no good answer" in caplog.text
        settings.CHAT_PORT = chat
        serving._announce(time.monotonic(), lambda: None, told.append)
    assert [started.address for started in told] == [f"http://127.0.0.1:{workers}"]
