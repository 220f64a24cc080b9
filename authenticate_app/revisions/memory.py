"""What a process remembers of a topic, together with the revision that it was made at."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection

from authenticate_app.revisions.listener import Listener, Mark, listener
from authenticate_app.revisions.selectors import revision_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recollection(Generic[T]):
    """A value and the state of the tables that it was made from; the value is never older than ``revision``."""

    topic: str
    revision: int
    value: T


@dataclass(frozen=True, slots=True)
class _Checked(Generic[T]):
    """A recollection, and when and at which mark it was found to be current (no mark: nobody would have told)."""

    recollection: Recollection[T]
    mark: Mark | None
    at: float


class Remembered(Generic[T]):
    """The value of a topic as this process knows it. Thread-safe; one thread at a time loads.

    ``load`` reads the tables and makes the value; it must be pure otherwise, since it runs whenever they changed.
    What ``load`` or the database raises goes through to the caller, and the next call tries again.

    Inside a transaction ``current`` always asks the database, because the transaction may have changed the tables
    itself; what it saw is not taken as current by anybody outside.
    """

    def __init__(self, topic: str, load: Callable[[], T], *, told_by: Listener = listener) -> None:
        self.topic = topic
        self._load = load
        self._listener = told_by
        self._lock = threading.Lock()
        self._checked: _Checked[T] | None = None

    def recall(self) -> Recollection[T]:
        """Return what this process has, without a query if it has anything. It may be out of date.

        It is for those who let the database compare ``revision`` in a statement that they send anyway.
        """
        checked = self._checked
        return checked.recollection if checked is not None else self.current()

    def current(self) -> Recollection[T]:
        """Return what is surely current: no query while the listener is connected and heard of no change, else one.

        Raises what the database raises when it is away (see ``known_current_within`` for those who can wait).
        """
        checked = self._checked
        if checked is None or checked.mark is None or _in_transaction():
            return self.check()
        return checked.recollection if checked.mark == self._listener.mark(self.topic) else self.check()

    def known_current_within(self) -> float | None:
        """Seconds that may have passed since what ``recall`` gives was current; None if there is nothing.

        About 0 while the listener is connected and heard of no change.
        """
        checked = self._checked
        if checked is None:
            return None
        unchanged_until = self._listener.unchanged_until(self.topic, checked.mark) if checked.mark else None
        return time.monotonic() - max(checked.at, unchanged_until or checked.at)

    def forget(self) -> None:
        """Drop what this process has; the next call loads."""
        with self._lock:
            self._checked = None

    def check(self) -> Recollection[T]:
        """What is current, whatever the listener says: one query, and those of ``load`` if the revision differs."""
        with self._lock:
            # The mark before the revision and the revision before the data: a change in between makes us look
            # once more than needed, never once less.
            mark = None if _in_transaction() else self._listener.mark(self.topic)
            at = time.monotonic()
            recollection = self._at_revision(revision_of(self.topic))
            self._checked = _Checked(recollection, mark, at)
            return recollection

    def _at_revision(self, revision: int) -> Recollection[T]:
        checked = self._checked
        if checked is not None and checked.recollection.revision == revision:
            return checked.recollection
        self._checked = None  # if loading fails, nothing stale is left behind
        return Recollection(topic=self.topic, revision=revision, value=self._load())


def _in_transaction() -> bool:
    return connection.in_atomic_block
