"""Signs of life: noted in memory at once, and in the database for all clients together."""

from collections.abc import Iterable

from chat_app.engagement.delivery import Seen, Sign

FLUSH_SECONDS = 1.5
"""How late a sign may come into the database; a poll elsewhere releases the one here after as much."""
INTERVAL_SECONDS = 10.0
"""How often the client of an open poll counts as seen; an absence begins after 30 s at least."""


class Presence:
    """The signs of life of this process's clients that the database does not know of yet."""

    def __init__(self) -> None:
        self._received: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._received)

    def seen(self, mailbox_id: int, *, received: int = 0) -> None:
        """Note a sign, and up to where the client has everything, if that is known."""
        self._received[mailbox_id] = max(received, self._received.get(mailbox_id, 0))

    def take(self) -> list[Sign]:
        """Return what is to be noted in the database, and forget it here."""
        signs = [Sign(*item) for item in self._received.items()]
        self._received = {}
        return signs

    def keep(self, signs: Iterable[Sign], *, noted: Iterable[Seen] = ()) -> None:
        """Take back those that could not be noted, for the next time."""
        done = {seen.mailbox_id for seen in noted}
        for sign in signs:
            if sign.mailbox_id not in done:
                self.seen(sign.mailbox_id, received=sign.received)
