"""What time brings: absence, disconnection, offers that run out, waits and silences that end."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat_app.engagement import agent_sessions, silence
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Offer, Participant, QueueFigures
from chat_app.engagement.timers import do_what_is_due, tick
from chat_app.routing.models import QueueOverflow, ServiceCalendar
from tests.engagement.stage import (
    NOW,
    Customer,
    connection_of,
    customer,
    customers,
    end_of,
    engage,
    later,
    names_told,
    offered_to,
    ready_agent,
    told,
)
from tests.world import DEFAULT_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("stage")

State = Engagement.State


def is_seen(mailbox_id: int, seconds: float, *, interval: int = 30, absences: int = 2) -> None:
    """A sign of life at ``later(seconds)``, of a client that is absent after ``interval``."""
    mailboxes = Mailbox.objects.filter(pk=mailbox_id)
    mailboxes.update(last_seen_at=later(seconds), absent_seconds=interval, absences=absences)


def end_reason(waiting: Customer) -> str:
    return waiting.engagement.reason


@pytest.mark.parametrize(
    ("interval", "absences", "absent", "gone"), [(30, 2, 30, 90), (120, 2, 120, 360), (10, 5, 10, 60)]
)
def test_a_silent_customer_is_absent_and_then_gone(interval: int, absences: int, absent: int, gone: int) -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    is_seen(agent.mailbox_id, 1000)
    is_seen(waiting.mailbox_id, 0, interval=interval, absences=absences)

    do_what_is_due(now=later(absent - 0.1))
    assert connection_of(waiting.mailbox_id) == "ACTIVE"
    do_what_is_due(now=later(absent))
    assert connection_of(waiting.mailbox_id) == "ABSENT"
    do_what_is_due(now=later(gone - 0.1))
    assert waiting.engagement.state == State.ENGAGED
    do_what_is_due(now=later(gone))
    assert (waiting.engagement.state, end_reason(waiting)) == (State.CONCLUDED, "END_USER_DISCONNECTED")
    assert told(agent.mailbox_id)[2:] == [
        ("ParticipantConnectionStateChanged", {"connectionState": "ABSENT"}),
        ("ParticipantConnectionStateChanged", {"connectionState": "DISCONNECTED"}),
        ("Concluded", {"reason": "END_USER_DISCONNECTED", "role": None}),
    ]


def test_a_customer_who_comes_back_in_time_is_there_again() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    is_seen(waiting.mailbox_id, 0)
    do_what_is_due(now=later(60))
    is_seen(waiting.mailbox_id, 61)
    do_what_is_due(now=later(62))
    assert connection_of(waiting.mailbox_id) == "ACTIVE"
    states = [fields["connectionState"] for name, fields in told(agent.mailbox_id) if "Connection" in name]
    assert states == ["ABSENT", "ACTIVE"]


def test_a_customer_who_waits_in_silence_is_gone_from_the_queue_too() -> None:
    waiting = customer()
    is_seen(waiting.mailbox_id, 0)
    do_what_is_due(now=later(90))
    assert end_reason(waiting) == "END_USER_DISCONNECTED"
    assert names_told(waiting.mailbox_id)[-1] == "Concluded"


def test_a_silent_agent_is_absent_and_then_leaves_everything_to_others() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    is_seen(agent.mailbox_id, 0)
    is_seen(waiting.mailbox_id, 500)
    do_what_is_due(now=later(30))
    another = customer(at=later(31))
    do_what_is_due(now=later(89))
    assert (connection_of(agent.mailbox_id), end_of(agent), offered_to(agent)) == ("ABSENT", "", [])
    next_agent = ready_agent("ben", capacity=1, now=later(89))
    is_seen(next_agent.mailbox_id, 500)
    do_what_is_due(now=later(90))

    assert end_of(agent) == "disconnected"
    assert [entry for entry in waiting.told() if entry[0] != "WaitInformationChanged"] == [
        ("ParticipantAdded", {"name": "Anna Agent", "greeting": "", "role": "LEAD"}),
        ("ParticipantConnectionStateChanged", {"connectionState": "ABSENT"}),
        ("ParticipantLeft", {"role": "LEAD", "disconnectReason": "PARTICIPANT_LEFT"}),
    ]
    assert offered_to(next_agent) == [waiting.engagement_id]
    assert another.engagement.state == State.WAITING


def test_an_agent_who_comes_back_in_time_is_offered_work_again() -> None:
    agent = ready_agent("anna")
    is_seen(agent.mailbox_id, 0)
    do_what_is_due(now=later(30))
    waiting = customer(at=later(31))
    do_what_is_due(now=later(31))
    assert offered_to(agent) == []
    is_seen(agent.mailbox_id, 32)
    do_what_is_due(now=later(32))
    assert offered_to(agent) == [waiting.engagement_id]


def test_a_change_that_is_not_true_any_more_is_not_told() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    for mailbox_id in (agent.mailbox_id, waiting.mailbox_id):
        is_seen(mailbox_id, 0)
    for seconds in (45, 90):
        silent = silence.changes(now=later(seconds), most=9)
        assert {change.connection for change in silent} == {"ABSENT" if seconds == 45 else "DISCONNECTED"}
        for change in silent:
            is_seen(change.mailbox_id, seconds - 1)
            silence.heed(change, now=later(seconds))
            is_seen(change.mailbox_id, 0)
    assert (end_of(agent), waiting.engagement.state) == ("", State.ENGAGED)
    assert names_told(waiting.mailbox_id) == ["ParticipantAdded"]


@pytest.mark.parametrize(("seconds", "state"), [(14.9, Offer.State.OPEN), (15, Offer.State.EXPIRED)])
def test_offers_run_out(seconds: float, state: Offer.State) -> None:
    ready_agent("anna")
    customer(offer_seconds=15)
    do_what_is_due(now=NOW)
    do_what_is_due(now=later(seconds))
    assert Offer.objects.get().state == state


@pytest.mark.parametrize(
    ("discard", "waited", "state"), [(120, 119, "waiting"), (120, 120, "concluded"), (0, 9999, "waiting")]
)
def test_a_wait_ends_when_it_has_been_too_long(discard: int, waited: int, state: str) -> None:
    waiting = customer(discard_seconds=discard)
    is_seen(waiting.mailbox_id, waited)
    do_what_is_due(now=later(waited))
    assert waiting.engagement.state == state
    if state == "concluded":
        assert waiting.told()[-1] == ("Concluded", {"reason": "QUEUE_TIMEOUT", "role": None})


def test_who_comes_back_to_the_queue_may_wait_anew() -> None:
    agent, waiting = ready_agent("anna"), customer(discard_seconds=120)
    engage(agent, waiting)
    agent_sessions.log_off(agent=agent, force=True, now=later(500))
    is_seen(waiting.mailbox_id, 619)
    do_what_is_due(now=later(619))
    assert waiting.engagement.state == State.WAITING
    do_what_is_due(now=later(620))
    assert end_reason(waiting) == "QUEUE_TIMEOUT"


def test_a_conversation_ends_when_nobody_has_written_for_long() -> None:
    agent, silent, lively, queued = ready_agent("anna", capacity=2), customer(), customer(), customer(discard_seconds=0)
    engage(agent, silent)
    engage(agent, lively)
    Engagement.objects.filter(pk=lively.engagement_id).update(last_written_at=later(1))
    for mailbox_id in (agent.mailbox_id, silent.mailbox_id, lively.mailbox_id, queued.mailbox_id):
        is_seen(mailbox_id, 600)
    do_what_is_due(now=later(599.9))
    assert silent.engagement.state == State.ENGAGED
    do_what_is_due(now=later(600))
    assert end_reason(silent) == "IDLE_TIMEOUT"
    assert (lively.engagement.state, queued.engagement.state) == (State.ENGAGED, State.WAITING)
    assert told(agent.mailbox_id)[-1][0] != "Concluded" or len(offered_to(agent)) == 1


def test_who_waits_at_closing_time_stays() -> None:
    closed = ServiceCalendar.objects.create(name="Never", time_zone="UTC")
    waiting, agent = customer(), ready_agent("anna", capacity=0)
    closed_queue = waiting.engagement.queue
    closed_queue.service_calendar = closed
    closed_queue.save()
    do_what_is_due(now=later(60))
    assert waiting.engagement.state == State.WAITING
    agent_sessions.get_ready(agent=agent, capacity=1, queue_ids=None, now=later(61))
    do_what_is_due(now=later(61))
    assert offered_to(agent) == [waiting.engagement_id]


def test_a_session_without_access_ends_by_itself() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    AgentSession.objects.get(pk=agent.session_id).user.groups.clear()
    do_what_is_due(now=later(1))
    assert (end_of(agent), waiting.engagement.state) == ("access_lost", State.WAITING)


def test_a_queue_is_unattended_from_when_nobody_is_there_until_somebody_comes() -> None:
    def since() -> object:
        return QueueFigures.objects.filter(queue_id=QUEUE).values_list("unattended_since", flat=True).first()

    do_what_is_due(now=NOW)
    assert since() is None
    waiting = customer(at=later(1))
    is_seen(waiting.mailbox_id, 100)
    do_what_is_due(now=later(2))
    do_what_is_due(now=later(3))
    assert since() == later(2)
    away = ready_agent("away", capacity=0)
    do_what_is_due(now=later(4))
    assert since() == later(2)
    agent_sessions.get_ready(agent=away, capacity=1, queue_ids=None, now=later(5))
    do_what_is_due(now=later(5))
    assert since() is None


def test_an_unattended_queue_overflows_after_a_while() -> None:
    QueueOverflow.objects.create(queue_id=QUEUE, overflow_queue_id=DEFAULT_QUEUE)
    helper, waiting = ready_agent("helper", DEFAULT_QUEUE), customer()
    do_what_is_due(now=NOW)
    do_what_is_due(now=later(29))
    assert offered_to(helper) == []
    do_what_is_due(now=later(30))
    assert offered_to(helper) == [waiting.engagement_id]


def test_a_gap_in_which_no_process_ran_makes_nobody_absent() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    absent = customer()
    for mailbox_id in (agent.mailbox_id, waiting.mailbox_id, absent.mailbox_id):
        is_seen(mailbox_id, 0)
    is_seen(absent.mailbox_id, -40)
    tick(now=later(5))
    assert connection_of(absent.mailbox_id) == "ABSENT"
    tick(now=later(505))
    assert (connection_of(agent.mailbox_id), connection_of(waiting.mailbox_id)) == ("ACTIVE", "ACTIVE")
    assert absent.engagement.state == State.WAITING
    for seconds in range(510, 550, 5):
        tick(now=later(seconds))
    assert absent.engagement.state == State.WAITING  # silent for 45 s before the gap, and for 40 s after it
    tick(now=later(550))
    assert absent.engagement.state == State.CONCLUDED


def test_one_for_which_a_timer_fails_holds_up_no_others_and_no_other_timers() -> None:
    broken, silent = customers(2)
    waited = customer(discard_seconds=120)
    is_seen(broken.mailbox_id, -1)
    is_seen(silent.mailbox_id, 0)
    is_seen(waited.mailbox_id, 120)
    Participant.objects.filter(pk=broken.participant_id).delete()
    with pytest.raises(Participant.DoesNotExist):
        do_what_is_due(now=later(120))
    assert [end_reason(entry) for entry in (broken, silent, waited)] == ["", "END_USER_DISCONNECTED", "QUEUE_TIMEOUT"]


def test_one_process_takes_each_tick() -> None:
    tick(now=NOW)
    waiting = customer(discard_seconds=1)
    tick(now=later(0.4))
    assert waiting.engagement.state == State.WAITING
    tick(now=later(1))
    assert waiting.engagement.state == State.CONCLUDED


def test_a_tick_looks_only_at_what_is_open() -> None:
    """With indexes alone: no table that grows with history is read from end to end."""
    agent = ready_agent("anna", capacity=2)
    engage(agent, customer())
    for waiting in customers(4):
        is_seen(waiting.mailbox_id, -3600)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        do_what_is_due(now=later(700))
    statements = {
        query["sql"] for query in captured if query["sql"].lstrip().startswith(("SELECT", "WITH", "UPDATE", "INSERT"))
    }
    assert len(statements) > 20
    growing = {model._meta.db_table for model in (Engagement, Mailbox, Offer, AgentSession)} | {
        "chat_app_participant",
        "chat_app_mailboxevent",
        "chat_app_transcriptmessage",
        "chat_app_chatsession",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if statement.startswith(('INSERT INTO "chat_app_clock',)) or "pg_" in statement[:40]:
                continue
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement)
            plan = cursor.fetchone()[0]
            read_whole = {
                node["Relation Name"]
                for node in nodes(plan if isinstance(plan, list) else json.loads(plan))
                if node["Node Type"] == "Seq Scan"
            }
            assert not read_whole & growing, statement


def nodes(plan: object) -> list[dict[str, object]]:
    """All nodes of a plan, at any depth."""
    if isinstance(plan, list):
        return [node for inner in plan for node in nodes(inner)]
    if not isinstance(plan, dict):
        return []
    own = [plan] if "Node Type" in plan else []
    return own + [node for inner in plan.values() if isinstance(inner, dict | list) for node in nodes(inner)]
