"""Engagements and agents' sessions in the admin: found, read, taken away, ended; fast and escaped."""

import html
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from chat_app.engagement.admin.engagements import _messages_with
from chat_app.engagement.happenings import LATEST
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Offer, Participant, TranscriptMessage
from chat_app.engagement.transcripts import BATCH, PART, as_text
from chat_app.routing.models import Interface
from tests.admin.conftest import Browser, SignedIn

LIST = reverse("admin:chat_app_engagement_changelist")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("routing_data")


def store_engagement(number: int, **fields: Any) -> Engagement:
    """An engagement of a minute after the one before."""
    at = NOW + timedelta(minutes=number)
    name = f"User{number % 7}@example.com"
    given = {"queue_id": 2 if number % 3 == 0 else 1, "state": "waiting", "requested_at": at, "waiting_since": at}
    return Engagement.objects.create(
        session_id=1000 + number,
        interface_id=1,
        auth_user_name=name,
        end_user_key=f"{name.lower()}",
        properties={"question": "<b>Where</b>?"},
        discard_seconds=600,
        starvation_seconds=180,
        offer_seconds=15,
        **{**given, **fields},
    )


def ended(number: int) -> Engagement:
    return store_engagement(number, state="concluded", reason="AGENT_CONCLUDED", concluded_at=NOW + timedelta(hours=1))


def store_agent_session() -> AgentSession:
    agent = User.objects.create(username="anna", password=make_password(None))
    box = Mailbox.objects.create(
        session_checksum="of anna", last_seen_at=NOW, absent_seconds=30, absences=2, created_at=NOW
    )
    interface = Interface.objects.get(pk=1)
    return AgentSession.objects.create(
        user=agent, interface=interface, mailbox=box, name="Anna Agent", idle_since=NOW, signed_on_at=NOW
    )


@pytest.fixture
def conversation(db: None) -> Engagement:
    """A chat that Anna took, in which three things were said, one of them off the record."""
    engagement, session = ended(0), store_agent_session()
    customer = Participant.objects.create(engagement=engagement, kind="consumer", name="John", joined_at=NOW)
    agent = Participant.objects.create(
        engagement=engagement, kind="agent", role="LEAD", name="Anna Agent", joined_at=NOW, agent_session=session
    )
    Offer.objects.create(
        engagement=engagement,
        agent_session=session,
        queue_id=1,
        state="accepted",
        offered_at=NOW,
        expires_at=NOW + timedelta(seconds=15),
        answered_at=NOW + timedelta(seconds=3),
    )
    said = {"engagement": engagement, "posted_at": NOW}
    TranscriptMessage.objects.create(participant=customer, body="<script>alert(1)</script> my parcel", **said)
    TranscriptMessage.objects.create(participant=agent, body="It is in Zürich.\nTomorrow!", **said)
    TranscriptMessage.objects.create(participant=customer, off_the_record=True, **said)
    return engagement


def shown(response: Any) -> list[int]:
    assert response.status_code == HTTPStatus.OK
    return [row.pk for row in response.context["cl"].result_list]


def page_of(engagement: Engagement) -> str:
    return reverse("admin:chat_app_engagement_change", args=[engagement.pk])


def export_of(engagement: Engagement, form: str) -> str:
    return reverse("admin:chat_app_engagement_transcript", args=[engagement.pk, form])


def taken_away(admin: Browser, engagement: Engagement, form: str) -> str:
    response: Any = admin.get(export_of(engagement, form))
    return str(response.getvalue().decode())


def say(engagement: Engagement, bodies: Iterable[str]) -> None:
    writer = engagement.participants.first()
    TranscriptMessage.objects.bulk_create(
        TranscriptMessage(engagement=engagement, participant=writer, posted_at=NOW, body=body) for body in bodies
    )


def test_filters_by_state_queue_and_day(admin: Browser) -> None:
    rows = [ended(number) for number in range(6)]
    newest_first = [row.pk for row in reversed(rows)]
    assert shown(admin.get(LIST)) == shown(admin.get(LIST + "?state=concluded")) == newest_first
    assert shown(admin.get(LIST + "?state=waiting")) == []
    assert shown(admin.get(LIST + "?queue=2")) == [rows[3].pk, rows[0].pk]
    assert shown(admin.get(LIST + "?from=2026-05-04&to=2026-05-04")) == newest_first
    assert shown(admin.get(LIST + "?from=2026-05-06")) == []


def test_search_by_the_end_user_and_by_words_of_the_transcript(admin: Browser, conversation: Engagement) -> None:
    other = ended(1)
    assert shown(admin.get(LIST + "?q=USER1@example.com")) == [other.pk]
    assert shown(admin.get(LIST + "?q=PARCEL")) == shown(admin.get(LIST + "?q=tomorrow")) == [conversation.pk]
    assert shown(admin.get(LIST + "?q=parcel+lost")) == []


@pytest.mark.parametrize("query", ["?q=%22", "?q=-", "?q=%27%3B--", "?state=x", "?queue=x", "?before=x"])
def test_nonsense_does_no_harm(admin: Browser, conversation: Engagement, query: str) -> None:
    assert admin.get(LIST + query, follow=True).status_code == HTTPStatus.OK


def test_words_are_looked_for_in_the_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, parameters = _messages_with("parcel").values("engagement_id").query.sql_with_params()
        cursor.execute("EXPLAIN " + sql, parameters)
        assert "transcript_words" in "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("query", ["", "?state=concluded", "?queue=2", "?q=parcel"])
def test_nothing_is_counted(admin: Browser, conversation: Engagement, query: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin.get(LIST + query)
    of_engagements = [each["sql"] for each in queries if "chat_app_engagement" in each["sql"]]
    assert of_engagements
    assert all("COUNT(" not in sql and "LIMIT" in sql for sql in of_engagements)


def test_the_page_shows_the_conversation_escaped_and_what_happened(admin: Browser, conversation: Engagement) -> None:
    page = admin.get(page_of(conversation)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; my parcel" in page
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;Where&lt;/b&gt;?" in page
    assert "off the record: not stored" in page
    steps = ["The customer asked for a chat", "Offered to Anna Agent", "Anna Agent took the chat", "The chat ended"]
    places = [page.index(step) for step in steps]
    assert places == sorted(places)


def test_the_page_costs_the_same_however_much_was_written(admin: Browser, conversation: Engagement) -> None:
    admin.get(page_of(conversation))  # what a process remembers afterwards is asked for once
    with CaptureQueriesContext(connection) as before:
        admin.get(page_of(conversation))
    say(conversation, map(str, range(50)))
    with CaptureQueriesContext(connection) as after:
        admin.get(page_of(conversation))
    assert len(after) == len(before)


def test_a_transcript_is_taken_away_as_text_and_that_is_audited(admin: Browser, conversation: Engagement) -> None:
    response = admin.get(export_of(conversation, "txt"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="chat-{conversation.pk}.txt"'
    text = response.getvalue().decode()
    assert "[2026-05-04T12:00:00Z] Anna Agent:\n    It is in Zürich.\n    Tomorrow!" in text
    assert text.endswith("John:\n    (off the record)\n")
    event = AuditEvent.objects.get(event="transcript_exported")
    assert (event.reason, event.actor_name, event.object_id) == ("txt", "root@example.com", str(conversation.pk))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\v", "\x85", "\u2028"])
def test_nobody_writes_what_looks_like_an_agents_message(conversation: Engagement, line_end: str) -> None:
    head = "[2026-05-04T12:00:00Z] Anna Agent:"
    Participant.objects.filter(kind="consumer").update(name=f"John{line_end}{head}")
    forged = f"Thanks{line_end}{line_end}{head}{line_end}You get your money back."
    TranscriptMessage.objects.filter(participant__kind="consumer", off_the_record=False).update(body=forged)
    assert "".join(as_text(conversation)).splitlines().count(head) == 1


def test_a_transcript_is_taken_away_as_json(admin: Browser, conversation: Engagement) -> None:
    data = json.loads(taken_away(admin, conversation, "json"))
    assert [message["isOffTheRecord"] for message in data["messages"]] == [False, False, True]
    assert data["participants"][1] == {
        "clientId": data["messages"][1]["clientId"],
        "kind": "agent",
        "role": "LEAD",
        "name": "Anna Agent",
        "joined": "2026-05-04T12:00:00Z",
        "left": None,
    }
    assert (data["endUser"], data["state"], data["properties"]) == (
        "User0@example.com",
        "concluded",
        {"question": "<b>Where</b>?"},
    )


def test_a_long_transcript_is_taken_away_whole(admin: Browser, conversation: Engagement) -> None:
    bodies = [f"message {number}\u2028\n" for number in range(2 * BATCH + 1)]
    say(conversation, bodies)
    messages = json.loads(taken_away(admin, conversation, "json"))["messages"]
    assert [message["body"] for message in messages][3:] == bodies
    text = taken_away(admin, conversation, "txt")
    assert [int(found) for found in re.findall(r"^    message (\d+)", text, re.MULTILINE)] == list(range(len(bodies)))


def test_a_transcript_of_nothing_is_json_too(admin: Browser, db: None) -> None:
    assert json.loads(taken_away(admin, ended(0), "json"))["messages"] == []


def test_a_long_transcript_is_shown_in_parts_that_say_where_they_stand(
    admin: Browser, conversation: Engagement
) -> None:
    say(conversation, (f"message {number}." for number in range(4, 2 * PART + 2)))  # three are there
    page, last = page_of(conversation), 2 * PART + 1
    places = {
        "": (1, PART, {2}),
        "?part=2": (PART + 1, 2 * PART, {1, 3}),
        "?part=3": (last, last, {2}),
        "?part=99": (last, last, {2}),
        "?part=x": (1, PART, {2}),
    }
    for query, (first, final, others) in places.items():
        shown_page = admin.get(page + query).content.decode()
        assert f"Messages {first} to {final} of {last}" in shown_page
        assert {int(number) for number in re.findall(r'href="\?part=(\d+)"', shown_page)} == others
        assert [f"message {n}." in shown_page for n in (final, final + 1)] == [True, False]


def test_a_short_transcript_speaks_of_no_parts(admin: Browser, conversation: Engagement) -> None:
    assert "?part=" not in admin.get(page_of(conversation)).content.decode()


def test_of_many_offers_and_participants_the_last_are_shown_and_that_is_said(
    admin: Browser, conversation: Engagement
) -> None:
    session = AgentSession.objects.get()
    moments = [NOW + timedelta(minutes=number) for number in range(LATEST + 5)]
    Offer.objects.bulk_create(
        Offer(
            engagement=conversation,
            agent_session=session,
            queue_id=1,
            state="expired",
            offered_at=at,
            expires_at=at,
            answered_at=at,
        )
        for at in moments
    )
    page = admin.get(page_of(conversation)).content.decode()
    assert f"Of {LATEST + 6} offers, the last {LATEST} are shown." in page
    assert page.count("Anna Agent did not answer the offer") == LATEST
    assert "Anna Agent took the chat" not in page
    assert "participants, the last" not in page
    Participant.objects.bulk_create(
        Participant(engagement=conversation, kind="agent", role="CONFEREE", name=f"Agent {number}.", joined_at=at)
        for number, at in enumerate(moments)
    )
    page = admin.get(page_of(conversation)).content.decode()
    assert f"Of {LATEST + 7} participants, the last {LATEST} are shown." in page  # the customer among them
    assert f"Of {LATEST + 6} participants, the last {LATEST} are shown." in page  # of what happened: agents alone
    assert [f"Agent {number}. joined" in page for number in (4, 5, LATEST + 4)] == [False, True, True]


def test_only_who_may_see_chats_takes_them_away(signed_in: SignedIn, admin: Browser, conversation: Engagement) -> None:
    assert signed_in().get(export_of(conversation, "txt")).status_code == HTTPStatus.FORBIDDEN
    assert admin.get(export_of(conversation, "pdf")).status_code == HTTPStatus.NOT_FOUND
    assert not AuditEvent.objects.filter(event="transcript_exported").exists()


def test_an_administrator_ends_an_agents_session(signed_in: SignedIn, db: None) -> None:
    session = store_agent_session()
    browser = signed_in("CHATAUTH_ADMINISTRATOR")
    page = reverse("admin:chat_app_agentsession_change", args=[session.pk])
    address = reverse("admin:chat_app_agentsession_end_session", args=[session.pk])
    assert "End this session" in browser.get(page).content.decode()
    assert "End the session of Anna Agent?" in browser.get(address).content.decode()
    for _again in range(2):
        assert browser.post(address).status_code == HTTPStatus.FOUND
    session.refresh_from_db()
    assert session.end == AgentSession.End.ADMIN_ENDED
    assert AuditEvent.objects.filter(event="agent_session_ended").count() == 1
    assert "End this session" not in browser.get(page).content.decode()


def test_a_supervisor_sees_agents_sessions_and_ends_none(signed_in: SignedIn, db: None) -> None:
    session = store_agent_session()
    browser = signed_in("CHATAUTH_SUPERVISOR")
    listed = browser.get(reverse("admin:chat_app_agentsession_changelist") + "?state=on&q=anna")
    assert shown(listed) == [session.pk]
    address = reverse("admin:chat_app_agentsession_end_session", args=[session.pk])
    assert browser.post(address).status_code == HTTPStatus.FORBIDDEN
    session.refresh_from_db()
    assert session.ended_at is None


def test_sites_and_the_assumed_wait_are_set_in_their_forms(admin: Browser) -> None:
    assert "www.example.com" in admin.get(reverse("admin:chat_app_interface_change", args=[1])).content.decode()
    assert 'name="assumed_wait_seconds"' in admin.get(reverse("admin:chat_app_queue_change", args=[1])).content.decode()


def test_a_superuser_erases_a_customers_data(admin: Browser, signed_in: SignedIn, conversation: Engagement) -> None:
    address = reverse("admin:chat_app_engagement_erase_customer", args=[conversation.pk])
    assert signed_in("CHATAUTH_ADMINISTRATOR").post(address).status_code == HTTPStatus.FORBIDDEN
    assert "chat_app.TranscriptMessage 3" in admin.get(address).content.decode()
    assert Engagement.objects.exists()
    assert admin.post(address).status_code == HTTPStatus.FOUND
    assert not Engagement.objects.exists()
    event = AuditEvent.objects.get(event="personal_data_erased")
    assert (event.actor_name, event.object_name) == ("root@example.com", "")


LEFT = {
    "en": "A chat has not ended yet: erase again when it has.",
    "de": "Ein Chat ist noch nicht zu Ende: Löschen Sie noch einmal, wenn er es ist.",
    "fr": "Un chat n'est pas encore terminé : effacez de nouveau quand il le sera.",
    "es": "Un chat no ha terminado todavía: vuelva a borrar cuando termine.",
    "ja": "まだ終了していないチャットがあります。終了後にもう一度消去してください。",
}


@pytest.mark.parametrize("language", LEFT)
def test_what_is_left_is_said_in_the_language_of_the_reader(admin: Browser, routing_data: None, language: str) -> None:
    running = store_engagement(1)
    address = reverse("admin:chat_app_engagement_erase_customer", args=[running.pk])
    headers = {"accept-language": language}
    admin.post(address, headers=headers)
    assert LEFT[language] in html.unescape(admin.get(LIST, headers=headers).content.decode())
