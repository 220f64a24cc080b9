"""Personal data of one end user: all of it is found, given out without secrets, erased; what is left is said."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import pseudonym, record
from authenticate_app.messages.endings import SIGN_IN_ENDED, payload_of
from authenticate_app.messages.models import (
    Business,
    Conversation,
    InboundMessage,
    LinkedIdentity,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from authenticate_app.time_ordered import new_time_ordered_id
from chat_app.engagement.models import Engagement, MailboxEvent, TranscriptMessage
from chat_app.engagement.privacy import services
from chat_app.engagement.privacy.columns import COLUMNS
from chat_app.engagement.privacy.person import NoName, everything_of, identify
from chat_app.engagement.privacy.report import ELSEWHERE, Report
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


def signed_in_by(conversation: Conversation, *, issuer: str, subject: str) -> SignInResult:
    """Somebody signs in whom this server does not know."""
    request = SignInRequest.objects.create(
        id=new_time_ordered_id(at=NOW),
        business=conversation.business,
        conversation=conversation,
        state="succeeded",
        session_identifier=uuid.uuid4(),
        state_checksum=uuid.uuid4().hex,
        created_at=NOW,
        expires_at=NOW,
        ended_at=NOW,
    )
    return SignInResult.objects.create(sign_in=request, issuer=issuer, subject=subject, valid_until=NOW)


def compare_in_turkish(table: str, *columns: str) -> None:
    """As a database of that language does, where PostgreSQL was built with other languages: "I" is no large "i"."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_collation WHERE collname = 'tr-x-icu'")
        for column in columns if cursor.fetchone() is not None else ():
            cursor.execute(f'ALTER TABLE {table} ALTER {column} TYPE varchar(320) COLLATE "tr-x-icu"')


class BrokenOff(Exception):
    """The process was killed."""


def broken_off_at(step: int) -> Any:
    """Let the process end when this step of erasing begins: those before are stored, those after never happen."""
    begun = 0

    def look(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        nonlocal begun
        begun += "pg_advisory_xact_lock" in sql
        if begun > step:
            raise BrokenOff
        return execute(sql, parameters, many, context)

    return connection.execute_wrapper(look)


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
    person, report = everything_of(identify(name=NAME)), Report((NAME,))
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


def everything_about_john(business: Business) -> User:
    john = User.objects.create(
        username=NAME, email=EMAIL, email_verified=True, first_name="John", password=make_password(None)
    )
    jane = User.objects.create(username="jane", password=make_password(None))
    chat_of(NAME), chat_of(EMAIL)
    LinkedIdentity.objects.create(user=john, issuer="https://id.example", subject="j", created_at=NOW)
    conversation_of("urn:mbid:john", business, john)
    conversation_of("urn:mbid:both", business, john, jane)
    record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME, address="192.0.2.1")
    record(event=Event.OBJECT_CHANGED, actor_name="root", target=john, changes={"first_name": ["Jon", "John"]})
    return john


def nothing_is_left_of(john: User) -> bool:
    """Looked for in the tables, not by what erasing looks by."""
    own = Conversation.objects.filter(customer_id="urn:mbid:john")
    named = AuditEvent.objects.filter(actor_name=NAME) | AuditEvent.objects.filter(object_name=NAME)
    rows = (
        User.objects.filter(username=NAME),
        Engagement.objects.filter(end_user_key__in=[NAME, EMAIL.lower()]),
        ChatSession.objects.filter(auth_user_name__in=[NAME, EMAIL]),
        TranscriptMessage.objects.filter(body="My parcel?"),
        own,
        InboundMessage.objects.filter(customer_id="urn:mbid:john"),
        SignInResult.objects.filter(subject=str(john.subject)),
        named,
    )
    return not any(some.exists() for some in rows)


@pytest.mark.parametrize("step", range(10))
def test_what_was_broken_off_anywhere_is_finished_when_it_is_repeated(business: Business, step: int) -> None:
    john = everything_about_john(business)
    with broken_off_at(step), pytest.raises(BrokenOff):
        erase()
    assert not AuditEvent.objects.filter(event="personal_data_erased").exists()
    erase()
    assert nothing_is_left_of(john)
    assert services.find(name=NAME).is_empty


def test_two_people_of_a_conversation_who_are_erased_leave_none(john: User, business: Business) -> None:
    """Also if both were looked for before either was erased."""
    jane = User.objects.create(username="jane", password=make_password(None))
    conversation_of("urn:mbid:both", business, john, jane)
    people = [everything_of(identify(name=name)) for name in (NAME, "jane")]
    reports = [services._counted(person) for person in people]
    for person, report in zip(people, reports, strict=True):
        services._erase_all(person, report)
    assert not Conversation.objects.exists()
    assert not InboundMessage.objects.exists()
    assert not SignInResult.objects.exists()


def test_what_two_erase_at_once_is_counted_once(business: Business) -> None:
    john = everything_about_john(business)
    person = everything_of(identify(name=NAME))
    reports = [services._counted(person), services._counted(person)]
    for report in reports:
        services._erase_all(person, report)
        report.settle()
    first, second = reports
    assert nothing_is_left_of(john)
    assert (ELSEWHERE in first.text(), ELSEWHERE in second.text()) == (False, True)
    assert first.of("chat_app.Engagement").erased == 2
    assert first.of("authenticate_app.AuditEvent").blanked == 2
    assert not any(lines.erased or lines.blanked for lines in second.tables.values())


def test_what_is_written_while_somebody_is_erased_goes_too(john: User) -> None:
    """They sign in, and ask for a chat by another name of theirs, when all was looked for already."""
    written: list[int] = []

    def look(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "pg_advisory_xact_lock" in sql and not written:
            written.append(1)
            written.append(chat_of(EMAIL))
            record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME, address="192.0.2.1")
        return execute(sql, parameters, many, context)

    record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME, address="192.0.2.1")
    with connection.execute_wrapper(look):
        tables = erase()
    assert (tables["chat_app.Engagement"].found, tables["chat_app.Engagement"].erased) == (1, 1)
    assert nothing_is_left_of(john)


def test_a_chat_that_ends_while_somebody_is_erased_leaves_no_account(john: User) -> None:
    running = chat_of(NAME, ended=False)
    person = everything_of(identify(name=NAME))
    report = services._counted(person)
    services._erase_all(person, report)
    Engagement.objects.filter(pk=running).update(state="concluded", concluded_at=NOW)
    services._erase_all(everything_of(person.identity), report)
    report.settle()
    assert nothing_is_left_of(john)
    assert not any(lines.left or lines.why for lines in report.tables.values())


@pytest.mark.parametrize("name", ["", "\udcff", "a\0"])
def test_no_name_is_nobodys(john: User, name: str) -> None:
    """An account without an address has the empty one, and that may be noted as verified."""
    User.objects.filter(pk=john.pk).update(email="", email_key="")
    with pytest.raises(NoName):
        erase(name)
    with pytest.raises(CommandError, match="no text"):
        call_command("personal_data", "erase", name, "--yes")
    assert User.objects.filter(pk=john.pk).exists()


@pytest.mark.parametrize("other", [" ", "johnny", "joh_", "joh%", "%", "john ", ".*", "\u0131ohn"])
def test_names_that_are_alike_are_others(other: str) -> None:
    kept = chat_of(other)
    record(event=Event.SIGNED_IN, actor_name=other, address="192.0.2.1")
    chat_of(NAME)
    erase()
    assert list(Engagement.objects.values_list("pk", flat=True)) == [kept]
    assert ChatSession.objects.get().auth_user_name == other
    assert AuditEvent.objects.filter(actor_name=other).exists()
    erase(other)
    assert not Engagement.objects.exists()
    assert not AuditEvent.objects.filter(actor_name=other).exists()


@pytest.mark.parametrize(("stored", "asked"), [("TITLE", "title"), ("\u0130pek", "i\u0307pek"), ("\ufb01sh", "FISH")])
def test_letters_are_compared_alike_whatever_the_databases_language(stored: str, asked: str) -> None:
    compare_in_turkish("authenticate_app_auditevent", "actor_name", "object_name")
    gone = User.objects.create(username=stored, password=make_password(None))
    record(event=Event.SIGNED_IN, actor=gone.pk, actor_name=stored, address="192.0.2.1")
    record(event=Event.OBJECT_CHANGED, actor_name="root", target=gone, changes={"first_name": ["Jon", "John"]})
    gone.delete()
    assert erase(asked)["authenticate_app.AuditEvent"].blanked == 2


def test_a_chat_under_a_former_name_is_found_by_the_account_though_its_session_is_gone(john: User) -> None:
    chat = chat_of("former")
    Engagement.objects.filter(pk=chat).update(end_user_id=john.pk)
    Engagement.objects.get(pk=chat).participants.filter(kind="consumer").update(user=john)
    ChatSession.objects.all().delete()
    assert erase()["chat_app.Engagement"].erased == 1
    assert not Engagement.objects.exists()


def test_an_agents_chats_with_customers_are_not_the_agents(john: User) -> None:
    chat = chat_of("jane")
    Engagement.objects.get(pk=chat).participants.filter(kind="agent").update(user=john)
    assert erase()["authenticate_app.User"].erased == 1
    assert Engagement.objects.filter(pk=chat).exists()


def test_who_holds_a_permission_of_their_own_is_left(john: User) -> None:
    john.user_permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF))
    assert erase()["authenticate_app.User"].why == [services.OF_STAFF]


def test_an_unknown_one_who_signed_in_too_is_somebody_else(john: User, business: Business) -> None:
    conversation = conversation_of("urn:mbid:both", business, john)
    other = signed_in_by(conversation, issuer="https://id.example", subject="somebody")
    assert "InboundMessage" not in services.export(name=NAME, now=NOW)
    assert erase()["authenticate_app.Conversation"].why == [services.SHARED]
    assert list(SignInResult.objects.all()) == [other]


def test_sign_ins_from_before_an_identity_was_linked_are_found(john: User, business: Business) -> None:
    conversation = conversation_of("urn:mbid:john", business)
    signed_in_by(conversation, issuer="https://id.example", subject="j")
    signed_in_by(conversation_of("urn:mbid:jane", business), issuer="https://other.example", subject="j")
    LinkedIdentity.objects.create(user=john, issuer="https://id.example", subject="j", created_at=NOW)
    erase()
    assert list(Conversation.objects.values_list("customer_id", flat=True)) == ["urn:mbid:jane"]


def test_what_others_were_told_of_sign_ins_in_a_shared_conversation_goes_too(john: User, business: Business) -> None:
    jane = User.objects.create(username="jane", password=make_password(None))
    conversation_of("urn:mbid:both", business, john, jane)
    WebhookDelivery.objects.all().delete()
    for result in SignInResult.objects.select_related("sign_in__business", "sign_in__conversation"):
        payload = {"type": SIGN_IN_ENDED, "data": payload_of(result.sign_in)}
        WebhookDelivery.objects.create(business=business, event=SIGN_IN_ENDED, payload=payload, created_at=NOW)
    erase()
    (told,) = WebhookDelivery.objects.all()
    assert told.payload["data"]["id"] == str(SignInResult.objects.get(user=jane).pk)


def test_who_only_wrote_in_messages_is_found_by_their_id_if_it_is_said_to_be_one(business: Business) -> None:
    conversation_of("urn:mbid:john", business)
    conversation_of("urn:mbid:johnny", business)
    assert services.find(name="urn:mbid:john").is_empty
    call_command("personal_data", "erase", "urn:mbid:john", "--customer", "--yes", stdout=StringIO())
    assert list(Conversation.objects.values_list("customer_id", flat=True)) == ["urn:mbid:johnny"]
    assert list(InboundMessage.objects.values_list("customer_id", flat=True)) == ["urn:mbid:johnny"]
    assert WebhookDelivery.objects.count() == 1


def test_every_table_with_personal_data_is_looked_through(john: User, business: Business) -> None:
    """A new table: let ``privacy.services`` find its rows, or say here why they leave otherwise."""
    chat_of(NAME)
    conversation_of("urn:mbid:john", business, john)
    record(event=Event.SIGNED_IN, actor=john.pk, actor_name=NAME)
    looked_through = {table for table, _rows in services._parts(everything_of(identify(name=NAME)))}
    leave_otherwise = {
        "authenticate_app.SandboxBubble": "made-up customers",
        "authenticate_app.SandboxExchange": "made-up customers",
        "authenticate_app.SandboxPhone": "made-up customers",
        "procrastinate.ProcrastinateJob": "done and deleted within a day",
    }
    personal = {table for table, columns in COLUMNS.items() if columns.personal}
    assert personal - looked_through == set(leave_otherwise)


def test_the_command_speaks_english_whatever_the_installation_speaks(john: User) -> None:
    chat_of(NAME, ended=False)
    said = StringIO()
    with translation.override("de"):
        call_command("personal_data", "erase", NAME, "--yes", stdout=said)
    assert "chat_app.Engagement: A chat has not ended yet: erase again when it has." in said.getvalue()


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label)
def test_every_column_is_classified(model: Any) -> None:
    """A new column: say in ``privacy.columns`` what it is, and let ``privacy.services`` find and erase it."""
    columns = sorted(field.attname for field in model._meta.concrete_fields)
    assert columns == sorted(COLUMNS[model._meta.label].names())
