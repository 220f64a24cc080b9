"""What stands between granian and the application, with a client and a server that a test makes up."""

from io import BytesIO
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections

from authenticate_app.accounts.room import PLACES_WHEN_WARY
from chatauth_project.bodies import LOOK_SECONDS, MOST_WAITING, Body, BodyTimeout, Watch
from chatauth_project.intake import Intake
from chatauth_project.serving import SPARE_THREADS
from chatauth_project.turns import Turns
from tests.waiting import wait_until


class Proto:
    """Takes answers, as granian's protocol does."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def response_bytes(self, status: int, _headers: list[tuple[str, str]], _body: bytes) -> None:
        self.statuses.append(status)


class Turn:
    in_atomic_block = False


class SlowStream:
    """A body that comes when the test says so."""

    def __init__(self) -> None:
        self.is_read, self.comes = Event(), Event()

    def read(self, *_size: int) -> bytes:
        self.is_read.set()
        self.comes.wait(timeout=60)
        return b"body"

    readline = read


def test_there_are_threads_for_all_that_may_wait() -> None:
    assert SPARE_THREADS >= MOST_WAITING + PLACES_WHEN_WARY


@pytest.fixture
def turn() -> Turn:
    return Turn()


@pytest.fixture
def turns(turn: Turn) -> Turns[Turn]:
    return Turns([turn])


class Reader:
    """A thread that reads a slow body under the only turn."""

    def __init__(self, turns: Turns[Turn], watch: Watch) -> None:
        self.hand = turns.hire()
        turns.take(self.hand)
        self.stream, self.proto = SlowStream(), Proto()
        self.body = Body(self.stream, self.hand, self.proto, watch)
        self.found: list[bytes | BodyTimeout] = []
        self.thread = Thread(target=self._read)
        self.thread.start()
        assert self.stream.is_read.wait(timeout=60)

    def _read(self) -> None:
        try:
            self.found.append(self.body.read())
        except BodyTimeout as late:
            self.found.append(late)

    def end(self) -> bytes | BodyTimeout:
        self.stream.comes.set()
        self.thread.join(timeout=60)
        return self.found[0]


def look_later(watch: Watch, body: Body) -> None:
    body.waits_since -= 2 * LOOK_SECONDS
    watch.look()


def test_who_reads_for_longer_than_a_moment_loses_the_turn_and_gets_it_again(turns: Turns[Turn], turn: Turn) -> None:
    watch = Watch(turns, port=1, timeout_seconds=60)
    reader = Reader(turns, watch)
    watch.look()
    look_later(watch, reader.body)
    other = turns.hire()
    turns.take(other)
    assert other.turn is turn
    assert reader.hand.turn is None
    turns.give_way(other)
    assert reader.end() == b"body"
    assert reader.hand.turn is turn


def test_nobody_else_goes_on_with_a_transaction(turns: Turns[Turn], turn: Turn) -> None:
    turn.in_atomic_block = True
    watch = Watch(turns, port=1, timeout_seconds=60)
    reader = Reader(turns, watch)
    look_later(watch, reader.body)
    assert reader.hand.turn is turn
    assert reader.end() == b"body"


def test_a_body_that_is_late_is_refused_once(turns: Turns[Turn]) -> None:
    watch = Watch(turns, port=1, timeout_seconds=0)
    reader = Reader(turns, watch)
    for _ in range(3):
        look_later(watch, reader.body)
        watch._clears_at = 0.0
    assert reader.proto.statuses == [408]
    assert isinstance(reader.end(), BodyTimeout)


def test_the_oldest_of_too_many_is_refused(turns: Turns[Turn], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatauth_project.bodies.MOST_WAITING", 1)
    watch = Watch(turns, port=1, timeout_seconds=60)
    readers = [Reader(turns, watch)]
    look_later(watch, readers[0].body)
    readers.append(Reader(turns, watch))
    watch._clears_at = 0.0
    look_later(watch, readers[1].body)
    assert [reader.proto.statuses for reader in readers] == [[408], []]
    assert isinstance(readers[0].end(), BodyTimeout)
    turns.give_way(readers[0].hand)
    assert readers[1].end() == b"body"


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def intake(seen: list[dict[str, Any]], settings: Any) -> Intake:
    settings.WORKER_THREADS = 1
    return Intake(lambda _proto, environ: seen.append(environ))


def answer(intake: Intake, **environ: object) -> None:
    """In a thread of its own, as granian would; it need not come back for another request."""
    thread = Thread(target=intake, args=(Proto(), {"wsgi.input": BytesIO(b"body and more"), **environ}))
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("environ", "is_ahead"),
    [
        ({"CONTENT_LENGTH": "4"}, True),
        ({"CONTENT_LENGTH": str(64 * 1024)}, True),
        ({"CONTENT_LENGTH": str(64 * 1024 + 1)}, False),
        ({"CONTENT_LENGTH": "9" * 5000}, False),
        ({"CONTENT_LENGTH": "four"}, False),
        ({"CONTENT_LENGTH": "4", "HTTP_TRANSFER_ENCODING": "chunked"}, False),
        ({}, False),
    ],
)
def test_small_bodies_are_taken_in_whole(
    intake: Intake, seen: list[dict[str, Any]], environ: dict[str, object], is_ahead: bool
) -> None:
    answer(intake, **environ)
    assert isinstance(seen[0]["wsgi.input"], BytesIO) == is_ahead
    assert seen[0]["wsgi.input"].read(4) == b"body"


def test_threads_share_the_connections_of_their_turns(settings: Any) -> None:
    settings.WORKER_THREADS = 1
    used: list[object] = []
    intake = Intake(lambda *_: used.append(connections["default"]))
    for _ in range(3):
        answer(intake)
    wait_until(lambda: len(used) == 3)
    assert len({id(connection) for connection in used}) == 1


@pytest.mark.parametrize("in_transaction", [True, False])
def test_who_is_away_leaves_the_connection_to_others_unless_a_transaction_needs_it(
    settings: Any, in_transaction: bool
) -> None:
    settings.WORKER_THREADS = 1
    seen: list[object] = []

    def run(_proto: object, environ: dict[str, Any]) -> None:
        if "first" not in environ:
            seen.append("other")
            return
        mine = connections["default"]
        mine.in_atomic_block = in_transaction
        with crowded.away():
            if in_transaction:
                seen.append(connections["default"] is mine)
            else:
                answer(crowded)
        seen.append(connections["default"] is mine)

    crowded = Intake(run)
    answer(crowded, first=True)
    assert seen == ([True, True] if in_transaction else ["other", True])


def test_threads_that_are_not_of_the_server_have_no_turn_to_give(intake: Intake) -> None:
    with intake.away():
        pass
    assert intake._turns._free
