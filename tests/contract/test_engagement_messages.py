"""A chat from its token to its end over real HTTP: every message that is sent, with every field of the tables."""

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_app.engagement.vocabulary import AgentMessageName, MessageName
from tests.serving import Installation, ask, free_port, own_installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("engagement-messages")]

Row = dict[str, str]
Entry = dict[str, Any]
TABLE = Path(__file__).with_name("engagement_messages.csv")
ROWS: list[Row] = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
SIDES = {"customer": ("customer",), "agent": ("agent",), "both": ("customer", "agent")}
NEVER_SENT = {MessageName.ROLE_CHANGED}
"""Nobody's role ever changes: an engagement has one agent, who leads it (docs/compatibility.md)."""
IN_EVERY_ENTRY = {"messageName", "createdTime", "sequenceNumber", "engagementId", "clientId"}
QUEUE = 1
SOON = 30.0
SILENCE = "UPDATE chat_app_mailbox SET last_seen_at = now() - interval '200 s' WHERE {} RETURNING id"


class Client:
    """Somebody's client, and everything that it was told."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self._base, self.headers = base, headers
        self.told: list[Entry] = []

    def call(self, operation: str, **fields: object) -> dict[str, Any]:
        """Call an operation that succeeds; the answer."""
        reply = httpx.post(self._base + operation, json=fields, headers=self.headers, timeout=SOON, trust_env=False)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def poll(self) -> list[Entry]:
        """Return what is new; both lists are always there."""
        body = self.call("getMessages")
        assert body["errorMessages"] == []
        self.told += body["systemMessages"]
        return list(body["systemMessages"])

    def hear(self, name: str, *, meanwhile: Callable[[], object] = lambda: None) -> Entry:
        """Poll until this message comes."""
        found: list[Entry] = []

        def is_told() -> bool:
            meanwhile()
            found.extend(entry for entry in self.poll() if entry["messageName"] == name)
            return bool(found)

        wait_until(is_told, patience=SOON)
        return found[0]


class Play:
    """A scripted afternoon: two agents, two customers."""

    def __init__(self, installed: Installation) -> None:
        self.installed = installed
        self.query = installed.server.query
        port = installed.server.variables["CHAT_PORT"]
        site = self.query("SELECT chat_site_name FROM chat_app_interface ORDER BY id LIMIT 1")[0][0]
        self._base = f"http://127.0.0.1:{port}/engagement/api/{{}}/{site}/v1/"
        self._tokens = installed.administrator.do("store_agents", number=2, queue=QUEUE)
        self.clients: dict[str, list[Client]] = {"customer": [], "agent": []}

    def customer(self, name: str) -> Client:
        token = ask(self.installed.client, authUserName=name, question="Where is it?").json()["jwt"]
        client = Client(self._base.format("consumer"), {"Authorization": f"Bearer {token}"})
        session = client.call("requestEngagement")["sessionId"]
        return self._known(client, "customer", {"SessionId": session})

    def agent(self, number: int, **fields: object) -> Client:
        client = Client(self._base.format("agent"), {"Authorization": f"Bearer {self._tokens[number]}"})
        body = client.call("createAutomatedAgentSession", **fields)
        self._known(client, "agent", {"X-JSESSIONID": body["sessionId"], "X-AID": body["accountId"]})
        client.call("requestAssignment", capacity=1, queueIds=None)
        return client

    def _known(self, client: Client, side: str, headers: dict[str, str]) -> Client:
        client.headers = headers
        self.clients[side].append(client)
        return client

    def act(self) -> None:
        anna, jane = self.agent(0), self.customer("jane")
        jane.hear("RNEngagementWaitInformationChangedMessage")
        engagement = anna.hear("ChatOffered")["engagementId"]
        anna.call("assignmentAcknowledgement", engagementId=engagement, accepted=True)
        jane.hear("RNEngagementParticipantAddedMessage")
        self._talk(anna, jane, engagement)
        self._fall_silent(anna, jane)
        ben = self.agent(1)
        anna.call("releaseChat", engagementId=engagement)
        anna.hear("ChatUnassigned")
        anna.call("logoff")
        jane.hear("RNEngagementParticipantLeftMessage")
        ben.hear("ChatOffered")
        ben.call("assignmentAcknowledgement", engagementId=engagement, accepted=True)
        ben.hear("ChatAssigned")
        ben.call("concludeChat", engagementId=engagement)
        jane.hear("RNEngagementConcludedMessage")
        ben.hear("RNEngagementConcludedMessage")
        self._leave_while_offered(ben)
        self._move_elsewhere(jane)
        self._sign_on_again(ben)

    def _talk(self, anna: Client, jane: Client, engagement: int) -> None:
        anna.call("setActivityStatus", engagementId=engagement, mode="RESPONDING")
        jane.hear("RNEngagementActivityChangedMessage")
        anna.call("postMessage", engagementId=engagement, body="/welcome <b>Jane</b>", messageId="a-1")
        assert jane.hear("RNEngagementMessagePostedMessage")["body"] == "/welcome <b>Jane</b>"
        jane.call("activity", mode="RESPONDING", sneakPreviewText="He", sneakPreviewFocus=True)
        anna.hear("RNEngagementActivityChangedMessage")
        jane.call("postMessage", body="Hello")
        anna.hear("RNEngagementMessagePostedMessage")
        anna.call("setEngagementProperty", engagementId=engagement, type="USER", name="QUESTION", value="Where?")
        anna.hear("ChatPropertyChanged")

    def _fall_silent(self, anna: Client, jane: Client) -> None:
        name = "RNEngagementParticipantConnectionStateChangedMessage"
        anna.hear(name, meanwhile=lambda: self.query(SILENCE.format("engagement_id IS NOT NULL")))
        jane.poll()
        jane.hear(name, meanwhile=lambda: self.query(SILENCE.format("engagement_id IS NULL")))
        anna.poll()

    def _leave_while_offered(self, ben: Client) -> None:
        joe = self.customer("joe")
        ben.hear("ChatOffered")
        joe.call("concludeEngagement")
        ben.hear("ChatOfferWithdrawn")
        joe.hear("RNEngagementConcludedMessage")
        ben.hear("ChatGetTimeout")

    def _move_elsewhere(self, jane: Client) -> None:
        jane.headers = {"SessionId": "999-1.elsewhere"}
        jane.hear("RNEngagementConfigurationChangedMessage")

    def _sign_on_again(self, ben: Client) -> None:
        """While the older session polls."""
        self.query("UPDATE chat_app_mailbox SET reader = 0 RETURNING id")
        with ThreadPoolExecutor(1) as pool:
            poll = pool.submit(ben.poll)
            wait_until(lambda: self.query("SELECT id FROM chat_app_mailbox WHERE reader > 0"), patience=SOON)
            self.agent(1, logonOverride=True)
            assert [entry["messageName"] for entry in poll.result()] == ["ChatSessionEnded"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Entry]]]:
    """What both sides were told."""
    settings = {"CHAT_WORKERS": "1", "CHAT_PORT": str(free_port()), "JOB_WORKERS": "0", "WORKERS": "1"}
    with own_installation(tmp_path_factory.mktemp("chat"), **settings, POLL_SECONDS="2s") as installed:
        play = Play(installed)
        play.act()
        yield {side: [entry for client in of for entry in client.told] for side, of in play.clients.items()}


def has_type(value: object, wanted: str) -> bool:
    types = {"text": str, "number": int, "flag": bool, "object": dict, "list": list}
    word, _, rest = wanted.partition(" or ")
    return type(value) is types[word] or (rest == "null" and value is None)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['messageName']}-{row['field']}" for row in ROWS])
def test_a_message_has_the_field(told: dict[str, list[Entry]], row: Row) -> None:
    for side in SIDES[row["side"]]:
        entries = [entry for entry in told[side] if entry["messageName"] == row["messageName"]]
        assert entries, side
        for entry in entries:
            value = entry[row["field"]]
            assert has_type(value, row["type"]), value
            assert not row["values"] or value is None or value in row["values"].split("|")
            assert row["type"] != "number" or entry[row["field"] + "String"] == str(value)


def test_entries_have_what_all_have_and_come_in_order(told: dict[str, list[Entry]]) -> None:
    for entry in (*told["customer"], *told["agent"]):
        assert entry.keys() >= IN_EVERY_ENTRY
        assert datetime.fromisoformat(entry["createdTime"]).tzinfo is not None
        for name in ("sequenceNumber", "engagementId", "clientId"):
            assert entry[name] is None or entry[name + "String"] == str(entry[name])


def test_who_caused_an_event_is_the_one_who_was_added(told: dict[str, list[Entry]]) -> None:
    added = {e["clientId"] for e in told["customer"] if e["messageName"] == MessageName.PARTICIPANT_ADDED}
    posted = {e["clientId"] for e in told["customer"] if e["messageName"] == MessageName.MESSAGE_POSTED}
    assert posted <= added
    assert len(added) == 2


def test_nobody_is_told_what_they_wrote_themselves(told: dict[str, list[Entry]]) -> None:
    assert "Hello" not in [entry.get("body") for entry in told["customer"]]
    assert "/welcome <b>Jane</b>" not in [entry.get("body") for entry in told["agent"]]


def test_the_table_has_every_message_that_there_is() -> None:
    assert {row["messageName"] for row in ROWS} == {*MessageName, *AgentMessageName} - NEVER_SENT
