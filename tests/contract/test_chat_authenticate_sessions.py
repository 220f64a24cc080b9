"""The chat session that every token belongs to: what it holds, and when it is resumed."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from chat_app.sessions.models import ChatSession, ChatToken
from tests.world import BUSINESS_UNIT, CALLER, CUSTOMER, QUEUE, ask, body_of, granted, segments_of, store_user

pytestmark = pytest.mark.usefixtures("world")


def session_of(body: dict[str, object]) -> ChatSession:
    jti = json.loads(segments_of(str(body["jwt"]))[1])["jti"]
    return ChatToken.objects.get(jti=uuid.UUID(jti)).session


def resumed(**attributes: object) -> ChatSession:
    return session_of(granted(resumeType="RESUME", **attributes))


def test_what_a_session_holds() -> None:
    attributes = {"authUserName": CUSTOMER, "question": "Why?", "contactId": 7, "queueId": QUEUE}
    body = body_of(ask(attributes=attributes, REMOTE_ADDR="192.0.2.77"))
    session = session_of(body)
    assert session.caller_id == User.objects.get(username=CALLER).pk
    assert session.end_user_id == User.objects.get(username=CUSTOMER).pk
    assert (session.auth_user_name, session.interface_id, session.queue_id) == (CUSTOMER, 1, QUEUE)
    assert session.client_address == "192.0.2.77"
    assert session.state == ChatSession.State.AUTHENTICATED
    assert session.request == {
        "authUserName": CUSTOMER,
        "question": "Why?",
        "contactId": "7",
        "queueId": str(QUEUE),
        "interfaceId": "1",
    }
    (token,) = ChatToken.objects.filter(session=session)
    assert token.claimed_at is None
    assert token.expires_at - token.issued_at == timedelta(seconds=120)


def test_nothing_of_what_was_asked_is_in_the_token() -> None:
    body = granted(question="Where is my parcel?", firstName="Zebedee", customFields='{"k":"hidden"}', contactId=4711)
    payload = segments_of(body["jwt"])[1].decode()
    for text in ("parcel", "Zebedee", "hidden", "4711", "queue"):
        assert text not in payload


def test_without_resume_another_session_begins() -> None:
    assert session_of(granted()).pk != session_of(granted()).pk


def test_resume_comes_back_to_a_session_that_was_begun_without() -> None:
    assert session_of(granted()).pk == resumed().pk == resumed().pk


def test_a_session_that_is_only_authenticated_takes_the_new_attributes() -> None:
    first = resumed(question="Why?")
    second = resumed(question="What?", queueId=QUEUE)
    assert second.pk == first.pk
    assert (second.request["question"], second.queue_id) == ("What?", QUEUE)


@pytest.mark.parametrize("state", ["requested", "engaged"])
def test_a_running_session_keeps_its_own(state: str) -> None:
    first = resumed(question="Why?")
    ChatSession.objects.update(state=state)
    body = granted(resumeType="RESUME", question="What?", queueId=QUEUE)
    second = session_of(body)
    assert (second.pk, second.request["question"], second.queue_id) == (first.pk, "Why?", 1)
    assert body["queueId"] == "1"


def test_a_concluded_session_is_not_resumed() -> None:
    first = resumed()
    ChatSession.objects.update(state="concluded")
    assert resumed().pk != first.pk


def test_an_expired_session_is_not_resumed() -> None:
    first = resumed()
    ChatSession.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    assert resumed().pk != first.pk


def test_another_callers_session_is_not_resumed() -> None:
    first = resumed()
    store_user("another service", SELF_SERVICE_USER, ON_BEHALF_ROLE)
    body = body_of(ask(caller="another service", attributes={"resumeType": "RESUME"}))
    assert session_of(body).pk != first.pk


def test_another_end_users_session_is_not_resumed() -> None:
    assert resumed().pk != resumed(authUserName="John Smith").pk


def test_a_session_on_another_interface_is_not_resumed() -> None:
    assert resumed().pk != resumed(businessUnitOrgId=BUSINESS_UNIT).pk


def test_a_session_may_have_several_tokens() -> None:
    sessions = {resumed().pk for _ in range(3)}
    assert len(sessions) == 1
    assert ChatToken.objects.count() == 3
