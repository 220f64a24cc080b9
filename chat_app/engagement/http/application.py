"""The ASGI application of the chat server: from a request to an operation, and from whatever comes of it to an answer.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from django.db import Error as DatabaseFailure
from django.db import OperationalError
from psycopg.errors import LockNotAvailable, QueryCanceled

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth.secrets import checksum
from authenticate_app.throttling.networks import network_of
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import (
    ACCESS_DENIED,
    BAD_REQUEST,
    INTERNAL_SERVER_ERROR,
    NOT_FOUND,
    NOT_SUPPORTED,
    SESSION_UNKNOWN,
    TOO_LATE,
    TOO_MANY,
    UNAVAILABLE,
    Refused,
)
from chat_app.engagement.http import answers, cors, health
from chat_app.engagement.http.answers import Served, Written
from chat_app.engagement.http.bodies import BodyBrokeOff, BodyTooLong, BodyTooSlow, Receive, read_body
from chat_app.engagement.http.operations import Answer, Api, Operation, Operations
from chat_app.engagement.http.requests import ADDRESS, Call, Headers
from chat_app.engagement.http.wire import Fields
from chat_app.engagement.limits import Kind
from chat_app.engagement.metrics import REFUSALS
from chat_app.routing.snapshot import InterfaceFacts

log = structlog.get_logger("chatauth.engagement")

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
LONGEST_LENGTH = 20
"""Digits of a ``Content-Length`` that are looked at: enough to know that it is too much."""
UNMATCHED = "unmatched"
NOTED_WITH_TOKENS = "token_refused"
"""The reason of refusals that whoever judges tokens has counted and audited already."""
SESSION_HEADERS = {Api.CONSUMER: "SessionId", Api.AGENT: "X-JSESSIONID"}


class ClientGone(Exception):
    """There is nobody to answer."""


class Application:
    """Answers the calls of both APIs.

    ``desk_origins``: whose pages may call the agent API; those of the consumer API stand at each interface.
    ``body_seconds``: how long a body may take to arrive. A request's ``scope["route"]`` says afterwards which operation
    it was, and ``scope["noted"]`` what its log line says besides. Before, ``scope["address"]`` may say whose request it
    is, where proxies stand in between, and ``scope["request_id"]`` by what its log lines know it.
    """

    def __init__(
        self, engine: Engine, operations: Operations, *, desk_origins: frozenset[str], body_seconds: float
    ) -> None:
        self._engine = engine
        self._operations = operations
        self._desk_origins = desk_origins
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path in health.PATHS:
            scope["route"] = path
            await _send(send, await health.answer(path, self._engine))
            return
        await _Request(self, scope, receive).answer(send)


class _Request:
    """One request on its way."""

    def __init__(self, application: Application, scope: Scope, receive: Receive) -> None:
        self._app = application
        self._scope = scope
        self._receive = receive
        self._headers = Headers(scope["headers"])
        self._began = application._engine.clock.now()
        self._checksum = ""
        self._api = Api.CONSUMER
        self._cors: list[cors.Header] = [cors.VARY]
        self._call: Call | None = None
        self._gone: asyncio.Future[None] | None = None
        self._sent: Callable[[bool], None] | None = None

    async def answer(self, send: Send) -> None:
        """Send whatever the answer is, and tell the operation whether it could be sent."""
        try:
            await _send(send, await self._for_somebody())
        except ClientGone:
            self._scope["status"] = 0
            self._tell_sent(is_whole=False)
        except BaseException:
            self._tell_sent(is_whole=False)
            raise
        else:
            self._tell_sent(is_whole=True)
        finally:
            if self._gone is not None:
                self._gone.cancel()

    async def _for_somebody(self) -> Written:
        """Return the answer, if there is still somebody to have it. Raises ``ClientGone``."""
        written = await self._written()
        if self._gone is not None and self._gone.done():
            raise ClientGone
        return written

    async def _written(self) -> Written:
        try:
            return await self._success()
        except Refused as refused:
            REFUSALS.labels(refused.error.code, refused.reason).inc()
            return answers.refusal(refused, self._api, self._served(), self._cors)

    async def _success(self) -> Written:
        try:
            interface, name = await self._find_place()
            if self._scope["method"] == "OPTIONS" and self._headers.get("access-control-request-method"):
                return answers.empty(self._cors)
            operation = self._find_operation(name)
            self._count(operation)
            answer = await self._work(operation, await self._read(operation, interface))
        except Refused as refused:
            await self._note(refused)
            raise
        except (ClientGone, asyncio.CancelledError):
            raise
        except DatabaseFailure as error:
            log.warning("database failure", error=type(error).__name__)
            raise _refusal_of(error, self._scope) from error
        except Exception as error:
            log.error("call failed", exc_info=True)  # noqa: G201 - structlog
            raise Refused(INTERNAL_SERVER_ERROR) from error
        self._sent = answer.sent
        if operation.limited is Kind.SESSION and answer.is_proof:
            self._app._engine.limits.note_good(self._checksum, now=monotonic())
        return answers.success(answer.fields, self._served(), self._cors)

    async def _find_place(self) -> tuple[InterfaceFacts, str]:
        """Return the interface of the site and the name of the operation."""
        match = ADDRESS.fullmatch(self._scope["path"])
        if match is None:
            raise Refused(NOT_FOUND, reason="path")
        self._api = Api(match[1])
        if self._api is Api.AGENT:  # before anything that may fail: the desk is to see how it did
            self._allow(self._app._desk_origins)
        interface = (await self._app._engine.routing()).by_site.get(match[2])
        if interface is None:
            raise Refused(NOT_FOUND, reason="site")
        if self._api is Api.CONSUMER:
            self._allow(interface.allowed_origins)
        return interface, match[3]

    def _allow(self, origins: Collection[str]) -> None:
        is_preflight = self._scope["method"] == "OPTIONS"
        self._cors = cors.headers_for(self._headers.get("origin"), origins, is_preflight=is_preflight)

    def _find_operation(self, name: str) -> Operation:
        operation = self._app._operations[self._api].get(name)
        if operation is None:
            raise Refused(NOT_SUPPORTED, reason="operation")
        self._scope["route"] = f"/engagement/api/{self._api.value}/<site>/v1/{name}"
        self._scope["may_be_late"] = operation.may_be_late
        if self._scope["method"] not in operation.methods:
            raise Refused(NOT_SUPPORTED, reason="method")
        return operation

    def _count(self, operation: Operation) -> None:
        """Refuse clients that call too often."""
        self._checksum = checksum(self._headers.get(SESSION_HEADERS[self._api]))
        limits, address = self._app._engine.limits, self._address()
        if not limits.allow(operation.limited, address=address, checksum=self._checksum, now=monotonic()):
            raise Refused(TOO_MANY, reason=operation.limited.value)

    async def _note(self, refused: Refused) -> None:
        """Count session ids that are not good; audit them, and what agents may not do, unless a flood comes."""
        engine, address, now = self._app._engine, self._address(), monotonic()
        if refused.error is SESSION_UNKNOWN:
            is_noted = engine.limits.note_refused(address=address, checksum=self._checksum, now=now)
            await self._audit(refused, Event.CHAT_SESSION_REFUSED, is_noted=is_noted)
        elif refused.error is ACCESS_DENIED and refused.reason != NOTED_WITH_TOKENS:
            is_noted = engine.limits.refused.take(network_of(address), now=now)
            await self._audit(refused, Event.CHAT_AGENT_REFUSED, is_noted=is_noted)

    async def _audit(self, refused: Refused, event: Event, *, is_noted: bool) -> None:
        if not is_noted:
            return
        with suppress(DatabaseFailure, Refused):  # the client is told the same
            await self._app._engine.run(
                record,
                event=event,
                reason=refused.reason,
                actor=self._call.noted.get("agent") if self._call is not None else None,
                address=self._address(),
                request_id=self._scope.get("request_id", ""),
            )

    def _address(self) -> str:
        return self._scope.get("address") or str(self._scope["client"][0])

    async def _read(self, operation: Operation, interface: InterfaceFacts) -> Call:
        self._call = Call(
            method=self._scope["method"],
            interface=interface,
            headers=self._headers,
            query=self._scope["query_string"].decode("latin-1"),
            raw_body=await self._body(operation),
            unverified_session_id=self._headers.get(SESSION_HEADERS[self._api]),
            client_address=self._address(),
            request_id=self._scope.get("request_id", ""),
            began=self._began,
            noted=self._scope.setdefault("noted", {}),
        )
        return self._call

    async def _body(self, operation: Operation) -> bytes:
        try:
            return await read_body(
                self._receive,
                declared=self._declared(),
                limit=operation.limit,
                seconds=self._app._body_seconds,
            )
        except BodyTooLong:
            detail = f"The body is longer than {operation.limit} bytes."
            raise Refused(BAD_REQUEST, reason="too_long", detail=detail) from None
        except BodyTooSlow:
            error = TOO_LATE if operation.may_be_late else BAD_REQUEST
            raise Refused(error, reason="too_slow", detail="The body did not arrive in time.") from None
        except BodyBrokeOff:
            raise ClientGone from None

    def _declared(self) -> int | None:
        digits = self._headers.get("content-length")[:LONGEST_LENGTH]
        return int(digits) if digits.isdecimal() else None

    async def _work(self, operation: Operation, call: Call) -> Answer:
        if not operation.waits:
            return await operation.work(call, self._app._engine)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: we are in one
        self._gone = asyncio.ensure_future(_until_gone(self._receive))

        def give_up(_gone: object) -> None:
            task.cancel()

        self._gone.add_done_callback(give_up)
        try:
            return await operation.work(call, self._app._engine)
        except asyncio.CancelledError:
            if self._gone.done():
                task.uncancel()
                raise ClientGone from None
            raise
        finally:
            self._gone.remove_done_callback(give_up)

    def _served(self) -> Served:
        return Served(self._asked(), self._began, self._app._engine.clock.now())

    def _asked(self) -> Fields:
        """What the client sent, to echo parts of it; nothing where that cannot be read."""
        try:
            return self._call.asked if self._call is not None else {}
        except Refused:
            return {}

    def _tell_sent(self, *, is_whole: bool) -> None:
        if self._sent is not None:
            self._sent(is_whole)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, written: Written) -> None:
    await send({"type": "http.response.start", "status": written.status, "headers": written.headers})
    await send({"type": "http.response.body", "body": written.body})


def _refusal_of(error: DatabaseFailure, scope: Scope) -> Refused:
    is_late = isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled | LockNotAvailable)
    return Refused(TOO_LATE if is_late and scope.get("may_be_late") else UNAVAILABLE, reason="database")
