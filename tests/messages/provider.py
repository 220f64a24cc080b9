"""An identity provider on this machine, which answers as a test tells it to, well or badly."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

ISSUER = "https://idp.example"
CLIENT_ID = "web client/1"
SECRET = "a secret+with:everything%"
SUBJECT = "248289761001"
ACCESS_TOKEN = "2YotnFZFEjr1zCsicMWpAA"
USERINFO = {"sub": SUBJECT, "name": "Jane Doe", "email": "jane@vision.example", "email_verified": True}


@dataclass
class Answer:
    """An answer; with ``act``, a test writes to the connection itself."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    act: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


class Provider:
    """Answers by path; keeps what was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[Asked] = []
        self.answers: dict[str, Answer] = {
            "/token": Answer({"access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 3600}),
            "/userinfo": Answer(USERINFO),
            "/introspect": Answer({"active": False}),
        }

    def answer(self, path: str, body: Any = None, **fields: Any) -> None:
        self.answers[path] = Answer(body, **fields)

    def url(self, path: str) -> str:
        return self.address + path

    def fields(self) -> dict[str, Any]:
        """What a business of this provider has."""
        from authenticate_app.keys.encryption import encrypt

        return {
            "provider": "other",
            "client": None,
            "provider_issuer": ISSUER,
            "authorization_url": self.url("/authorize"),
            "token_url": self.url("/token"),
            "userinfo_url": self.url("/userinfo"),
            "provider_client_id": CLIENT_ID,
            "encrypted_client_secret": encrypt(SECRET.encode()),
        }


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run it until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.respond(dict(parse_qsl(body.decode())))

        def respond(self, form: dict[str, str]) -> None:
            provider.asked.append(Asked(self.command, self.path, dict(self.headers), form))
            answer = provider.answers.get(self.path, Answer({"error": "not_found"}, status=404))
            if answer.act is not None:
                answer.act(self)
                return
            self.send_response(answer.status)
            given = {"Content-Type": "application/json", "Content-Length": str(len(answer.raw)), **answer.headers}
            for name, value in given.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.raw)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing: a test says what it expects."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: Any) -> None:
            """Clients that had enough hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
