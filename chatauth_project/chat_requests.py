"""A request id, one log line and one measurement for each request of the chat server, and whose request it is."""

import secrets
from time import perf_counter
from typing import Any

import structlog

from chat_app.engagement.http.application import UNMATCHED, Application, Scope, Send
from chat_app.engagement.http.bodies import Receive
from chatauth_project.logs import request_id_of_this_request
from chatauth_project.middleware.observability import METHODS, measure
from chatauth_project.middleware.proxies import address_of_client, request_id_from_proxy

log = structlog.get_logger("chatauth.request")

FORWARDED_FOR, REQUEST_ID = b"x-forwarded-for", b"x-request-id"
GONE = 499
"""The client had gone before it could be answered; the status that nginx has for it in its log."""


class ChatRequests:
    """Wraps the application: an ASGI application itself."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the header ``X-Request-ID``, which also stands in its log lines."""
        started = perf_counter()
        peer = scope["client"][0]
        scope["address"] = address_of_client(peer, _last(scope, FORWARDED_FOR))
        request_id = request_id_from_proxy(peer, _last(scope, REQUEST_ID)) or secrets.token_hex(16)
        scope["request_id"] = request_id
        request_id_of_this_request.set(request_id)  # each request is a task, with a context of its own

        async def send_with_id(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                scope["status"] = message["status"]
                message["headers"].append((REQUEST_ID, request_id.encode()))
            await send(message)

        try:
            await self.application(scope, receive, send_with_id)
        finally:
            _note(scope, perf_counter() - started)


def _last(scope: Scope, name: bytes) -> str:
    """Of several fields with one name a proxy's own comes last."""
    values = [value for found, value in scope["headers"] if found == name]
    return ",".join(value.decode("latin-1") for value in values)


def _note(scope: Scope, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"
    route, status = scope.get("route", UNMATCHED), scope.get("status") or GONE
    measure(method, route, status, seconds)
    noted = scope.get("noted", {})
    is_quiet = noted.get("events") == 0  # thousands of polls end so each minute, and tell nothing
    write = log.debug if is_quiet else log.info
    write("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2), **noted)
