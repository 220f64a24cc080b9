"""The chat server within a test's transaction: its application on an event loop, asked as servers of ASGI do.

It uses the connection of the test, so that nothing is committed; therefore PostgreSQL tells nobody of events, and tests
say themselves what was heard.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

from chat_app.engagement.engine import Engine
from chatauth_project.chat_server import application

Result = TypeVar("Result")
SITE = "site-1"
PATIENCE_SECONDS = 20.0


class Reply(NamedTuple):
    """An answer of the server; all of them are JSON, but those to preflight requests."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self.body["systemMessages"])

    @property
    def code(self) -> tuple[int, str]:
        return self.status, self.body["errorCode"]


class Asked:
    """A request on its way."""

    def __init__(self, future: "Future[Reply | None]", hang_up: Callable[[], None]) -> None:
        self._future = future
        self.hang_up = hang_up

    @property
    def is_answered(self) -> bool:
        return self._future.done()

    def reply(self) -> Reply:
        found = self._future.result(PATIENCE_SECONDS)
        assert found is not None, "the client had gone"
        return found

    def was_given_up(self) -> bool:
        return self._future.result(PATIENCE_SECONDS) is None


class Deck:
    """One process of the chat server, without a network.

    ``poll_seconds``: how long its polls wait. ``services``: threads for services; without them, they share the one of
    the polls, since there is one connection.
    """

    def __init__(self, poll_seconds: float = 20.0, services: Executor | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        own = connections[DEFAULT_DB_ALIAS]
        own.inc_thread_sharing()
        self._executor = ThreadPoolExecutor(1, initializer=lambda: connections.__setitem__(DEFAULT_DB_ALIAS, own))
        self._services = services or self._executor
        self._poll_seconds = poll_seconds

    def __enter__(self) -> "Deck":
        self._thread.start()
        self.engine = self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._executor.shutdown()
        connections[DEFAULT_DB_ALIAS].dec_thread_sharing()

    async def _start(self) -> Engine:
        engine = Engine(executor=self._services, poll_executor=self._executor, poll_seconds=self._poll_seconds)
        self._application = application(engine)
        self.inner = self._application.application
        self._work = asyncio.create_task(engine.polls.work())
        return engine

    async def _stop(self) -> None:
        self.engine.polls.close()
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.start(work).result(PATIENCE_SECONDS)

    def call(self, act: Callable[[], object]) -> None:
        """Do something on the loop's thread, and return when it is done."""

        async def work() -> None:
            act()

        self.run(work())

    def settle(self) -> None:
        """Return when all that the polls wanted to know of the database is known and noted."""

        async def work() -> None:
            while self.engine.polls.is_busy:
                await asyncio.sleep(0.001)

        self.run(work())

    def heard(self, *mailbox_ids: int) -> None:
        """Say what PostgreSQL would say at the commit."""
        for mailbox_id in mailbox_ids:
            self.call(partial(self.engine.polls.heard, mailbox_id))

    def note_signs(self) -> None:
        self.run(self.engine.polls.note_signs())

    def ask(self, operation: str, fields: object = None, **asking: Any) -> Reply:
        """Call an operation of the consumer API by POST; see ``begin``."""
        return self.begin(operation, fields, **asking).reply()

    def begin(
        self,
        operation: str,
        fields: object = None,
        *,
        session: str = "",
        bearer: str = "",
        api: str = "consumer",
        site: str = SITE,
        method: str = "POST",
        query: str = "pool=353:2",
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Asked:
        """Call an operation, and do not wait for the answer."""
        given = {
            **({"SessionId": session} if session else {}),
            **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            "Content-Type": "application/json; charset=utf-8",
            **(headers or {}),
        }
        body = raw if raw is not None else b"" if fields is None else json.dumps(fields).encode()
        path = f"/engagement/api/{api}/{site}/v1/{operation}"
        return self.begin_raw(method, path, query=query, headers=given, body=body)

    def begin_raw(
        self, method: str, path: str, *, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Asked:
        exchange = _Exchange(method, path, query, headers or {}, body)
        future = asyncio.run_coroutine_threadsafe(exchange.play(self._application), self._loop)
        return Asked(future, lambda: self.call(exchange.hang_up))

    def ask_raw(self, method: str, path: str, **asking: Any) -> Reply:
        return self.begin_raw(method, path, **asking).reply()


class _Exchange:
    """One request and its answer, as a server of ASGI passes them on."""

    def __init__(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> None:
        length = {} if "Content-Length" in headers else {"Content-Length": str(len(body))}
        self._scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in {**headers, **length}.items()],
            "client": ("192.0.2.9", 50000),
        }
        self._declared = int(length.get("Content-Length") or headers["Content-Length"].replace("x", "0"))
        self._coming: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
        self._gone = asyncio.Event()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._raw: bytes | None = None

    async def play(self, served: Any) -> Reply | None:
        """Return the answer; None where there was none."""
        await served(self._scope, self._receive, self._send)
        return None if self._raw is None else Reply(self._status, self._headers, self._raw)

    def hang_up(self) -> None:
        self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        if self._coming:
            body = self._coming.pop(0)
            return {**body, "more_body": len(body["body"]) < self._declared}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._raw = message["body"]
