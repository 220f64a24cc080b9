"""What several processes do at the same moment, on connections of their own: nothing happens twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection, transaction

from chat_app.engagement import agent_sessions, offers, silence
from chat_app.engagement.assignment import assign
from chat_app.engagement.errors import CONFLICT, Refused
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, MailboxEvent, Offer, Participant
from chat_app.engagement.timers import do_what_is_due, take_turn
from chat_app.routing.snapshot import routing
from tests.engagement.front import in_a_thread_of_its_own
from tests.engagement.stage import (
    NOW,
    caller_of,
    customer,
    customers,
    engage,
    later,
    offered_to,
    ready_agent,
    store_agent,
)
from tests.engagement.test_talk_at_once import waiting_for_locks
from tests.waiting import wait_until
from tests.world import INTERFACE, MANUAL_QUEUE, store_routing

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


@pytest.fixture(autouse=True)
def everything(nothing_remembered: None, db: None) -> None:
    store_routing()


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T | Refused]:
    """Do all of this at the same moment, each on a connection of its own; a refusal counts as what came of it."""
    begin = Barrier(len(deeds))

    def one(deed: Callable[[], T]) -> T | Refused:
        try:
            connection.ensure_connection()
            begin.wait(timeout=60)
            return deed()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def test_assigners_at_once_offer_each_engagement_to_one_agent() -> None:
    waiting = customers(40)
    agents = [ready_agent(f"agent {number}", capacity=3) for number in range(8)]
    made = at_once([lambda: assign(interface_id=INTERFACE, now=NOW)] * 4)

    assert sum(number for number in made if isinstance(number, int)) == 24
    offered = Counter(Offer.objects.values_list("engagement_id", flat=True))
    assert sorted(offered) == [entry.engagement_id for entry in waiting[:24]]
    assert set(offered.values()) == {1}
    assert [len(offered_to(agent)) for agent in agents] == [3] * 8


def test_an_offer_that_is_answered_as_its_time_runs_out_is_taken_or_expires() -> None:
    agent = ready_agent("anna", capacity=9)
    waiting = customers(6)
    assign(interface_id=INTERFACE, now=NOW)

    def accept(engagement_id: int) -> Callable[[], object]:
        return lambda: offers.answer(agent=agent, engagement_id=engagement_id, accepted=True, now=later(14.9))

    at_once([*(accept(entry.engagement_id) for entry in waiting), lambda: offers.expire(now=later(15))])
    for entry in waiting:
        offer = Offer.objects.get(engagement_id=entry.engagement_id)
        expected = Engagement.State.ENGAGED if offer.state == Offer.State.ACCEPTED else Engagement.State.WAITING
        assert (entry.engagement.state, offer.state != Offer.State.OPEN) == (expected, True)


def test_of_agents_who_pick_the_same_one_gets_it() -> None:
    waiting = customer(MANUAL_QUEUE)
    agents = [ready_agent(f"agent {number}", MANUAL_QUEUE) for number in range(4)]

    def pick(number: int) -> Callable[[], object]:
        engagement_id = waiting.engagement_id
        return lambda: offers.answer(agent=agents[number], engagement_id=engagement_id, accepted=True, now=NOW)

    outcomes = at_once([pick(number) for number in range(4)])
    assert [outcome.error for outcome in outcomes if isinstance(outcome, Refused)] == [CONFLICT] * 3
    assert Participant.objects.filter(kind=Participant.Kind.AGENT).count() == 1


def test_an_agent_who_signs_on_twice_at_once_has_one_session() -> None:
    caller, interface = caller_of(store_agent("anna")), routing.current().value.by_id[INTERFACE]

    def sign_on() -> object:
        return agent_sessions.sign_on(caller=caller, interface=interface, override=True, now=NOW)

    outcomes = at_once([sign_on] * 3)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert AgentSession.objects.filter(ended_at=None).count() == 1


def test_an_agent_who_goes_while_work_is_given_out_leaves_nothing_behind() -> None:
    agents = [ready_agent(f"agent {number}", capacity=2) for number in range(4)]
    waiting = customers(8)
    assign(interface_id=INTERFACE, now=NOW)

    def accept(number: int) -> Callable[[], object]:
        def accept_all() -> None:
            for engagement_id in offered_to(agents[number]):
                offers.answer(agent=agents[number], engagement_id=engagement_id, accepted=True, now=NOW)

        return accept_all

    def go(number: int) -> Callable[[], object]:
        return lambda: agent_sessions.log_off(agent=agents[number], force=True, now=NOW)

    deeds = [deed(number) for number in range(2) for deed in (accept, go)]
    at_once([*deeds, lambda: assign(interface_id=INTERFACE, now=NOW)])

    gone = AgentSession.objects.exclude(ended_at=None)
    assert gone.count() == 2
    assert not Offer.objects.filter(agent_session__in=gone, state=Offer.State.OPEN).exists()
    assert not Participant.objects.filter(agent_session__in=gone, left_at=None).exists()
    for entry in waiting:
        leads = Participant.objects.filter(engagement_id=entry.engagement_id, role="LEAD", left_at=None).count()
        assert leads == (entry.engagement.state == Engagement.State.ENGAGED)


def test_ticks_in_several_processes_at_once_do_each_thing_once() -> None:
    agent, gone = ready_agent("anna", capacity=4), ready_agent("gone", MANUAL_QUEUE, capacity=4)
    silent, absent = customers(4), customers(4)
    picked = customers(4, MANUAL_QUEUE)
    assign(interface_id=INTERFACE, now=NOW)
    for entry in silent:
        offers.answer(agent=agent, engagement_id=entry.engagement_id, accepted=True, now=NOW)
    for entry in picked:
        offers.answer(agent=gone, engagement_id=entry.engagement_id, accepted=True, now=NOW)
    mailboxes = Mailbox.objects.all()
    mailboxes.update(last_seen_at=later(699))
    mailboxes.filter(pk__in=[entry.mailbox_id for entry in absent]).update(last_seen_at=later(500))
    mailboxes.filter(pk=gone.mailbox_id).update(last_seen_at=NOW)
    MailboxEvent.objects.all().delete()

    at_once([lambda: do_what_is_due(now=later(700))] * 3)
    told = Counter(MailboxEvent.objects.values_list("mailbox_id", "message_name"))
    for entry in silent:
        assert told[entry.mailbox_id, "RNEngagementConcludedMessage"] == 1
    assert told[agent.mailbox_id, "RNEngagementConcludedMessage"] == 4
    for entry in picked:
        assert told[entry.mailbox_id, "RNEngagementParticipantLeftMessage"] == 1
    assert told[gone.mailbox_id, "ChatSessionEnded"] == 1
    assert Counter(Engagement.objects.values_list("state", flat=True)) == {"concluded": 8, "waiting": 4}


@pytest.mark.parametrize("seconds", [120, 360])
@pytest.mark.parametrize("agent_is_silent", [True, False])
def test_whoever_tells_of_silence_locks_mailboxes_in_their_order(agent_is_silent: bool, seconds: int) -> None:
    """The agent's comes first here: while somebody else has that one, none behind it may be taken."""
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    others, own = agent.mailbox_id, waiting.mailbox_id
    if agent_is_silent:
        Mailbox.objects.filter(pk=own).update(last_seen_at=later(seconds))
    else:
        Mailbox.objects.filter(pk=others).update(last_seen_at=later(seconds))
    (silent,) = silence.changes(now=later(seconds), most=9)

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Mailbox.objects.select_for_update(no_key=True).get(pk=others)
        heeding = pool.submit(in_a_thread_of_its_own(lambda: silence.heed(silent, now=later(seconds))))
        wait_until(waiting_for_locks)
        Mailbox.objects.select_for_update(no_key=True, nowait=True).get(pk=own)  # raises nothing
    heeding.result()
    assert Mailbox.objects.get(pk=silent.mailbox_id).connection == silent.connection


def test_one_of_several_processes_takes_the_turn() -> None:
    assert take_turn(now=NOW)
    assert at_once([lambda: take_turn(now=later(1))] * 4).count(True) == 1
