"""Signing on and off, being ready for work, and what is left behind."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from authenticate_app.accounts.models import User
from chat_app.engagement import access, agent_sessions
from chat_app.engagement.agent_sessions import MOST_AT_ONCE, SignedOn
from chat_app.engagement.assignment import assign
from chat_app.engagement.errors import ACCESS_DENIED, CONFLICT, INVALID_FIELD, SESSION_UNKNOWN
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant
from chat_app.engagement.present import AgentFacts, present_agents
from chat_app.routing.snapshot import routing
from tests.engagement.stage import (
    NOW,
    caller_of,
    customer,
    end_of,
    engage,
    later,
    offered_to,
    ready_agent,
    sign_on,
    store_agent,
    told,
)
from tests.engagement.test_offers import refusal
from tests.world import DEFAULT_QUEUE, INTERFACE, OTHER_INTERFACE, OTHER_QUEUE, QUEUE, set_option

pytestmark = pytest.mark.usefixtures("stage")


def sign_on_with_secret(user: User) -> SignedOn:
    interface = routing.current().value.by_id[INTERFACE]
    return agent_sessions.sign_on(caller=caller_of(user), interface=interface, override=False, now=NOW)


def proven(signed_on: SignedOn, *, account_id: str = "", interface_id: int = INTERFACE) -> AgentFacts:
    account_id = account_id or str(signed_on.agent.user_id)
    return access.agent_of(session_id=signed_on.secret, account_id=account_id, interface_id=interface_id, now=NOW)


def ready(agent: AgentFacts, *, capacity: int = 1, queue_ids: list[int] | None = None) -> None:
    agent_sessions.get_ready(agent=agent, capacity=capacity, queue_ids=queue_ids, now=NOW)


def test_a_session_is_proven_by_its_id_and_its_account() -> None:
    set_option("ORA_SVC_CHAT_ABSENT_INTERVAL", "45")
    signed_on = sign_on_with_secret(store_agent("anna"))
    assert signed_on.secret.startswith("353-2.")
    assert len(signed_on.secret) > 40
    assert proven(signed_on) == signed_on.agent
    mailbox = Mailbox.objects.get(pk=signed_on.agent.mailbox_id)
    assert (mailbox.absent_seconds, mailbox.absences, mailbox.engagement_id) == (45, 2, None)
    assert signed_on.secret not in mailbox.session_checksum


@pytest.mark.parametrize("wrong", [{"account_id": "0"}, {"account_id": "x"}, {"interface_id": OTHER_INTERFACE}])
def test_a_session_of_somebody_else_or_elsewhere_is_refused(wrong: dict[str, object]) -> None:
    signed_on = sign_on_with_secret(store_agent("anna"))
    assert refusal(lambda: proven(signed_on, **wrong)) == SESSION_UNKNOWN  # type: ignore[arg-type]
    assert refusal(lambda: proven(SignedOn("guessed", signed_on.agent))) == SESSION_UNKNOWN


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def take_role_away(user: User) -> None:
    user.groups.clear()


def give_new_password(user: User) -> None:
    user.refresh_from_db()
    user.set_password("another correct horse")
    user.save()


@pytest.mark.parametrize("loss", [disable, take_role_away, give_new_password])
def test_who_may_not_serve_any_more_loses_the_session_at_the_next_call(loss: Callable[[User], None]) -> None:
    user = store_agent("anna", QUEUE)
    signed_on = sign_on_with_secret(user)
    ready(signed_on.agent)
    waiting = customer()
    engage(signed_on.agent, waiting)
    assert access.without_access() == []
    loss(user)
    assert access.without_access() == [signed_on.agent.session_id]
    assert refusal(lambda: proven(signed_on)) == ACCESS_DENIED
    assert end_of(signed_on.agent) == "access_lost"
    assert waiting.engagement.state == Engagement.State.WAITING
    user.groups.set(Group.objects.all())
    assert refusal(lambda: proven(signed_on)) == SESSION_UNKNOWN


def test_an_agent_is_signed_on_once_at_an_interface() -> None:
    anna, ben = store_agent("anna"), store_agent("ben")
    older = sign_on(anna)
    sign_on(ben)
    sign_on(anna, interface_id=OTHER_INTERFACE)
    assert refusal(lambda: sign_on(anna)) == CONFLICT
    assert end_of(older) == ""


def test_an_override_ends_the_older_session_and_its_chats_come_to_the_new_one() -> None:
    anna, ben = ready_agent("anna", now=later(9)), ready_agent("ben", capacity=0)
    waiting = customer()
    engage(anna, waiting)
    ready(ben, capacity=3)
    newer = sign_on(User.objects.get(pk=anna.user_id), override=True, now=later(10))
    ready(newer, capacity=3)

    assert end_of(anna) == "overridden"
    assert told(anna.mailbox_id)[-1] == ("ChatSessionEnded", {"reason": "OVERRIDDEN"})
    assign(interface_id=INTERFACE, now=later(11))
    assert offered_to(newer) == [waiting.engagement_id]
    assert offered_to(ben) == []


def test_nobody_is_offered_anything_before_they_are_ready() -> None:
    agent = sign_on(store_agent("anna", QUEUE))
    customer()
    assert assign(interface_id=INTERFACE, now=NOW) == 0
    ready(agent, capacity=1)
    assert assign(interface_id=INTERFACE, now=NOW) == 1


@pytest.mark.parametrize("capacity", [-1, MOST_AT_ONCE + 1])
def test_capacity_has_bounds(capacity: int) -> None:
    agent = sign_on(store_agent("anna"))
    assert refusal(lambda: ready(agent, capacity=capacity)) == INVALID_FIELD


@pytest.mark.parametrize("foreign", [DEFAULT_QUEUE, OTHER_QUEUE, 999])
def test_agents_choose_among_their_own_queues(foreign: int) -> None:
    agent = sign_on(store_agent("anna", QUEUE, OTHER_QUEUE))
    assert refusal(lambda: ready(agent, queue_ids=[QUEUE, foreign])) == INVALID_FIELD
    ready(agent, queue_ids=[QUEUE])
    assert [found.queue_ids for found in present_agents(interface_id=INTERFACE)] == [{QUEUE}]


def test_signing_off_with_chats_running_takes_force() -> None:
    agent = ready_agent("anna", capacity=2)
    running, offered = customer(), customer()
    engage(agent, running)
    assert refusal(lambda: agent_sessions.log_off(agent=agent, force=False, now=NOW)) == CONFLICT
    assert (end_of(agent), offered_to(agent)) == ("", [offered.engagement_id])

    agent_sessions.log_off(agent=agent, force=True, now=later(5))
    assert (end_of(agent), offered_to(agent)) == ("logged_off", [])
    assert running.engagement.state == Engagement.State.WAITING


def test_what_is_left_behind_waits_ahead_of_those_who_came_later() -> None:
    agent = ready_agent("anna", capacity=1)
    early = customer(at=NOW)
    engage(agent, early, now=later(1))
    customer(at=later(2))
    agent_sessions.log_off(agent=agent, force=True, now=later(60))

    engagement = early.engagement
    assert (engagement.requested_at, engagement.waiting_since) == (NOW, later(60))
    assert engagement.last_written_at is None
    assert early.told()[1:] == [("ParticipantLeft", {"role": "LEAD", "disconnectReason": "PARTICIPANT_LEFT"})]
    gone = Participant.objects.get(agent_session_id=agent.session_id)
    assert (gone.left_at, gone.departure) == (later(60), "PARTICIPANT_LEFT")
    next_agent = ready_agent("ben", capacity=1)
    assign(interface_id=INTERFACE, now=later(61))
    assert offered_to(next_agent) == [early.engagement_id]


def test_what_comes_back_may_wait_beside_a_new_request_of_the_same_customer() -> None:
    agent, early = ready_agent("anna"), customer(end_user_key="john")
    engage(agent, early)
    customer(end_user_key="john")
    agent_sessions.log_off(agent=agent, force=True, now=later(1))
    assert Engagement.objects.filter(state="waiting", end_user_key="john").count() == 2


def test_a_session_ends_once() -> None:
    agent = ready_agent("anna")
    ids = [agent.session_id]
    assert agent_sessions.end(session_ids=ids, why=AgentSession.End.DISCONNECTED, now=NOW) == 1
    assert agent_sessions.end(session_ids=ids, why=AgentSession.End.LOGGED_OFF, now=NOW) == 0
    assert end_of(agent) == "disconnected"


def test_customers_see_a_name_never_a_user_name() -> None:
    user = store_agent("anna")
    User.objects.filter(pk=user.pk).update(first_name="", last_name="")
    user.refresh_from_db()
    assert sign_on(user).name == "Agent"
