"""The polls that wait in this process. Nothing here waits itself, or knows of a database."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from chat_app.engagement.delivery import Event


@dataclass(frozen=True, slots=True)
class Answered:
    """What a poll is answered with; without events when its time was over, or a later poll released it."""

    mailbox_id: int = 0
    events: tuple[Event, ...] = ()


NOTHING = Answered()


@dataclass(slots=True, eq=False)
class Poll:
    """One waiting call of ``getMessages``; see ``delivery.Ask``.

    ``position``: up to where its client has everything, once that is known.
    """

    checksum: str
    interface_id: int | None
    position: int | None
    began: float
    seen: float
    """When its client last counted as seen; like ``began`` by the loop's clock."""
    answer: "asyncio.Future[Answered]" = field(repr=False)
    mailbox_id: int = 0
    is_over: bool = False
    """Its time was over before its session id was known to be good."""

    @property
    def is_open(self) -> bool:
        """Whether its session id is known to be good."""
        return self.mailbox_id != 0

    @property
    def key(self) -> tuple[str, int | None]:
        """What it has in common with other polls of its session."""
        return self.checksum, self.interface_id

    def finish(self, answered: Answered = NOTHING) -> None:
        """Answer it, unless it is answered already."""
        if not self.answer.done():
            self.answer.set_result(answered)

    def refuse(self, error: Exception) -> None:
        """Let it fail, unless it is answered already."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Hub:
    """Finds a poll by its session and by its mailbox; a session has one poll at most."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, int | None], Poll] = {}
        self._by_mailbox: dict[int, Poll] = {}

    def __len__(self) -> int:
        return len(self._latest)

    def __iter__(self) -> Iterator[Poll]:
        return iter(list(self._latest.values()))

    def enter(self, poll: Poll) -> None:
        """Let a poll wait; an earlier one of the same session is released, as soon as that is known to be good."""
        earlier = self._latest.get(poll.key)
        self._latest[poll.key] = poll
        if earlier is not None and earlier.is_open:
            earlier.finish()

    def is_latest(self, poll: Poll) -> bool:
        """Whether no later poll of the same session has come."""
        return self._latest.get(poll.key) is poll

    def opened(self, poll: Poll, mailbox_id: int) -> None:
        """Note whose poll it is."""
        poll.mailbox_id = mailbox_id
        self._by_mailbox[mailbox_id] = poll

    def leave(self, poll: Poll) -> None:
        """Forget a poll."""
        if self.is_latest(poll):
            del self._latest[poll.key]
        if self._by_mailbox.get(poll.mailbox_id) is poll:
            del self._by_mailbox[poll.mailbox_id]

    def of_mailbox(self, mailbox_id: int) -> Poll | None:
        """Return the poll that waits for what comes into a mailbox."""
        return self._by_mailbox.get(mailbox_id)

    def knows(self, checksum: str) -> bool:
        """Whether a poll with this session id waits here, and the id is good."""
        return any(poll.checksum == checksum and poll.is_open for poll in self)

    def release_all(self) -> None:
        """Answer all with nothing."""
        for poll in self:
            poll.finish()
