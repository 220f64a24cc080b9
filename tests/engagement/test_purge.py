"""What has ended leaves after its retention, with all of its; what runs stays, however old it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from pytest_django import Settings

from chat_app.engagement import agent_sessions, purge
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.models import (
    AgentSession,
    Engagement,
    Mailbox,
    MailboxEvent,
    Offer,
    Participant,
    TranscriptMessage,
)
from chat_app.engagement.vocabulary import AgentMessageName, MessageName
from tests.engagement.stage import NOW, Customer, customer, engage, names_told, ready_agent

DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture(autouse=True)
def retentions(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TRANSCRIPT_RETENTION, settings.EVENT_RETENTION = 90 * DAY, DAY
    for name in ("ENGAGEMENTS", "MAILBOXES", "EVENTS"):
        monkeypatch.setattr(purge, name, 2)


def concluded(age: timedelta) -> Customer:
    """An engagement that ended so long ago, with a message and an event."""
    at = NOW - age
    some = customer(at=at)
    put([NewEvent(some.mailbox_id, MessageName.CONCLUDED, some.engagement_id)], now=at)
    TranscriptMessage.objects.create(
        engagement_id=some.engagement_id, participant_id=some.participant_id, posted_at=at, body="Hello"
    )
    Engagement.objects.filter(pk=some.engagement_id).update(state="concluded", concluded_at=at)
    return some


def keys(model: type[Model], field: str = "pk") -> set[Any]:
    return set(model._default_manager.values_list(field, flat=True))


def run_all() -> list[int]:
    steps = (
        purge.purge_received_events,
        purge.purge_mailboxes,
        purge.purge_engagements,
        purge.purge_agent_sessions,
    )
    return [step(NOW) for step in steps]


def test_conversations_leave_with_all_that_belongs_to_them() -> None:
    old = [concluded(age * DAY) for age in (91, 95, 95, 95, 300)]
    young = [concluded(age * DAY) for age in (2, 89)]
    waiting = customer(at=NOW - 400 * DAY)

    assert purge.purge_engagements(NOW) == len(old)

    kept = {each.engagement_id for each in (*young, waiting)}
    assert keys(Engagement) == keys(Participant, "engagement_id") == keys(Mailbox, "engagement_id") == kept
    assert keys(TranscriptMessage, "engagement_id") == {each.engagement_id for each in young}
    assert keys(MailboxEvent, "mailbox_id") == {each.mailbox_id for each in young}
    assert purge.purge_engagements(NOW) == 0


def test_what_waited_for_customers_leaves_a_day_after_the_end_and_the_transcript_stays() -> None:
    for age in (2, 3, 3, 50):
        concluded(age * DAY)
    fresh = concluded(DAY / 2)
    waiting = customer(at=NOW - 5 * DAY)

    assert purge.purge_mailboxes(NOW) == 8

    assert keys(Mailbox) == {fresh.mailbox_id, waiting.mailbox_id}
    assert keys(MailboxEvent, "mailbox_id") == {fresh.mailbox_id}
    assert TranscriptMessage.objects.count() == 5


def test_agents_sessions_leave_and_what_they_took_part_in_stays_under_their_names() -> None:
    agent = ready_agent("anna", now=NOW - 100 * DAY)
    served = customer(at=NOW - 100 * DAY)
    engage(agent, served, now=NOW - 100 * DAY)
    agent_sessions.log_off(agent=agent, force=True, now=NOW - 99 * DAY)
    still_on = ready_agent("ben", now=NOW - 100 * DAY)

    assert purge.purge_agent_sessions(NOW) == 1

    assert keys(AgentSession) == {still_on.session_id}
    person = Participant.objects.get(engagement_id=served.engagement_id, kind="agent")
    assert (person.name, person.agent_session_id) == ("Anna Agent", None)
    assert Offer.objects.filter(engagement_id=served.engagement_id).exists()


def test_an_agents_events_leave_a_day_after_the_session_which_stays() -> None:
    agent = ready_agent("anna", now=NOW - 5 * DAY)
    agent_sessions.log_off(agent=agent, force=True, now=NOW - 4 * DAY)
    assert names_told(agent.mailbox_id)

    assert purge.purge_mailboxes(NOW) == 1

    assert names_told(agent.mailbox_id) == []
    assert keys(AgentSession) == {agent.session_id}
    assert keys(Mailbox) == {agent.mailbox_id}


def test_who_is_signed_on_for_days_keeps_what_was_not_received() -> None:
    agent = ready_agent("anna", now=NOW - 5 * DAY)
    told = NewEvent(agent.mailbox_id, AgentMessageName.PROPERTY_CHANGED, None)
    put([told] * 5, now=NOW - 3 * DAY)
    put([told], now=NOW)
    Mailbox.objects.filter(pk=agent.mailbox_id).update(received_sequence=4)

    assert purge.purge_received_events(NOW) == 4
    assert purge.purge_mailboxes(NOW) == 0

    assert sorted(keys(MailboxEvent, "sequence")) == [5, 6]


def test_nothing_to_purge() -> None:
    assert run_all() == [0, 0, 0, 0]


def test_deleted_rows_are_looked_for_by_indexes() -> None:
    """Each constraint that PostgreSQL checks for a row that leaves has an index on its column."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text || '.' || attname
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
            WHERE contype = 'f' AND confrelid IN (
                'chat_app_engagement'::regclass, 'chat_app_participant'::regclass, 'chat_app_mailbox'::regclass,
                'chat_app_agentsession'::regclass
            ) AND NOT EXISTS (
                SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL
            )
            """
        )
        assert cursor.fetchall() == []
