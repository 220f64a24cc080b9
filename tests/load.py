"""Clients that ask and ask, and remember every answer."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc.jws import extract_compact
from joserfc.util import urlsafe_b64decode

from tests.serving import CALLER, Server, ask
from tests.waiting import wait_until

SOON = 240.0
"""Seconds that anything may take on a busy machine before a test gives up."""


@dataclass
class Load:
    """What clients have been answered so far. Clients append from several threads, which lists take well."""

    statuses: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    refusals: list[httpx.Response] = field(default_factory=list)
    broken: list[httpx.TransportError] = field(default_factory=list)
    """Requests without an answer: nobody knows whether they were served."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def counts(self) -> Mapping[int, int]:
        return Counter(self.statuses)

    def wait_for_more(self, number: int, *, status: int = 201) -> None:
        """Return when so many more answers of this status have come."""
        goal = self.statuses.count(status) + number
        wait_until(lambda: self.statuses.count(status) >= goal, patience=SOON)

    def note(self, response: httpx.Response) -> None:
        if response.status_code == 201:
            self.tokens.append(response.json()["jwt"])
        else:
            self.refusals.append(response)
        self.statuses.append(response.status_code)


@contextmanager
def load_on(server: Server, *, clients: int = 6, caller: str = CALLER) -> Iterator[Load]:
    """Let so many clients ask one request after the other meanwhile."""
    load = Load()
    names = [f"Load {number}" for number in range(clients)]
    threads = [threading.Thread(target=_ask_on_and_on, args=(server, load, caller, name)) for name in names]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join(timeout=SOON)
    assert not any(thread.is_alive() for thread in threads)


def _ask_on_and_on(server: Server, load: Load, caller: str, name: str) -> None:
    with server.client() as client:
        while not load.stopping.is_set():
            try:
                load.note(ask(client, caller=caller, authUserName=name))
            except httpx.TransportError as error:
                load.broken.append(error)
                load.stopping.wait(0.02)  # a server that is not there refuses fast


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims without a look at the signature."""
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1].encode()))
    return claims


def kid_of(token: str) -> str:
    return str(extract_compact(token.encode()).headers()["kid"])


def stored_tokens(server: Server) -> dict[str, int]:
    """Return every stored token's id with its session."""
    rows = server.query("SELECT jti::text, session_id FROM chat_app_chattoken")
    return {str(jti): int(session) for jti, session in rows}


def check_nothing_is_lost(server: Server, load: Load) -> None:
    """Every token that a client received is stored, and so is its session; nothing is half stored."""
    received = {str(claims_of(token)["jti"]) for token in load.tokens}
    assert len(received) == len(load.tokens)
    assert received <= stored_tokens(server).keys()
    check_nothing_is_half_stored(server)


def check_nothing_is_half_stored(server: Server) -> None:
    """A session and its tokens appear together or not at all."""
    lonely_tokens = server.query(
        "SELECT count(*) FROM chat_app_chattoken AS token WHERE NOT EXISTS"
        " (SELECT FROM chat_app_chatsession AS session WHERE session.id = token.session_id)"
    )
    lonely_sessions = server.query(
        "SELECT count(*) FROM chat_app_chatsession AS session WHERE NOT EXISTS"
        " (SELECT FROM chat_app_chattoken AS token WHERE token.session_id = session.id)"
    )
    assert (lonely_tokens, lonely_sessions) == ([(0,)], [(0,)])
