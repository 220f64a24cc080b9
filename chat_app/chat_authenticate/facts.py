"""What this process remembers and answers from, and how sure it is of it."""

from typing import NamedTuple, Self

from authenticate_app.accounts.callers import Caller
from authenticate_app.keys.keyring import Keyring, keyring
from authenticate_app.revisions.memory import Recollection
from chat_app.routing.snapshot import Routing, routing
from chat_app.sessions.services import Basis


class Facts(NamedTuple):
    """Keys and routing, each as of one revision."""

    keyring: Recollection[Keyring]
    routing: Recollection[Routing]

    @classmethod
    def recalled(cls) -> Self:
        """Without a query; perhaps out of date, so nobody is refused on these."""
        return cls(keyring.recall(), routing.recall())

    @classmethod
    def current(cls) -> Self:
        """As the database had them a moment ago; no query unless something has changed."""
        return cls(keyring.current(), routing.current())

    @classmethod
    def checked(cls) -> Self:
        """As the database has them now; two queries."""
        return cls(keyring.check(), routing.check())

    def basis(self, caller: Caller) -> Basis:
        """Everything that must still hold when an answer made from this is stored."""
        return Basis(
            caller_id=caller.user_id,
            caller=caller.revision,
            roles=caller.roles_revision,
            keys=self.keyring.revision,
            routing=self.routing.revision,
            access_token=caller.access_token,
        )
