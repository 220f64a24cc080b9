"""From the queue to a gateway on loopback, one attempt at a time."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages import conversations, gateway, sending, sign_ins
from authenticate_app.messages.models import Business, Conversation, OutboundMessage, SignInRequest
from authenticate_app.messages.places import Places
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.sending import queue_message, send
from authenticate_app.messages.steps import Step
from authenticate_app.messages.wire import text_body
from tests.messages import world
from tests.messages.peers import Asked, Peer, http, peer

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
MINUTE = timedelta(minutes=1)
State = OutboundMessage.State
AT_ONCE = 2


@pytest.fixture(autouse=True)
def loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRIVATE_ADDRESSES = True
    monkeypatch.setattr(sending, "gateways", Places(each=AT_ONCE))


class Gateway:
    """A gateway whose next answers a test says; the last one stays."""

    def __init__(self) -> None:
        self.answers: list[bytes] = [http(200)]
        self.asked: list[Asked] = []

    def __call__(self, _peer: Peer, asked: Asked) -> bytes:
        self.asked.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def apple() -> Iterator[Gateway]:
    answering = Gateway()
    with peer(answering) as server:
        world.business(gateway_url=f"{server.url}/v1")
        yield answering


def a_conversation() -> Conversation:
    return world.conversation(Business.objects.get(), now=NOW)


def a_text(at: Conversation | None = None, *, lasts: timedelta = MINUTE, text: str = "Hello") -> OutboundMessage:
    at = at or a_conversation()
    message_id = uuid.uuid4()
    body = text_body(business_id="vision-business", customer_id="urn:mbid:AQAAY5h7q1", message_id=message_id, text=text)
    return queue_message(conversation=at, message_id=message_id, body=body, give_up_at=NOW + lasts, now=NOW)


def a_sign_in(**fields: Any) -> tuple[SignInRequest, OutboundMessage]:
    asked = world.sign_in(a_conversation(), now=NOW, **fields)
    return asked, OutboundMessage.objects.get(sign_in=asked)


def fresh(message: OutboundMessage) -> OutboundMessage:
    message.refresh_from_db()
    return message


def steps_of(asked: SignInRequest) -> list[tuple[str, str]]:
    return list(asked.steps.values_list("step", "detail"))


def test_a_message_is_stored_encrypted_with_its_job(apple: Gateway) -> None:
    message = a_text()
    assert b"Hello" not in bytes(message.encrypted_body)
    assert b"Hello" in decrypt(bytes(message.encrypted_body))
    assert list(ProcrastinateJob.objects.values_list("task_name", "args")) == [
        ("send_message", {"message_id": str(message.pk)})
    ]


def test_a_message_is_sent_once(apple: Gateway) -> None:
    message = a_text()
    assert send(message_id=message.pk, now=NOW) is None
    assert send(message_id=message.pk, now=NOW) is None
    assert [asked.headers["id"] for asked in apple.asked] == [str(message.pk)]
    assert [asked.path for asked in apple.asked] == ["/v1/message"]
    sent = fresh(message)
    assert (sent.state, sent.sent_at, sent.attempts, sent.last_answer) == (State.SENT, NOW, 1, "200 OK")
    assert bytes(sent.encrypted_body) == b""


def test_a_sign_in_whose_message_was_taken_is_sent(apple: Gateway) -> None:
    asked, message = a_sign_in()
    assert send(message_id=message.pk, now=NOW) is None
    asked.refresh_from_db()
    assert (asked.state, asked.sent_at) == (SignInRequest.State.SENT, NOW)
    assert [asked.path for asked in apple.asked] == ["/v1/authenticate"]
    assert steps_of(asked)[-1][0] == Step.SENT


def test_a_busy_gateway_is_asked_again_with_the_same_id_and_body(apple: Gateway) -> None:
    apple.answers = [http(500), http(503), http(200)]
    asked, message = a_sign_in()
    pauses = [send(message_id=message.pk, now=NOW) for _ in range(3)]
    assert pauses[2] is None
    assert {(each.headers["id"], each.body) for each in apple.asked} == {(str(message.pk), apple.asked[0].body)}
    assert len(apple.asked) == 3
    assert (fresh(message).state, message.attempts) == (State.SENT, 3)
    assert [step for step in steps_of(asked) if step[0] == Step.NOT_TAKEN] == [
        (Step.NOT_TAKEN, "500 Internal Server Error"),
        (Step.NOT_TAKEN, "503 Service Unavailable"),
    ]


def test_pauses_grow_and_differ(apple: Gateway) -> None:
    apple.answers = [http(500)]
    message = a_text(lasts=timedelta(days=1))
    pauses = [send(message_id=message.pk, now=NOW) or timedelta(0) for _ in range(6)]
    for number, pause in enumerate(pauses):
        assert timedelta(seconds=2**number / 2) <= pause <= timedelta(seconds=2**number)


def test_no_attempt_is_planned_beyond_the_end(apple: Gateway) -> None:
    apple.answers = [http(500)]
    message = a_text(lasts=timedelta(milliseconds=400))
    assert send(message_id=message.pk, now=NOW) is None
    assert (fresh(message).state, message.last_answer) == (State.FAILED, "500 Internal Server Error")
    assert bytes(message.encrypted_body) == b""


def test_a_sign_in_that_the_gateway_never_took_fails_for_that_reason(apple: Gateway) -> None:
    apple.answers = [http(500)]
    asked, message = a_sign_in()
    assert send(message_id=message.pk, now=asked.expires_at - timedelta(milliseconds=100)) is None
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (SignInRequest.State.FAILED, Reason.GATEWAY_UNAVAILABLE)
    assert steps_of(asked)[-1] == (Step.FAILED, "500 Internal Server Error")
    assert fresh(message).last_answer == "500 Internal Server Error"


def test_what_is_too_late_is_not_sent(apple: Gateway) -> None:
    message = a_text()
    assert send(message_id=message.pk, now=message.give_up_at) is None
    assert apple.asked == []
    assert (fresh(message).state, message.last_answer) == (State.FAILED, sending.TOO_LATE)


@pytest.mark.parametrize("status", [400, 401, 403, 413, 302])
def test_a_refusal_is_final(apple: Gateway, status: int) -> None:
    apple.answers = [http(status)]
    asked, message = a_sign_in()
    assert send(message_id=message.pk, now=NOW) is None
    assert send(message_id=message.pk, now=NOW) is None
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (SignInRequest.State.FAILED, Reason.GATEWAY_REFUSED)
    assert len(apple.asked) == 1
    assert fresh(message).last_answer.startswith(str(status))
    assert bytes(message.encrypted_body) == b""


def test_an_unknown_customer_closes_the_conversation_and_all_that_is_open_in_it(apple: Gateway) -> None:
    apple.answers = [http(404)]
    at = a_conversation()
    first, second = world.sign_in(at, now=NOW), world.sign_in(at, now=NOW)
    assert send(message_id=OutboundMessage.objects.get(sign_in=first).pk, now=NOW) is None
    at.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert at.closed_at == NOW
    assert (first.state, first.reason) == (SignInRequest.State.FAILED, Reason.CUSTOMER_UNKNOWN)
    assert (second.state, second.reason) == (SignInRequest.State.CANCELLED, Reason.CUSTOMER_UNKNOWN)
    assert send(message_id=OutboundMessage.objects.get(sign_in=second).pk, now=NOW) is None
    assert len(apple.asked) == 1


def test_nothing_is_sent_into_a_closed_conversation(apple: Gateway) -> None:
    at = a_conversation()
    message = a_text(at)
    conversations.close(conversation=at, reason=Reason.CONVERSATION_CLOSED, at=NOW, now=NOW)
    assert send(message_id=message.pk, now=NOW) is None
    assert apple.asked == []
    assert (fresh(message).state, message.last_answer) == (State.FAILED, sending.CLOSED)


@pytest.mark.parametrize("turned_off", [{"is_active": False}, {"is_sandbox": True}])
def test_nothing_is_sent_for_a_business_that_is_turned_off(apple: Gateway, turned_off: dict[str, bool]) -> None:
    asked, message = a_sign_in()
    Business.objects.update(**turned_off)
    assert send(message_id=message.pk, now=NOW) is None
    assert apple.asked == []
    asked.refresh_from_db()
    assert asked.state == SignInRequest.State.FAILED
    assert steps_of(asked)[-1] == (Step.FAILED, sending.TURNED_OFF)


def test_a_sign_in_that_has_ended_is_not_sent(apple: Gateway) -> None:
    asked, message = a_sign_in()
    sign_ins.end(sign_in_id=asked.pk, state=SignInRequest.State.CANCELLED, reason=Reason.CANCELLED_BY_ASKER, now=NOW)
    assert send(message_id=message.pk, now=NOW) is None
    assert apple.asked == []
    asked.refresh_from_db()
    assert asked.state == SignInRequest.State.CANCELLED


@pytest.mark.parametrize("status", [200, 404, 403, 500])
def test_a_sign_in_that_ends_while_the_gateway_is_asked_stays_ended(
    apple: Gateway, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, message = a_sign_in()
    apple.answers = [http(status)]
    to_post = gateway.post_message

    def ending_meanwhile(**given: Any) -> Any:
        answer = to_post(**given)
        sign_ins.end(
            sign_in_id=asked.pk, state=SignInRequest.State.CANCELLED, reason=Reason.CANCELLED_BY_ASKER, now=NOW
        )
        return answer

    monkeypatch.setattr(sending, "post_message", ending_meanwhile)
    send(message_id=message.pk, now=NOW)
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (SignInRequest.State.CANCELLED, Reason.CANCELLED_BY_ASKER)
    assert steps_of(asked)[-1][0] == Step.CANCELLED
    assert fresh(message).state == State.FAILED
    assert send(message_id=message.pk, now=NOW) is None


def test_a_message_whose_process_was_killed_is_sent_again_with_the_same_id(
    apple: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_given: object) -> None:
        raise Killed

    asked, message = a_sign_in()
    with monkeypatch.context() as patched:
        patched.setitem(sending._CONCLUSIONS, gateway.Outcome.ACCEPTED, killed)
        with pytest.raises(Killed):
            send(message_id=message.pk, now=NOW)
    assert fresh(message).state == State.WAITING
    send(message_id=message.pk, now=NOW)
    asked.refresh_from_db()
    assert asked.state == SignInRequest.State.SENT
    assert [each.headers["id"] for each in apple.asked] == [str(message.pk)] * 2
    assert apple.asked[0].body == apple.asked[1].body


def test_two_processes_that_are_about_to_make_the_same_attempt_make_one(
    apple: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_text()
    seen_by_both = sending._waiting(message.pk)
    assert seen_by_both is not None
    send(message_id=message.pk, now=NOW)
    apple.answers = [http(200)]
    OutboundMessage.objects.filter(pk=message.pk).update(state=State.WAITING)
    monkeypatch.setattr(sending, "_waiting", lambda _message_id: seen_by_both)
    assert send(message_id=message.pk, now=NOW) is None
    assert len(apple.asked) == 1


def test_a_business_takes_no_more_than_its_places(apple: Gateway) -> None:
    message = a_text()
    business_pk = Business.objects.get().pk
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(sending.gateways.taken_for(business_pk))
        assert send(message_id=message.pk, now=NOW)
        assert (apple.asked, fresh(message).attempts) == ([], 0)
    assert send(message_id=message.pk, now=NOW) is None
    assert len(apple.asked) == 1


def test_no_transaction_is_open_while_the_gateway_is_asked(apple: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    depth: list[int] = []
    to_post = gateway.post_message

    def looking(**given: Any) -> Any:
        depth.append(len(connection.savepoint_ids))
        return to_post(**given)

    outside = len(connection.savepoint_ids)
    monkeypatch.setattr(sending, "post_message", looking)
    send(message_id=a_text().pk, now=NOW)
    assert depth == [outside]


def test_a_message_that_is_not_there_is_done(db: None) -> None:
    assert send(message_id=uuid.uuid4(), now=NOW) is None


def test_a_later_message_of_the_customer_keeps_the_conversation_open(apple: Gateway) -> None:
    apple.answers = [http(404)]
    at = a_conversation()
    later: datetime = NOW + timedelta(seconds=1)
    Conversation.objects.filter(pk=at.pk).update(last_message_at=later)
    assert send(message_id=a_text(at).pk, now=NOW) is None
    at.refresh_from_db()
    assert at.closed_at is None
