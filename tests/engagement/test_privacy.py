"""Personal data of one end user: all of it is found, given out without secrets, erased; what is left is said."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import pseudonym, record
from authenticate_app.messages.models import (
    Business,
    Conversation,
    InboundMessage,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from authenticate_app.time_ordered import new_time_ordered_id
from chat_app.engagement.models import Engagement, MailboxEvent, TranscriptMessage
from chat_app.engagement.privacy import services
from chat_app.engagement.privacy.columns import COLUMNS
from chat_app.engagement.privacy.person import find_person
from chat_app.engagement.privacy.report import Report
from chat_app.sessions.models import ChatSession, ChatToken
from tests.engagement.stage import NOW, customer, engage, ready_agent
from tests.messages import world

NAME, EMAIL = "john", "John@Vision.example"

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def john() -> User:
    return User.objects.create(
        username=NAME,
        email=EMAIL,
        email_verified=True,
        first_name="John",
        last_name="Doe",
        password=make_password(None),
    )


@pytest.fixture
def business() -> Business:
    return world.business()


def chat_of(name: str, *, ended: bool = True) -> int:
    """A chat that Anna took, with something written; returns the engagement."""
    waiting = customer()
    names = {"auth_user_name": name, "end_user_key": name_key(name)}
    Engagement.objects.filter(pk=waiting.engagement_id).update(**names)
    session = ChatSession.objects.get(engagement=waiting.engagement)
    ChatSession.objects.filter(pk=session.pk).update(auth_user_name=name)
    ChatToken.objects.create(jti=uuid.uuid4(), session=session, issued_at=NOW, expires_at=NOW)
    engage(ready_agent(f"agent of {waiting.engagement_id}", capacity=1), waiting)
    TranscriptMessage.objects.create(
        engagement_id=waiting.engagement_id, participant_id=waiting.participant_id, posted_at=NOW, body="My parcel?"
    )
    if ended:
        Engagement.objects.filter(pk=waiting.engagement_id).update(state="concluded", concluded_at=NOW)
    return waiting.engagement_id


def conversation_of(customer_id: str, business: Business, *users: User) -> Conversation:
    """A conversation of Apple Messages in which these have signed in, with a message and a webhook."""
    conversation = Conversation.objects.create(
        id=new_time_ordered_id(at=NOW), business=business, customer_id=customer_id, created_at=NOW
    )
    for user in users:
        request = SignInRequest.objects.create(
            id=new_time_ordered_id(at=NOW),
            business=business,
            conversation=conversation,
            state="succeeded",
            session_identifier=uuid.uuid4(),
            state_checksum=uuid.uuid4().hex,
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=3),
            ended_at=NOW,
        )
        SignInResult.objects.create(sign_in=request, issuer="us", subject=str(user.subject), user=user, valid_until=NOW)
    InboundMessage.objects.create(
        business=business, message_id=customer_id, customer_id=customer_id, received_at=NOW, body=b'{"body": "Hi"}'
    )
    WebhookDelivery.objects.create(
        business=business,
        event="message.received",
        payload={"data": {"conversation": str(conversation.pk)}},
        created_at=NOW,
    )
    return conversation


def erase(name: str = NAME) -> dict[str, Any]:
    return services.erase(name=name, now=NOW).tables


def test_chats_are_erased_with_what_agents_were_told_of_them(john: User) -> None:
    own = [chat_of(NAME), chat_of("JOHN"), chat_of(EMAIL)]
    other = chat_of("jane")

    tables = erase("John")

    assert (tables["chat_app.Engagement"].found, tables["chat_app.Engagement"].erased) == (3, 3)
    assert set(Engagement.objects.values_list("pk", flat=True)) == {other}
    assert set(TranscriptMessage.objects.values_list("engagement_id", flat=True)) == {other}
    assert not MailboxEvent.objects.filter(engagement_id__in=own).exists()
    assert MailboxEvent.objects.filter(engagement_id=other).exists()
    assert ChatSession.objects.count() == ChatToken.objects.count() == 1
    assert not User.objects.filter(pk=john.pk).exists()


def test_somebody_without_an_account_is_found_whatever_the_letters() -> None:
    chat_of("Jürgen@Straße.example")
    assert erase("JÜRGEN@strasse.example")["chat_app.ChatSession"].erased == 1
    assert not ChatSession.objects.exists()


def test_a_chat_that_runs_is_left_and_said_to_be(john: User) -> None:
    running = chat_of(NAME, ended=False)
    lines = erase()["chat_app.Engagement"]
    assert (lines.found, lines.erased, lines.left, lines.why) == (1, 0, 1, [services.RUNNING])
    Engagement.objects.filter(pk=running).update(state="concluded", concluded_at=NOW)
    assert erase()["chat_app.Engagement"].erased == 1
    assert services.find(name=NAME).is_empty


def test_a_chat_that_ran_under_another_name_is_found_when_it_has_ended(john: User) -> None:
    running = chat_of(EMAIL, ended=False)
    account = erase(NAME)["authenticate_app.User"]
    assert (account.erased, account.left, account.why) == (0, 1, [services.FOUND_BY])
    Engagement.objects.filter(pk=running).update(state="concluded", concluded_at=NOW)
    assert erase(NAME)["authenticate_app.User"].erased == 1
    assert not Engagement.objects.exists()
    assert not ChatSession.objects.exists()
    assert not User.objects.filter(pk=john.pk).exists()


def test_a_chat_that_begins_meanwhile_keeps_its_session(john: User) -> None:
    """Found before it began, and erased after."""
    session = ChatSession.objects.get(engagement=customer().engagement)
    ChatSession.objects.filter(pk=session.pk).update(auth_user_name=NAME)
    Engagement.objects.all().delete()
    person, report = find_person(name=NAME), Report(NAME)
    Engagement.objects.filter(pk=customer().engagement_id).update(session_id=session.pk)
    services._erase_chats(person, report)
    assert ChatSession.objects.filter(pk=session.pk).exists()
    assert (report.of("chat_app.ChatSession").left, report.of("chat_app.ChatSession").erased) == (1, 0)


def test_conversations_of_apple_messages_are_erased(john: User, business: Business) -> None:
    conversation_of("urn:mbid:john", business, john)
    conversation_of("urn:mbid:jane", business)
    erase()
    assert list(Conversation.objects.values_list("customer_id", flat=True)) == ["urn:mbid:jane"]
    assert list(InboundMessage.objects.values_list("customer_id", flat=True)) == ["urn:mbid:jane"]
    assert WebhookDelivery.objects.count() == 1
    assert not SignInRequest.objects.exists()


def test_of_a_conversation_with_somebody_else_only_the_own_sign_ins_are_erased(john: User, business: Business) -> None:
    jane = User.objects.create(username="jane", password=make_password(None))
    conversation_of("urn:mbid:both", business, john, jane)
    lines = erase()["authenticate_app.Conversation"]
    assert (lines.left, lines.why) == (1, [services.SHARED])
    assert list(SignInResult.objects.values_list("user_id", flat=True)) == [jane.pk]
    assert InboundMessage.objects.exists()


def test_audit_events_stay_under_the_pseudonym(john: User) -> None:
    staff = User.objects.create(username="root", password=make_password(None), is_staff=True)
    record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME, address="192.0.2.1")
    record(event=Event.SIGN_IN_FAILED, name=NAME, address="192.0.2.1")
    record(
        event=Event.OBJECT_CHANGED,
        actor=staff.pk,
        actor_name="root",
        address="192.0.2.7",
        target=john,
        changes={"first_name": ["Jon", "John"]},
    )
    assert erase()["authenticate_app.AuditEvent"].blanked == 3
    signed_in, failed, changed, erased = AuditEvent.objects.order_by("pk")
    for event in (signed_in, failed):
        assert (event.actor_id, event.actor_name, event.address) == (None, "", None)
        assert event.pseudonym in {pseudonym(NAME), pseudonym(EMAIL.lower())}
    assert (changed.actor_name, changed.object_name, changed.changes) == ("root", "", {})
    assert (erased.event, erased.pseudonym) == ("personal_data_erased", pseudonym(NAME))


@pytest.mark.parametrize("name", ["Weiß", "WEISS", "weiss", "\uff37eiss"])
def test_audit_events_of_accounts_that_are_gone_are_found_whatever_the_letters(name: str) -> None:
    gone = User.objects.create(username=name, password=make_password(None))
    record(event=Event.SIGNED_IN, actor=gone.pk, actor_name=name, address="192.0.2.1")
    record(event=Event.OBJECT_CHANGED, actor_name="root", target=gone, changes={"first_name": ["Jon", "John"]})
    gone.delete()
    assert erase("weiß")["authenticate_app.AuditEvent"].blanked == 2
    names = AuditEvent.objects.order_by("pk").values_list("actor_name", "object_name")
    assert list(names[:2]) == [("", ""), ("root", "")]


def test_an_account_of_staff_is_left(john: User) -> None:
    User.objects.filter(pk=john.pk).update(is_staff=True)
    record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME, address="192.0.2.1")
    lines = erase()["authenticate_app.User"]
    assert (lines.left, lines.erased, lines.why) == (1, 0, [services.OF_STAFF])
    assert User.objects.filter(pk=john.pk).exists()
    assert AuditEvent.objects.filter(actor=john, actor_name=NAME).exists()


def test_an_address_that_nobody_has_verified_leads_to_no_account(john: User) -> None:
    User.objects.filter(pk=john.pk).update(email_verified=False)
    assert services.find(name=EMAIL).is_empty


def test_an_export_holds_everything_but_secrets(john: User, business: Business) -> None:
    chat_of(NAME)
    conversation_of("urn:mbid:john", business, john)
    exported = services.export(name=NAME, now=NOW)
    tables = json.loads(exported)["tables"]
    assert tables["chat_app.TranscriptMessage"][0]["body"] == "My parcel?"
    assert tables["authenticate_app.InboundMessage"][0]["body"] == '{"body": "Hi"}'
    assert tables["authenticate_app.User"][0]["email"] == EMAIL
    assert john.password not in exported
    assert "session_checksum" not in exported
    assert AuditEvent.objects.filter(event="personal_data_exported", pseudonym=pseudonym(NAME)).exists()


def test_the_command(john: User) -> None:
    chat_of(NAME)
    said = StringIO()
    call_command("personal_data", "find", NAME, stdout=said)
    assert "chat_app.TranscriptMessage" in said.getvalue()
    call_command("personal_data", "erase", NAME, "--yes", stdout=StringIO())
    said = StringIO()
    call_command("personal_data", "find", NAME, stdout=said)
    assert said.getvalue() == "Nothing was found.\n"


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label)
def test_every_column_is_classified(model: Any) -> None:
    """A new column: say in ``privacy.columns`` what it is, and let ``privacy.services`` find and erase it."""
    columns = sorted(field.attname for field in model._meta.concrete_fields)
    assert columns == sorted(COLUMNS[model._meta.label].names())
