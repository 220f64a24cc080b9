"""Agents at their desks: signed on by an access token, calling the agent API."""

from typing import Any

from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.oauth.scopes import CHAT_AGENT
from chat_app.engagement.assignment import assign
from chat_app.engagement.models import AgentSession
from tests.engagement.deck import Asked, Deck, Reply
from tests.engagement.stage import store_agent
from tests.tokens import store_token, store_web_application
from tests.world import INTERFACE


def token_of(user: User, scope: str = CHAT_AGENT) -> str:
    """An access token that the agent let a client have."""
    return store_token(store_web_application(allowed_scopes=f"openid {CHAT_AGENT}"), user=user, scope=scope)


class Desk:
    """One agent's client."""

    def __init__(self, deck: Deck, user: User) -> None:
        self._deck, self.user = deck, user
        self.headers: dict[str, str] = {}

    def sign_on(self, **fields: object) -> Reply:
        reply = self._deck.ask("createAutomatedAgentSession", fields, api="agent", bearer=token_of(self.user))
        if reply.status == 200:
            self.headers = {"X-JSESSIONID": reply.body["sessionId"], "X-AID": reply.body["accountId"]}
        return reply

    def begin(self, operation: str, fields: object = None, **asking: Any) -> Asked:
        return self._deck.begin(operation, fields, api="agent", headers=self.headers, **asking)

    def ask(self, operation: str, fields: object = None, **asking: Any) -> Reply:
        return self.begin(operation, fields, **asking).reply()

    def done(self, operation: str, **fields: object) -> dict[str, Any]:
        """Call an operation that succeeds; the answer's fields."""
        reply = self.ask(operation, fields)
        assert reply.status == 200, reply.raw
        return reply.body

    def told(self) -> list[dict[str, Any]]:
        """Everything new, which counts as received."""
        return self.ask("getMessages").entries

    def names_told(self) -> list[str]:
        return [entry["messageName"].removeprefix("RNEngagement").removesuffix("Message") for entry in self.told()]

    @property
    def session(self) -> AgentSession:
        return AgentSession.objects.filter(user=self.user).latest("pk")


def desk_of(deck: Deck, name: str, *queue_ids: int, capacity: int = 3) -> Desk:
    """An agent who is signed on and ready for work."""
    desk = Desk(deck, store_agent(name, *queue_ids))
    assert desk.sign_on().status == 200
    desk.done("requestAssignment", capacity=capacity, queueIds=None)
    return desk


def give_out_work() -> int:
    """Do what the server does by itself after whatever may allow an offer."""
    return assign(interface_id=INTERFACE, now=timezone.now())
