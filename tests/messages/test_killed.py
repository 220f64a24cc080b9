"""Every order that a sign-in may go in, in real processes that are killed (``kill -9``) between any two of their steps.

The server takes browsers back, workers process what phones reply and let time run out: each is a process with a
connection of its own. Whoever is killed is missed, and what it was to do is done again, as by a proxy that asks the
next worker process, or by a job that nobody finished. The outcome is the one that it would have been.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain, count, islice, takewhile
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from authenticate_app.accounts.models import User
from authenticate_app.messages import processing, sending, sign_ins
from authenticate_app.messages.models import Business, OutboundMessage, SignInRequest
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.oauth.context import SignedInPerson
from authenticate_app.oauth.models import AccessToken
from authenticate_app.oauth.purposes import Purpose, messages_callback
from authenticate_app.oauth.services import CodeRequest, store_code
from tests.messages.apple import text
from tests.messages.inbound import AUTHENTICATION, failure, received, reply, sealed
from tests.messages.invariants import check
from tests.messages.peers import http, peer
from tests.messages.story import ASKED, WEBHOOK, after, browser_returns, outcome
from tests.messages.world import apple_client, business, conversation, sign_in, state_of
from tests.mortal import PATIENCE, Act, Mortal, done
from tests.oauth.flow import ISSUER, store_person
from tests.tokens import store_token
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

State = SignInRequest.State
Ending = tuple[str, str]

SIGNED_IN: Ending = (State.SUCCEEDED, Reason.SIGNED_IN)
NO_REPLY: Ending = (State.TIMED_OUT, Reason.NO_REPLY)
UNCONFIRMED: Ending = (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)
WITHOUT_CALLBACK: Ending = (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)
REFUSED: Ending = (State.CANCELLED, Reason.CONSENT_REFUSED)
CANCELLED: Ending = (State.CANCELLED, Reason.PHONE_CANCELLED)


@dataclass
class SignIn:
    """A request, and what may happen to it. Each act is prepared when its time has come, and done by a process."""

    request: SignInRequest
    person: User
    state: str

    @cached_property
    def code(self) -> str:
        """What our own server sends a browser back with, once the customer has agreed."""
        client = self.request.business.client
        assert client is not None
        code = uuid4().hex
        asked = CodeRequest(client, self.request.scopes.split(), messages_callback(), state=self.state)
        store_code(code=code, asked=asked, person=SignedInPerson(self.person, after(15), "pwd"), now=after(15))
        return code

    @cached_property
    def token(self) -> str:
        """What the phone of the legacy flow got for its code, encrypted."""
        client = self.request.business.client
        assert client is not None
        token = store_token(client, user=self.person, scope=self.request.scopes)
        AccessToken.objects.update(created=after(15))
        return sealed(self.request, token)

    def comes_back(self, seconds: float, **changes: str) -> Act:
        given = {"state": self.state, "code": "" if "error" in changes else self.code, "issuer": ISSUER, **changes}
        return partial(browser_returns, given, seconds)

    def replies(self, status: str, seconds: float, **answer: Any) -> Act:
        message = reply(self.request, status, **answer)
        return self._sends(message, seconds)

    def authenticates(self, seconds: float) -> Act:
        return self.replies("authenticated", seconds, token=self.token)

    def closes(self, seconds: float) -> Act:
        return self._sends(text(type="close"), seconds)

    def _sends(self, message: dict[str, Any], seconds: float) -> Act:
        stored = received(self.request.conversation, message, now=after(seconds))
        return partial(processing.process, inbound_id=stored.pk, now=after(seconds))

    def opens(self, seconds: float) -> Act:
        client = self.request.business.client
        assert client is not None
        given = {"unverified_state": self.state, "client_id": client.client_id, "now": after(seconds)}
        return partial(sign_ins.mark_opened, **given)

    def timer(self, seconds: float) -> Act:
        return partial(sign_ins.settle, sign_in_id=self.request.pk, now=after(seconds))

    def is_cancelled(self, seconds: float) -> Act:
        reason, now = Reason.CANCELLED_BY_ASKER, after(seconds)
        return partial(sign_ins.end, sign_in_id=self.request.pk, state=State.CANCELLED, reason=reason, now=now)

    def is_sent(self, seconds: float) -> Act:
        message = OutboundMessage.objects.get(sign_in=self.request)
        return partial(sending.send, message_id=message.pk, now=after(seconds))


Told = Callable[..., Act]
"""Prepares what happens to a request, or to a second one of its conversation."""


@dataclass(frozen=True)
class Order:
    """What happens, one after the other, and how the request ends then.

    ``beside``: how else it may end where one begins while the one before is not through, that of the place
    ``beside_at``. ``second``: how a second request in the conversation ends, where there is one.
    """

    told: Sequence[Told]
    ending: Ending
    beside: Sequence[Ending] = ()
    beside_at: int = 0
    second: Ending | None = None
    business: dict[str, Any] = field(default_factory=dict)
    is_legacy: bool = False
    is_sent: bool = True
    gateway: int = 0
    """With which status the gateway answers."""


ORDERS = {
    "callback, then reply": Order([lambda a, *_: a.comes_back(20), lambda a, *_: a.replies("success", 21)], SIGNED_IN),
    "reply before the exchange": Order(
        [lambda a, *_: a.replies("success", 20), lambda a, *_: a.comes_back(21)], SIGNED_IN
    ),
    "reply without callback": Order(
        [lambda a, *_: a.replies("success", 20), lambda a, *_: a.timer(30)], WITHOUT_CALLBACK
    ),
    "callback without reply": Order(
        [lambda a, *_: a.comes_back(20), lambda a, *_: a.timer(180)], UNCONFIRMED, beside=[NO_REPLY]
    ),
    "callback without reply, trusted": Order(
        [lambda a, *_: a.comes_back(20), lambda a, *_: a.replies("success", 21)],
        (State.SUCCEEDED, Reason.SIGNED_IN_UNCONFIRMED),
        beside=[SIGNED_IN],
        business={"trusts_callback_alone": True},
    ),
    "state used twice": Order(
        [
            lambda a, *_: a.comes_back(20),
            lambda a, *_: a.comes_back(21),
            lambda a, *_: a.replies("success", 22),
        ],
        SIGNED_IN,
    ),
    "state unknown": Order([lambda a, *_: a.comes_back(20, state="x" * 32), lambda a, *_: a.timer(180)], NO_REPLY),
    "state expired": Order([lambda a, *_: a.comes_back(181), lambda a, *_: a.timer(182)], NO_REPLY),
    "state after the end": Order([lambda a, *_: a.timer(180), lambda a, *_: a.comes_back(181)], NO_REPLY),
    "consent refused": Order(
        [
            lambda a, *_: a.comes_back(20, error="access_denied"),
            lambda a, *_: a.replies("cancel", 21, error_code=int(CallbackError.CONSENT_REFUSED)),
        ],
        REFUSED,
    ),
    "two open, crosswise": Order(
        [
            lambda a, *_: a.comes_back(20),
            lambda _, b: b.replies("cancel", 21),
            lambda a, *_: a.replies("success", 22),
        ],
        SIGNED_IN,
        beside_at=1,
        second=CANCELLED,
    ),
    "a reply to the older one": Order(
        [lambda a, *_: a.comes_back(20), lambda a, *_: a.replies("success", 21), lambda _, b: b.timer(180)],
        SIGNED_IN,
        beside_at=1,
        second=NO_REPLY,
    ),
    "the same reply twice": Order(
        [
            lambda a, *_: a.comes_back(20),
            lambda a, *_: a.replies("success", 21),
            lambda a, *_: a.replies("success", 22),
        ],
        SIGNED_IN,
        beside_at=1,
    ),
    "cancelled by the phone": Order([lambda a, *_: a.comes_back(20), lambda a, *_: a.replies("cancel", 21)], CANCELLED),
    "failed": Order(
        [lambda a, *_: a.replies("failure", 20, error_code=int(CallbackError.CODE_MISSING))],
        (State.FAILED, Reason.CODE_MISSING),
    ),
    "no reply": Order([lambda a, *_: a.opens(10), lambda a, *_: a.timer(180)], NO_REPLY),
    "closed": Order(
        [lambda a, *_: a.closes(20)],
        (State.CANCELLED, Reason.CONVERSATION_CLOSED),
        second=(State.CANCELLED, Reason.CONVERSATION_CLOSED),
    ),
    "cancelled by the asker": Order([lambda a, *_: a.is_cancelled(20)], (State.CANCELLED, Reason.CANCELLED_BY_ASKER)),
    "opened": Order([lambda a, *_: a.opens(10)], (State.OPENED, "")),
    "never sent": Order([lambda a, *_: a.timer(180)], (State.FAILED, Reason.GATEWAY_UNAVAILABLE), is_sent=False),
    "sent": Order([lambda a, *_: a.is_sent(1)], (State.SENT, ""), is_sent=False, gateway=200),
    "refused by the gateway": Order(
        [lambda a, *_: a.is_sent(1)], (State.FAILED, Reason.GATEWAY_REFUSED), is_sent=False, gateway=403
    ),
    "customer unknown": Order(
        [lambda a, *_: a.is_sent(1)], (State.FAILED, Reason.CUSTOMER_UNKNOWN), is_sent=False, gateway=404
    ),
    "sent while time runs out": Order(
        [lambda a, *_: a.is_sent(1), lambda a, *_: a.timer(180)],
        NO_REPLY,
        beside=[(State.FAILED, Reason.GATEWAY_UNAVAILABLE)],
        is_sent=False,
        gateway=200,
    ),
    "legacy": Order([lambda a, *_: a.authenticates(20)], SIGNED_IN, is_legacy=True),
    "legacy, the same token twice": Order(
        [lambda a, *_: a.authenticates(20), lambda a, *_: a.authenticates(21)], SIGNED_IN, is_legacy=True
    ),
    "legacy, failed": Order(
        [lambda a, *_: a.replies("failed", 20, **failure(AUTHENTICATION, 2))],
        (State.FAILED, Reason.TOKEN_MISSING),
        is_legacy=True,
    ),
}


@dataclass
class World:
    """Where it happens."""

    business: Business
    person: User
    order: Order

    def asked(self) -> list[SignIn]:
        """The requests, in a new conversation."""
        capabilities = ["AUTH"] if self.order.is_legacy else ["AUTH2"]
        at = conversation(self.business, now=ASKED, customer_id=f"urn:mbid:{uuid4()}", capabilities=capabilities)
        requests = [sign_in(at, now=ASKED) for _ in range(1 if self.order.second is None else 2)]
        asked = [SignIn(request, self.person, state_of(request)) for request in requests]
        for request in requests if self.order.is_sent else ():
            sign_ins.mark_sent(sign_in_id=request.pk, now=after(1))
        return asked

    def check(self, asked: list[SignIn], *also: Ending) -> None:
        """Assert that they ended as they had to."""
        assert outcome(asked[0].request) in (self.order.ending, *also)
        assert [outcome(each.request) for each in asked[1:]] == [self.order.second][: len(asked) - 1]
        for each in asked:
            check(each.request)


@pytest.fixture
def world(request: pytest.FixtureRequest, cheap_hashes: None) -> Iterator[World]:
    order = ORDERS[request.param]
    client = apple_client(Purpose.APPLE_LEGACY if order.is_legacy else Purpose.APPLE_NEW)
    given = {"webhook_url": WEBHOOK, "client": client, "allows_legacy_flow": order.is_legacy, **order.business}
    with peer(lambda *_: http(order.gateway)) if order.gateway else nullcontext() as gateway:
        url = gateway.url if gateway else "https://gateway.example.com"
        yield World(business(gateway_url=url, **given), store_person(), order)


@pytest.mark.parametrize("world", ORDERS, indirect=True)
def test_whoever_is_killed_the_outcome_is_the_same(world: World) -> None:
    for place in range(len(world.order.told)):
        steps = takewhile(partial(is_told_with_a_kill, world, place), count(1))
        assert list(steps), place


@pytest.mark.parametrize("world", [name for name, order in ORDERS.items() if len(order.told) > 1], indirect=True)
def test_one_begins_while_the_one_before_is_not_through(world: World) -> None:
    for ends in ("killed", "goes on"):
        assert list(takewhile(partial(is_told_beside, world, ends), count(1)))


def is_told_with_a_kill(world: World, place: int, step: int) -> bool:
    """Let it go its way, one process after the other, and kill that of the place at the step, if it has so many."""
    asked, was_killed = world.asked(), False
    for number, tell in enumerate(world.order.told):
        act = tell(*asked)
        was_killed = was_killed or (number == place and is_killed(act, step))
        done(act)
    world.check(asked)
    return was_killed


def is_killed(act: Act, step: int) -> bool:
    with Mortal(act, stop_at=step) as process:
        if not process.stands():
            return False
        process.kill()
        return True


def is_told_beside(world: World, ends: str, step: int) -> bool:
    """Let one begin while the one before stands at the step, if it has so many, which is killed then or goes on."""
    asked = world.asked()
    acts = (tell(*asked) for tell in world.order.told)
    for act in islice(acts, world.order.beside_at):
        done(act)
    first, second = next(acts), next(acts)
    with Mortal(first, stop_at=step, counts_locks=True) as one:
        if not one.stands():
            return False
        with Mortal(second) as other:
            wait_until(lambda: other.has_said_something() or somebody_waits(), patience=PATIENCE)
            one.kill() if ends == "killed" else one.go_on()
            assert not other.stands()
            assert ends == "killed" or not one.stands()
    last = (each.timer(180) for each in asked)  # whoever came too early, as one beside another may, comes again
    for act in chain([first] if ends == "killed" else [], acts, last):
        done(act)
    world.check(asked, *world.order.beside)
    return True


def somebody_waits() -> bool:
    """Whether a process waits for what another one holds."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({waiting})")
        return bool(cursor.fetchone()[0])
