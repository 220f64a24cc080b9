"""``getMessages``: a poll is answered at once when something is there for it, else when something comes, else in time.

Everything here runs on the event loop's thread. The database is asked for many polls at once: those that come while an
earlier question is on its way go together with the next one, so that more polls make questions longer, not more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db import Error as DatabaseFailure

from chat_app.engagement.delivery import Ask, Found, Mark, Outcome, exchange, note_signs
from chat_app.engagement.errors import INTERNAL_SERVER_ERROR, SESSION_UNKNOWN, UNAVAILABLE, Refused
from chat_app.engagement.hub import Answered, Hub, Poll
from chat_app.engagement.presence import INTERVAL_SECONDS, Presence

log = structlog.get_logger("chatauth.engagement")

GATHER_SECONDS = 0.003
"""How long the first of several polls waits for others to ask the database together."""
MOST_AT_ONCE = 500
AGAIN_SECONDS = 0.05
"""After which is looked again whether another process has finished its answer."""
PATIENCE_SECONDS = 2.0
"""For what becomes of another process's answer; longer than it takes to note it, shorter than anybody minds."""
PAUSE_SECONDS = 0.5
"""Before the database is asked again that could not answer."""

GRACE_SECONDS = 5.0
"""For a poll whose session is still not known when its time is over; then it is the database that is at fault."""

Run = Callable[..., Awaitable[Any]]
"""Runs a function in a thread that has a connection."""


class Polls:
    """The polls of this process.

    ``reader``: its number, which no other process has; ``run``: see ``Run``; ``now``: tells the database's time.
    """

    def __init__(self, *, run: Run, now: Callable[[], datetime], reader: int) -> None:
        self._run = run
        self._now = now
        self._reader = reader
        self._hub = Hub()
        self._presence = Presence()
        self._due: dict[Poll, None] = {}
        self._is_due = asyncio.Event()
        self._marks: dict[int, Mark] = {}
        self._heard: set[int] = set()
        self.is_closed = False
        self._is_asking = False

    def __len__(self) -> int:
        return len(self._hub)

    @property
    def is_busy(self) -> bool:
        """Whether there is something that the database is to be asked or told."""
        return self._is_asking or bool(self._due) or bool(self._marks)

    def knows(self, checksum: str) -> bool:
        """Whether a poll with the session id of this checksum is open in this process."""
        return self._hub.knows(checksum)

    async def wait(self, checksum: str, *, interface_id: int | None, position: int | None, seconds: float) -> Answered:
        """Wait for at most ``seconds`` for what the client does not have yet; an empty answer says that nothing came.

        ``checksum``: of its session id. ``interface_id``: where a customer's poll came to; None for an agent's.
        ``position``: the ``sequenceNumber`` up to which it has everything; None where it does not say. Raises
        ``Refused``. The caller says by ``written`` or ``broke_off`` what became of the answer.
        """
        loop = asyncio.get_running_loop()
        poll = Poll(checksum, interface_id, position, loop.time(), loop.time(), loop.create_future())
        self._hub.enter(poll)
        self._ask(poll)
        timer = loop.call_later(0 if self.is_closed else seconds, self._end_of_time, poll)
        try:
            return await poll.answer
        except asyncio.CancelledError:
            self._give_back(poll)
            raise
        finally:
            timer.cancel()
            self._leave(poll)

    def written(self, answered: Answered) -> None:
        """Note that an answer with events was written whole."""
        self._mark(answered.mailbox_id, Mark(answered.events[-1].sequence, is_broken=False))

    def broke_off(self, answered: Answered) -> None:
        """Note that an answer with events was not written whole: what was in it is given again."""
        self._mark(answered.mailbox_id, Mark(0, is_broken=True))

    def heard(self, mailbox_id: int) -> None:
        """Something new is in this mailbox."""
        self._heard.add(mailbox_id)
        poll = self._hub.of_mailbox(mailbox_id)
        if poll is not None:
            self._ask(poll)

    def heard_nothing(self) -> None:
        """Nobody would have told of anything for a while: look into every mailbox."""
        for poll in self._hub:
            self._ask(poll)

    def close(self) -> None:
        """Answer all polls with nothing, and those that still come."""
        self.is_closed = True
        self._hub.release_all()

    async def work(self) -> None:
        """Ask the database for those who want to be answered, until cancelled."""
        while True:
            await self._is_due.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._is_asking = True
            await self._exchange()
            self._is_asking = False

    async def note_signs(self) -> None:
        """Note signs of life in the database, and release polls whose clients have gone on to another process."""
        for poll in self._hub:
            self._note_open(poll)
        signs = self._presence.take()
        try:
            seen = await self._run(note_signs, signs=signs, now=self._now()) if signs else []
        except DatabaseFailure:
            self._presence.keep(signs)
            raise
        self._presence.keep(signs, noted=seen)
        for mailbox_id, reader in seen:
            superseded = self._hub.of_mailbox(mailbox_id) if reader != self._reader else None
            if superseded is not None:
                superseded.finish()

    async def note_marks(self) -> None:
        """Note what became of the last answers; for the end of the process."""
        await self._run(exchange, asks=[], marks=self._marks, reader=self._reader)

    def _note_open(self, poll: Poll) -> None:
        now = asyncio.get_running_loop().time()
        if poll.is_open and now - poll.seen >= INTERVAL_SECONDS:
            poll.seen = now
            self._presence.seen(poll.mailbox_id)

    def _ask(self, poll: Poll) -> None:
        self._due[poll] = None
        self._is_due.set()

    def _mark(self, mailbox_id: int, mark: Mark) -> None:
        before = self._marks.get(mailbox_id, mark)
        self._marks[mailbox_id] = Mark(max(before.written, mark.written), mark.is_broken)
        self._is_due.set()

    def _end_of_time(self, poll: Poll) -> None:
        if poll.is_open or self.is_closed:
            poll.finish()
            return
        poll.is_over = True
        refusal = Refused(UNAVAILABLE, reason="no_database")
        asyncio.get_running_loop().call_later(GRACE_SECONDS, poll.refuse, refusal)

    def _give_back(self, poll: Poll) -> None:
        """The client has gone in the moment in which its answer was there."""
        if not poll.answer.cancelled() and poll.answer.done() and poll.answer.exception() is None:
            answered = poll.answer.result()
            if answered.events:
                self.broke_off(answered)

    def _leave(self, poll: Poll) -> None:
        self._hub.leave(poll)
        self._due.pop(poll, None)
        if poll.is_open:
            self._presence.seen(poll.mailbox_id)

    async def _exchange(self) -> None:
        polls, marks = self._take_polls(), self._take_marks()
        self._heard.clear()
        asks = [self._question(poll) for poll in polls]
        try:
            found = await self._run(exchange, asks=asks, marks=marks, reader=self._reader)
            for poll, finding in zip(polls, found, strict=True):
                self._settle(poll, finding)
        except DatabaseFailure as error:
            await self._recover(polls, marks, error)
        except Exception:  # nothing may end the task that all polls depend on
            log.error("polls failed", exc_info=True)  # noqa: G201 - structlog
            for poll in polls:
                poll.refuse(Refused(INTERNAL_SERVER_ERROR))

    def _take_polls(self) -> list[Poll]:
        polls = list(islice(self._due, MOST_AT_ONCE))
        for poll in polls:
            del self._due[poll]
        if not self._due:
            self._is_due.clear()
        return [poll for poll in polls if not poll.answer.done()]

    def _take_marks(self) -> dict[int, Mark]:
        marks, self._marks = self._marks, {}
        return marks

    def _question(self, poll: Poll) -> Ask:
        is_patient = asyncio.get_running_loop().time() - poll.began < PATIENCE_SECONDS
        return Ask(*poll.key, poll.position, poll.is_open, is_patient)

    async def _recover(self, polls: Iterable[Poll], marks: dict[int, Mark], error: Exception) -> None:
        """Keep everything for the next time, and let the database have a rest."""
        log.warning("polls could not be read", error=type(error).__name__)
        later, self._marks = self._marks, marks
        for mailbox_id, mark in later.items():
            self._mark(mailbox_id, mark)
        await asyncio.sleep(PAUSE_SECONDS)
        for poll in polls:
            self._ask_again(poll)

    def _settle(self, poll: Poll, found: Found) -> None:
        if found.outcome is Outcome.UNKNOWN:
            poll.refuse(Refused(SESSION_UNKNOWN))
        elif poll.answer.done() or not self._hub.is_latest(poll):
            self._release(poll, found)
        elif found.outcome is Outcome.RELEASED:
            poll.finish()
        elif found.outcome is Outcome.LATER:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._ask_again, poll)
        else:
            self._open(poll, found)

    def _release(self, poll: Poll, found: Found) -> None:
        """Answer with nothing; what was found is for a later poll."""
        poll.finish()
        if found.outcome is Outcome.ANSWERED:
            self.broke_off(Answered(found.mailbox_id, found.events))

    def _open(self, poll: Poll, found: Found) -> None:
        if not poll.is_open:
            self._hub.opened(poll, found.mailbox_id)
            self._presence.seen(found.mailbox_id, received=found.position)
            poll.position = found.position
        if found.events:
            poll.finish(Answered(found.mailbox_id, found.events))
        elif poll.is_over:
            poll.finish()
        elif found.mailbox_id in self._heard:
            self._ask(poll)

    def _ask_again(self, poll: Poll) -> None:
        if not poll.answer.done():
            self._ask(poll)
