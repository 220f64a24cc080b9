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
    """One waiting call of ``getMessages``. ``position``: up to where its client has everything, once that is known."""

    checksum: str
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
        self._by_checksum: dict[str, Poll] = {}
        self._by_mailbox: dict[int, Poll] = {}

    def __len__(self) -> int:
        return len(self._by_checksum)

    def __iter__(self) -> Iterator[Poll]:
        return iter(list(self._by_checksum.values()))

    def enter(self, poll: Poll) -> None:
        """Let a poll wait; an earlier one of the same session is released."""
        earlier = self._by_checksum.get(poll.checksum)
        self._by_checksum[poll.checksum] = poll
        if earlier is not None:
            earlier.finish()

    def opened(self, poll: Poll, mailbox_id: int) -> None:
        """Note whose poll it is."""
        poll.mailbox_id = mailbox_id
        self._by_mailbox[mailbox_id] = poll

    def leave(self, poll: Poll) -> None:
        """Forget a poll."""
        if self._by_checksum.get(poll.checksum) is poll:
            del self._by_checksum[poll.checksum]
        if self._by_mailbox.get(poll.mailbox_id) is poll:
            del self._by_mailbox[poll.mailbox_id]

    def of_mailbox(self, mailbox_id: int) -> Poll | None:
        """Return the poll that waits for what comes into a mailbox."""
        return self._by_mailbox.get(mailbox_id)

    def knows(self, checksum: str) -> bool:
        """Whether a poll with this session id waits here, and the id is good."""
        poll = self._by_checksum.get(checksum)
        return poll is not None and poll.is_open

    def release_all(self) -> None:
        """Answer all with nothing."""
        for poll in self:
            poll.finish()
