"""Turns: a worker works on a few requests at once, however many of its threads wait for something.

A thread that waits for a client, or for a hash, gives its turn to another meanwhile. A thread that nobody needs rests
and takes no requests: Python runs one thread at a time, and each further one that wants to run is in the others' way.

So each thread is at one of these: it *queues* for the server's next request; it *works*, which takes a turn; it *waits*
for something outside, or for a turn; or it *rests*. Unless none rests, at least as many queue as there are turns free.
"""

import weakref
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Generic, TypeVar

Turn = TypeVar("Turn")


class Hand(Generic[Turn]):
    """A thread of the server. ``turn`` is what it holds while it works."""

    def __init__(self) -> None:
        self.turn: Turn | None = None
        self.lends = False
        self.queues = False
        self._call = Lock()
        self._call.acquire()

    def wait(self) -> None:
        """Return once ``call`` was called, be it before or after."""
        self._call.acquire()

    def call(self) -> None:
        """Let ``wait`` return, once."""
        self._call.release()


class Turns(Generic[Turn]):
    """Gives turns to threads. Thread-safe. A turn can be anything that a thread needs for its work.

    ``equip`` is called in a thread that has taken one.
    """

    def __init__(self, turns: Iterable[Turn], equip: Callable[[Hand[Turn]], None] = lambda _hand: None) -> None:
        self._equip = equip
        self._lock = Lock()
        self._free = list(turns)
        self._waiting: deque[Hand[Turn]] = deque()
        self._resting: list[Hand[Turn]] = []
        self._queueing = 0

    def hire(self) -> Hand[Turn]:
        """Return a hand for a thread that is new; when the thread ends, which it may while it queues, it is let go."""
        hand = Hand[Turn]()
        weakref.finalize(hand, self._one_has_left).atexit = False
        return hand

    def take(self, hand: Hand[Turn]) -> None:
        """Wait for a turn, in the order of coming."""
        with self._lock:
            self._note_queueing(hand, queues=False)
            if self._free:
                hand.turn = self._free.pop()  # the one used last: what belongs to it is still at hand
            else:
                self._waiting.append(hand)
            waits = hand.turn is None
        if waits:
            hand.wait()
        self._equip(hand)

    def give_way(self, hand: Hand[Turn]) -> None:
        """Give the turn to another thread, if there is one; ``take`` asks for another one."""
        with self._lock:
            self._pass_on(hand)

    def lend(self, hand: Hand[Turn]) -> None:
        """Let ``call_in`` take the turn until ``regain``: cheaper than giving way where a wait is seldom long."""
        hand.lends = True

    def call_in(self, hand: Hand[Turn]) -> None:
        """Take the turn from a thread that lends it, and pass it on."""
        with self._lock:
            if hand.lends:
                self._pass_on(hand)

    def regain(self, hand: Hand[Turn]) -> None:
        """Lend the turn no longer; if it is gone, wait for another."""
        with self._lock:
            hand.lends = False
            is_gone = hand.turn is None
        if is_gone:
            self.take(hand)

    def finish(self, hand: Hand[Turn]) -> None:
        """Give the turn back and return when the thread should queue for a request."""
        with self._lock:
            if hand.turn is not None:
                self._return(hand.turn)
                hand.turn = None
            rests = self._queueing >= len(self._free)
            if rests:
                self._resting.append(hand)
            else:
                self._note_queueing(hand, queues=True)
        if rests:
            hand.wait()

    # What follows is for those who hold the lock.

    def _pass_on(self, hand: Hand[Turn]) -> None:
        if hand.turn is not None:
            self._return(hand.turn)
            hand.turn = None
            self._call_up()

    def _return(self, turn: Turn) -> None:
        if self._waiting:
            hand = self._waiting.popleft()
            hand.turn = turn
            hand.call()
        else:
            self._free.append(turn)

    def _call_up(self) -> None:
        """Let a thread that rests queue for requests, if there are turns for more than queue already."""
        if self._resting and self._queueing < len(self._free):
            hand = self._resting.pop()
            self._note_queueing(hand, queues=True)
            hand.call()

    def _note_queueing(self, hand: Hand[Turn], *, queues: bool) -> None:
        self._queueing += queues - hand.queues
        hand.queues = queues

    def _one_has_left(self) -> None:
        with self._lock:
            self._queueing -= 1
            self._call_up()
