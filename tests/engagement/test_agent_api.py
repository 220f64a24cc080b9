"""The agent API over HTTP: every operation, who may call it, and how it refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import AccessToken
from chat_app.engagement import handover
from chat_app.engagement.conversation import NewMessage, Writer, post_message
from chat_app.engagement.endings import conclude
from chat_app.engagement.models import AgentSession, Engagement, MailboxEvent
from tests.engagement.deck import Deck
from tests.engagement.desk import Desk, desk_of, give_out_work, token_of
from tests.engagement.front import token_for
from tests.engagement.stage import store_agent
from tests.world import DEFAULT_QUEUE, MANUAL_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("world")

ACCESS_DENIED = (403, "ACCESS_DENIED")
BAD_REQUEST = (400, "BAD_REQUEST")
INVALID_FIELD = (400, "INVALID_FIELD")
CONFLICT = (409, "CONFLICT")

ABOUT_ENGAGEMENTS: dict[str, dict[str, object]] = {
    "postMessage": {"body": "Hello"},
    "setActivityStatus": {"mode": "RESPONDING"},
    "setEngagementProperty": {"type": "USER", "name": "QUESTION", "value": "What?"},
    "rerouteEngagement": {"queueId": QUEUE},
    "releaseChat": {},
    "concludeChat": {},
    "assignmentAcknowledgement": {"accepted": True},
}
OF_SESSIONS: dict[str, dict[str, object]] = {
    "requestAssignment": {"capacity": 1},
    "getMessages": {},
    "retrieveAgentsAndQueues": {},
    "logoff": {},
    **ABOUT_ENGAGEMENTS,
}


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.5) as deck:
        yield deck


@pytest.fixture
def anna(deck: Deck) -> Desk:
    return desk_of(deck, "anna", DEFAULT_QUEUE)


class Visitor:
    """A customer who has come in by the consumer API."""

    def __init__(self, deck: Deck, name: str = "Jane Roe", **attributes: object) -> None:
        self._deck = deck
        body = deck.ask("requestEngagement", bearer=token_for(name, **attributes)).body
        self.engagement_id, self.client_id, self._session = body["engagementId"], body["clientId"], body["sessionId"]

    def told(self) -> list[dict[str, Any]]:
        """Everything new, which counts as received."""
        return self._deck.ask("getMessages", {}, session=self._session).entries

    def write(self, body: str) -> None:
        writer, message = Writer(participant_id=self.client_id), NewMessage(body)
        post_message(engagement_id=self.engagement_id, writer=writer, message=message, now=timezone.now())

    def leave(self) -> None:
        reason = Engagement.Reason.END_USER_CONCLUDED
        conclude(engagement_id=self.engagement_id, reason=reason, by=self.client_id, now=timezone.now())

    @property
    def state(self) -> str:
        return Engagement.objects.get(pk=self.engagement_id).state


def engaged(deck: Deck, desk: Desk, name: str = "Jane Roe") -> Visitor:
    """A customer whom the agent at this desk has accepted; both know all that was told of it."""
    visitor = Visitor(deck, name)
    give_out_work()
    desk.done("assignmentAcknowledgement", engagementId=visitor.engagement_id, accepted=True)
    desk.told()
    visitor.told()
    return visitor


def named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = [entry for entry in entries if entry["messageName"] == name]
    return found


# Signing on


def test_signing_on_gives_what_proves_every_later_call(deck: Deck) -> None:
    desk = Desk(deck, store_agent("anna"))
    body = desk.sign_on().body
    assert body["accountId"] == str(desk.user.pk)
    assert len(body["sessionId"]) > 40
    assert desk.told()[0]["messageName"] == "ChatGetTimeout"


def refused_token(user: User, fault: str) -> str:
    token = token_of(user, "openid" if fault == "scope_missing" else "openid chat.agent")
    match fault:
        case "role_missing":
            user.groups.clear()
        case "disabled":
            User.objects.filter(pk=user.pk).update(is_active=False)
        case "expired":
            AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    return {"none": "", "foreign": "guessed"}.get(fault, token)


@pytest.mark.parametrize("fault", ["none", "foreign", "expired", "disabled", "scope_missing", "role_missing"])
def test_who_may_not_sign_on_is_refused(deck: Deck, fault: str) -> None:
    token = refused_token(store_agent("anna"), fault)
    assert deck.ask("createAutomatedAgentSession", {}, api="agent", bearer=token).code == ACCESS_DENIED
    assert not AgentSession.objects.exists()
    if fault.endswith("_missing"):
        assert AuditEvent.objects.latest("pk").event == "chat_agent_refused"
        assert AuditEvent.objects.latest("pk").reason == fault


def test_a_second_session_takes_an_override(deck: Deck, anna: Desk) -> None:
    older = anna.session
    assert anna.sign_on().code == CONFLICT
    assert anna.sign_on(logonOverride=True).status == 200
    older.refresh_from_db()
    assert older.end == "overridden"


@pytest.mark.parametrize("operation", OF_SESSIONS)
def test_every_call_needs_a_session(deck: Deck, anna: Desk, operation: str) -> None:
    fields = {"engagementId": 1, **OF_SESSIONS[operation]}
    own = anna.headers
    for headers in ({}, {**own, "X-AID": "1"}, {**own, "X-JSESSIONID": "353-2.guessed"}, {"X-AID": own["X-AID"]}):
        anna.headers = headers
        assert anna.ask(operation, fields).code == ACCESS_DENIED
    anna.headers = own
    assert anna.ask(operation, fields, site="site-5").code == ACCESS_DENIED


def test_a_role_that_is_taken_away_ends_the_session_at_the_next_call(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    anna.user.groups.clear()
    assert anna.ask("postMessage", {"engagementId": visitor.engagement_id, "body": "Hi"}).code == ACCESS_DENIED
    assert anna.session.end == "access_lost"
    assert visitor.state == Engagement.State.WAITING
    assert AuditEvent.objects.latest("pk").reason == "access_lost"
    anna.user.groups.set(Group.objects.filter(name="ORA_SVC_CHAT_AGENT"))
    assert anna.ask("getMessages").code == ACCESS_DENIED
    assert anna.sign_on().status == 200


# Faults


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("createAutomatedAgentSession", {"logonOverride": "maybe"}),
        ("requestAssignment", {}),
        ("requestAssignment", {"capacity": -1}),
        ("requestAssignment", {"capacity": 101}),
        ("requestAssignment", {"capacity": 1, "queueIds": [QUEUE]}),
        ("requestAssignment", {"capacity": 1, "queueIds": "all"}),
        ("assignmentAcknowledgement", {"accepted": True}),
        ("assignmentAcknowledgement", {"engagementId": 1}),
        ("assignmentAcknowledgement", {"engagementId": 1, "accepted": "yes"}),
        ("assignmentAcknowledgement", {"engagementId": 2**63, "accepted": True}),
        ("getMessages", {"acknowledgedSequenceNumber": "x"}),
        ("postMessage", {"engagementId": 1}),
        ("postMessage", {"engagementId": 1, "body": ""}),
        ("postMessage", {"engagementId": 1, "body": "x" * 32_001}),
        ("setActivityStatus", {"engagementId": 1, "mode": "DANCING"}),
        ("rerouteEngagement", {"engagementId": 1}),
        ("rerouteEngagement", {"engagementId": 1, "queueId": 1, "agentId": 1}),
        ("releaseChat", {"engagementId": "one"}),
        ("concludeChat", {"engagementId": None}),
        ("logoff", {"forceLogoff": 7}),
    ],
)
def test_a_field_that_is_not_as_it_should_be(anna: Desk, operation: str, fields: dict[str, object]) -> None:
    reply = anna.ask(operation, fields, bearer=token_of(anna.user))
    assert reply.code == INVALID_FIELD
    assert reply.body["detail"].endswith(".")


def test_a_body_that_is_no_object(anna: Desk) -> None:
    assert anna.ask("requestAssignment", raw=b"[1]").code == BAD_REQUEST
    assert anna.ask("requestAssignment", raw=b"{").code == BAD_REQUEST


def test_what_goes_wrong_inside(deck: Deck, anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(handover, "release", fail)
    reply = anna.ask("releaseChat", {"engagementId": 1})
    assert reply.code == (500, "INTERNAL_SERVER_ERROR")
    assert b"a fault of ours" not in reply.raw


def test_all_operations_are_called_by_post(deck: Deck, anna: Desk) -> None:
    assert anna.ask("getMessages", method="GET").status == 501
    assert anna.ask("joinChat").status == 501


# Offers


def test_an_offer_and_what_becomes_of_it(deck: Deck, anna: Desk) -> None:
    visitor = Visitor(deck, question="Where is it?")
    give_out_work()
    offer = named(anna.told(), "ChatOffered")
    assert (offer["engagementId"], offer["engagementIdString"]) == (visitor.engagement_id, str(visitor.engagement_id))
    assert (offer["queueId"], offer["queueName"], offer["expiresInSeconds"]) == (DEFAULT_QUEUE, "Default", 15)
    assert offer["question"] == "Where is it?"
    assert isinstance(offer["timeCreated"], int)

    answer = anna.done("assignmentAcknowledgement", engagementId=str(visitor.engagement_id), accepted=True)
    assert answer["engagementIdString"] == str(visitor.engagement_id)
    assigned = named(anna.told(), "ChatAssigned")
    assert assigned["properties"]["question"] == "Where is it?"
    added = named(visitor.told(), "RNEngagementParticipantAddedMessage")
    assert (added["name"], added["greeting"], added["role"]) == ("Anna Agent", "", "LEAD")
    assert added["clientId"] == assigned["clientId"]
    again = {"engagementId": visitor.engagement_id, "accepted": True}
    assert anna.ask("assignmentAcknowledgement", again).code == CONFLICT


def test_a_declined_offer_goes_to_another(deck: Deck, anna: Desk) -> None:
    visitor = Visitor(deck)
    give_out_work()
    anna.done("assignmentAcknowledgement", engagementId=visitor.engagement_id, accepted=False)
    ben = desk_of(deck, "ben", DEFAULT_QUEUE)
    give_out_work()
    assert named(ben.told(), "ChatOffered")["engagementId"] == visitor.engagement_id


def test_a_time_out_is_one_entry(anna: Desk) -> None:
    (entry,) = anna.told()
    assert entry["messageName"] == "ChatGetTimeout"
    assert isinstance(entry["timeCreated"], int)


# Conversations


def test_both_sides_hear_each_other_and_nobody_themselves(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    posted = anna.done(
        "postMessage", engagementId=visitor.engagement_id, body="<b>Hi</b>", richText=True, messageId="1"
    )
    anna.done("postMessage", engagementId=visitor.engagement_id, body="<b>Hi</b>", richText=True, messageId="1")
    anna.done("setActivityStatus", engagementId=visitor.engagement_id, mode="RESEARCHING")
    message, activity = visitor.told()
    assert message["messageName"] == "RNEngagementMessagePostedMessage"
    assert (message["body"], message["richText"], message["clientId"]) == ("<b>Hi</b>", True, posted["clientId"])
    assert (activity["mode"], activity["clientId"]) == ("RESEARCHING", posted["clientId"])

    visitor.write("Hello")
    (heard,) = anna.told()
    assert (heard["engagementId"], heard["body"]) == (visitor.engagement_id, "Hello")
    assert heard["clientId"] == visitor.client_id


@pytest.mark.parametrize("operation", ABOUT_ENGAGEMENTS)
def test_nobody_acts_on_an_engagement_of_others(deck: Deck, anna: Desk, operation: str) -> None:
    visitor, ben = engaged(deck, anna), desk_of(deck, "ben", DEFAULT_QUEUE)
    events = MailboxEvent.objects.count()
    fields = {"engagementId": visitor.engagement_id, **ABOUT_ENGAGEMENTS[operation]}
    assert ben.ask(operation, fields).code == ACCESS_DENIED
    assert ben.ask(operation, {**fields, "engagementId": 10**12}).code == ACCESS_DENIED
    assert (visitor.state, MailboxEvent.objects.count()) == (Engagement.State.ENGAGED, events)
    event = AuditEvent.objects.filter(event="chat_agent_refused").latest("pk")
    assert event.actor_id == ben.user.pk


def test_a_customer_leaves_and_the_agent_is_told(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    visitor.leave()
    concluded = named(anna.told(), "RNEngagementConcludedMessage")
    assert (concluded["reason"], concluded["engagementId"]) == ("END_USER_CONCLUDED", visitor.engagement_id)
    assert anna.ask("postMessage", {"engagementId": visitor.engagement_id, "body": "?"}).code == CONFLICT


def test_the_agent_ends_it_and_once_more_changes_nothing(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    for _ in range(2):
        anna.done("concludeChat", engagementId=visitor.engagement_id)
    concluded = named(visitor.told(), "RNEngagementConcludedMessage")
    assert (concluded["reason"], concluded["role"]) == ("AGENT_CONCLUDED", "LEAD")


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("QUESTION", "How?", "How?"), ("QUESTION", None, None), ("PRODUCT_ID", 12, "12")]
)
def test_what_is_known_can_be_corrected(deck: Deck, anna: Desk, name: str, value: object, kept: object) -> None:
    visitor = engaged(deck, anna)
    anna.done("setEngagementProperty", engagementId=visitor.engagement_id, type="USER", name=name, value=value)
    changed = named(anna.told(), "ChatPropertyChanged")
    assert (changed["type"], changed["name"], changed["value"]) == ("USER", name, kept)
    properties = Engagement.objects.get(pk=visitor.engagement_id).properties
    assert properties.get(changed["property"]) == kept


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("SYSTEM", "QUESTION", "x"),
        ("USER", "AUTH_USER_NAME", "x"),
        ("USER", "question", "x"),
        ("USER", "PRODUCT_ID", "x"),
        ("USER", "FIRST_NAME", "x" * 151),
    ],
)
def test_what_cannot_be_corrected(deck: Deck, anna: Desk, kind: str, name: str, value: str) -> None:
    visitor = engaged(deck, anna)
    fields = {"engagementId": visitor.engagement_id, "type": kind, "name": name, "value": value}
    assert anna.ask("setEngagementProperty", fields).code == INVALID_FIELD


# Handing over


def test_another_agent_takes_over_with_the_transcript(deck: Deck, anna: Desk) -> None:
    visitor, ben = engaged(deck, anna), desk_of(deck, "ben", QUEUE)
    anna.done("postMessage", engagementId=visitor.engagement_id, body="One moment")
    visitor.told()
    anna.done("rerouteEngagement", engagementId=visitor.engagement_id, agentId=str(ben.user.pk))
    assert anna.names_told() == ["ChatUnassigned"]
    left = named(visitor.told(), "RNEngagementParticipantLeftMessage")
    assert (left["role"], left["disconnectReason"]) == ("LEAD", "TRANSFERRED_TO_QUEUE")
    give_out_work()
    ben.done("assignmentAcknowledgement", engagementId=visitor.engagement_id, accepted=True)
    offered, assigned = ben.told()
    assert (offered["messageName"], assigned["messageName"]) == ("ChatOffered", "ChatAssigned")
    assert [entry["body"] for entry in assigned["transcript"]] == ["One moment"]
    assert anna.ask("postMessage", {"engagementId": visitor.engagement_id, "body": "?"}).code == CONFLICT


def test_an_agent_who_cannot_take_it_is_not_handed_anything(deck: Deck, anna: Desk) -> None:
    visitor, full = engaged(deck, anna), desk_of(deck, "full", capacity=0)
    absent = store_agent("absent")
    for user, code in ((full.user, CONFLICT), (absent, CONFLICT), (anna.user, INVALID_FIELD)):
        fields = {"engagementId": visitor.engagement_id, "agentId": user.pk}
        assert anna.ask("rerouteEngagement", fields).code == code
    assert visitor.state == Engagement.State.ENGAGED


def test_another_queue_takes_over(deck: Deck, anna: Desk) -> None:
    visitor, ben = engaged(deck, anna), desk_of(deck, "ben", QUEUE)
    anna.done("rerouteEngagement", engagementId=visitor.engagement_id, queueId=QUEUE)
    assert Engagement.objects.get(pk=visitor.engagement_id).queue_id == QUEUE
    give_out_work()
    assert named(ben.told(), "ChatOffered")["queueId"] == QUEUE


@pytest.mark.parametrize("queue_id", [4, 51, 999])
def test_only_enabled_queues_of_the_interface_take_over(deck: Deck, anna: Desk, queue_id: int) -> None:
    visitor = engaged(deck, anna)
    fields = {"engagementId": visitor.engagement_id, "queueId": queue_id}
    assert anna.ask("rerouteEngagement", fields).code == INVALID_FIELD


def test_what_is_released_goes_to_others_first(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    anna.done("releaseChat", engagementId=visitor.engagement_id)
    assert give_out_work() == 0  # to the one who has just given it back, and nobody else is there
    ben = desk_of(deck, "ben", DEFAULT_QUEUE)
    Visitor(deck, "Late Comer")
    give_out_work()
    assert ben.told()[0]["engagementId"] == visitor.engagement_id


def test_whom_and_where_one_can_hand_over_to(deck: Deck, anna: Desk) -> None:
    engaged(deck, anna)
    ben = desk_of(deck, "ben", QUEUE, MANUAL_QUEUE, capacity=2)
    found = ben.done("retrieveAgentsAndQueues")
    assert found["agents"] == [
        {
            "agentId": str(anna.user.pk),
            "name": "Anna Agent",
            "freeCapacity": 2,
            "freeCapacityString": "2",
            "capacity": 3,
            "capacityString": "3",
            "queueIds": [DEFAULT_QUEUE],
        }
    ]
    queues = {queue["queueId"]: queue for queue in found["queues"]}
    assert sorted(queues) == [DEFAULT_QUEUE, QUEUE, MANUAL_QUEUE]
    default = queues[DEFAULT_QUEUE]
    assert (default["queueName"], default["isOwn"], default["availableAgentSessions"]) == ("Default", False, 2)
    assert (queues[MANUAL_QUEUE]["isManual"], queues[MANUAL_QUEUE]["isOwn"]) == (True, True)


def test_an_agent_sees_and_picks_what_waits_in_a_manual_queue(deck: Deck, anna: Desk) -> None:
    visitor, ben = engaged(deck, anna), desk_of(deck, "ben", MANUAL_QUEUE)
    anna.done("rerouteEngagement", engagementId=visitor.engagement_id, queueId=MANUAL_QUEUE)
    assert give_out_work() == 0
    queues = {queue["queueId"]: queue for queue in ben.done("retrieveAgentsAndQueues")["queues"]}
    (waiting,) = queues[MANUAL_QUEUE]["engagements"]
    assert (waiting["engagementId"], waiting["authUserName"]) == (visitor.engagement_id, "Jane Roe")
    ben.done("assignmentAcknowledgement", engagementId=visitor.engagement_id, accepted=True)
    assert visitor.state == Engagement.State.ENGAGED


# Signing off


def test_signing_off(deck: Deck, anna: Desk) -> None:
    visitor = engaged(deck, anna)
    assert anna.ask("logoff", {}).code == CONFLICT
    assert anna.ask("logoff", {"forceLogoff": False}).code == CONFLICT
    anna.done("logoff", forceLogoff=True)
    assert (anna.session.end, visitor.state) == ("logged_off", Engagement.State.WAITING)
    assert anna.ask("getMessages").code == ACCESS_DENIED


def test_a_poll_that_waits_hears_that_the_session_is_over(deck: Deck) -> None:
    with Deck(poll_seconds=20) as patient:
        desk = desk_of(patient, "anna", DEFAULT_QUEUE)
        waiting = desk.begin("getMessages")
        patient.settle()
        mailbox_id = desk.session.mailbox_id
        desk.sign_on(logonOverride=True)
        patient.heard(mailbox_id)
        (entry,) = waiting.reply().entries
    assert (entry["messageName"], entry["reason"]) == ("ChatSessionEnded", "OVERRIDDEN")
