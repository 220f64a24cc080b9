"""Turns among threads that a test starts: nobody waits for a fixed time."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

import pytest

from chatauth_project.turns import Hand, Turns
from tests.waiting import wait_until


class Server:
    """Stands for the server's threads: each does what it is told, and says where it is."""

    def __init__(self, turns: int) -> None:
        self.turns = Turns(f"turn {number}" for number in range(turns))
        self.at_work: set[str] = set()
        self.queueing: set[str] = set()
        self.ends: list[Event] = []
        self.hands: list[Hand[str]] = []  # a hand is let go with its thread

    def request(self, name: str, meanwhile: Callable[[Hand[str]], None] | None = None) -> Event:
        """Let a new thread work on a request until the returned event is set, and then queue for the next."""
        end = Event()
        self.ends.append(end)
        Thread(target=self._work, args=(name, end, meanwhile), daemon=True).start()
        return end

    def _work(self, name: str, end: Event, meanwhile: Callable[[Hand[str]], None] | None) -> None:
        hand = self.turns.hire()
        self.hands.append(hand)
        self.turns.take(hand)
        self.at_work.add(name)
        if meanwhile is not None:
            meanwhile(hand)
        end.wait(timeout=60)
        self.at_work.discard(name)
        self.turns.finish(hand)
        self.queueing.add(name)

    def works_on(self, *names: str) -> bool:
        return self.at_work == set(names)


@contextmanager
def server_with(turns: int) -> Iterator[Server]:
    server = Server(turns)
    yield server
    for end in server.ends:
        end.set()


def test_no_more_threads_work_than_there_are_turns_and_the_others_follow_in_order() -> None:
    with server_with(2) as server:
        ends = {}
        for name in "ab":
            ends[name] = server.request(name)
            wait_until(partial(server.at_work.__contains__, name))
        for name in "cd":
            waiting = len(server.turns._waiting)
            ends[name] = server.request(name)
            wait_until(lambda: len(server.turns._waiting) > waiting)  # noqa: B023 - called at once
        assert server.works_on("a", "b")
        ends["b"].set()
        wait_until(lambda: server.works_on("a", "c"))
        ends["a"].set()
        wait_until(lambda: server.works_on("c", "d"))


def test_threads_beyond_the_turns_rest_instead_of_queueing() -> None:
    with server_with(1) as server:
        ends = [server.request(name) for name in "abc"]
        for end in ends:
            end.set()
        wait_until(lambda: len(server.queueing) == 1 and len(server.turns._resting) == 2)


def test_who_gives_way_lets_the_next_work_and_waits_for_a_turn_afterwards() -> None:
    back = Event()

    def away(hand: Hand[str]) -> None:
        server.turns.give_way(hand)
        back.wait(timeout=60)
        server.turns.take(hand)

    with server_with(1) as server:
        end_of_a = server.request("a", away)
        wait_until(lambda: server.works_on("a"))
        end_of_b = server.request("b")
        wait_until(lambda: server.works_on("a", "b"))  # a waits for something
        back.set()
        wait_until(lambda: len(server.turns._waiting) == 1)
        end_of_b.set()
        wait_until(lambda: server.works_on("a") and not server.turns._waiting)
        end_of_a.set()
        wait_until(lambda: len(server.queueing) == 1)


def test_who_gives_way_calls_a_thread_that_rests() -> None:
    turns = Turns(["turn"])
    rested = Event()
    first, second = turns.hire(), turns.hire()
    turns.take(first)

    def rest() -> None:
        turns.finish(second)
        rested.set()

    thread = Thread(target=rest)
    thread.start()
    wait_until(lambda: turns._resting or rested.is_set())
    assert not rested.is_set()  # the only turn is taken: there is nothing to do
    turns.give_way(first)
    thread.join(timeout=60)
    assert rested.is_set()
    turns.take(second)
    assert second.turn == "turn"


@pytest.mark.parametrize("lends", [True, False])
def test_a_turn_is_called_in_from_those_who_lend_it_only(lends: bool) -> None:
    turns = Turns(["turn"])
    hand = turns.hire()
    turns.take(hand)
    if lends:
        turns.lend(hand)
    turns.call_in(hand)
    assert (hand.turn is None) == lends
    turns.regain(hand)
    assert hand.turn == "turn"
    turns.call_in(hand)
    assert hand.turn == "turn"


def test_a_thread_that_ends_while_it_queues_is_replaced_by_one_that_rests() -> None:
    turns = Turns(["turn"])
    first, second = turns.hire(), turns.hire()
    turns.take(first)
    turns.finish(first)
    rested = Event()

    def rest() -> None:
        turns.finish(second)
        rested.set()

    thread = Thread(target=rest)
    thread.start()
    wait_until(lambda: turns._resting)
    del first
    gc.collect()
    thread.join(timeout=60)
    assert rested.is_set()
