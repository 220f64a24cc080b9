"""What becomes of a message while something else happens to its sign-in or conversation, over real connections."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from authenticate_app.messages import conversations, sending, sign_ins
from authenticate_app.messages.models import Business, Conversation, OutboundMessage, SignInRequest
from authenticate_app.messages.places import Places
from authenticate_app.messages.reasons import Reason
from tests.messages import world
from tests.messages.invariants import check
from tests.messages.peers import Peer, http, peer
from tests.messages.story import ASKED, WEBHOOK, after
from tests.messages.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
"""Two that race do not meet each time."""
State = SignInRequest.State


@pytest.fixture
def apple(settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Peer]:
    settings.PRIVATE_ADDRESSES = True
    monkeypatch.setattr(sending, "gateways", Places(each=3))
    with peer(lambda _peer, _asked: http(request.param)) as server:
        world.business(gateway_url=server.url, webhook_url=WEBHOOK)
        yield server


def close(at: Conversation) -> None:
    conversations.close(conversation=at, reason=Reason.CONVERSATION_CLOSED, at=after(2), now=after(2))


def cancel(asked: SignInRequest) -> bool:
    reason = Reason.CANCELLED_BY_ASKER
    return sign_ins.end(sign_in_id=asked.pk, state=State.CANCELLED, reason=reason, now=after(2))


@pytest.mark.parametrize("apple", [200, 404, 403, 500], indirect=True)
def test_whatever_ends_first_nothing_waits_for_another_in_a_circle(apple: Peer) -> None:
    business = Business.objects.get()
    for number in range(ROUNDS):
        at = world.conversation(business, now=ASKED, customer_id=f"urn:mbid:{number}")
        asked = world.sign_in(at, now=ASKED)
        message = OutboundMessage.objects.get(sign_in=asked)
        post = partial(sending.send, message_id=message.pk, now=after(1))
        at_once([post, partial(cancel, asked), partial(close, at), post])
        row = check(asked)
        assert row["state"] in {State.CANCELLED, State.FAILED}
    assert {each.headers["id"] for each in apple.asked} <= {
        str(message_id) for message_id in OutboundMessage.objects.values_list("pk", flat=True)
    }


@pytest.mark.parametrize("apple", [200], indirect=True)
def test_a_message_that_several_workers_come_for_is_taken_as_one(apple: Peer) -> None:
    asked = world.sign_in(world.conversation(Business.objects.get(), now=ASKED), now=ASKED)
    message = OutboundMessage.objects.get(sign_in=asked)
    at_once([partial(sending.send, message_id=message.pk, now=after(1))] * 3)
    message.refresh_from_db()
    assert message.state == OutboundMessage.State.SENT
    assert check(asked)["state"] == State.SENT
    assert list(asked.steps.values_list("step", flat=True)).count("sent") == 1
    assert {(each.headers["id"], each.body) for each in apple.asked} == {
        (str(message.pk), apple.asked[0].body),
    }
