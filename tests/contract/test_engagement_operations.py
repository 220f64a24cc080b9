"""The vendor's tables of the engagement API: operations, status codes, and the profile options that a chat keeps."""

import csv
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from chat_app.engagement.agent import OPERATIONS as OF_AGENTS
from chat_app.engagement.consumer import OPERATIONS as OF_CONSUMERS
from chat_app.engagement.models import Engagement, Mailbox
from chat_app.routing.profile import BUILT_IN_DEFAULTS
from tests.engagement.deck import Deck, Reply
from tests.engagement.front import entered, token_for
from tests.world import set_option

pytestmark = pytest.mark.usefixtures("world")

Row = dict[str, str]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def table(name: str) -> list[Row]:
    return list(csv.DictReader(Path(__file__).with_name(f"engagement_{name}.csv").read_text("utf-8").splitlines()))


OPERATIONS, STATUSES, OPTIONS = table("operations"), table("statuses"), table("profile_options")


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.05) as deck:
        yield deck


def test_the_table_has_every_operation_that_there_is() -> None:
    declared = {("consumer", name) for name in OF_CONSUMERS} | {("agent", name) for name in OF_AGENTS}
    assert {(row["api"], row["operation"]) for row in OPERATIONS} == declared


@pytest.mark.parametrize("row", OPERATIONS, ids=[f"{row['api']}-{row['operation']}" for row in OPERATIONS])
def test_an_operation_has_its_methods_and_wants_its_proof(deck: Deck, row: Row) -> None:
    for method in METHODS:
        reply = deck.ask(row["operation"], json.loads(row["body"]), api=row["api"], method=method)
        assert (reply.status == 501) == (method not in row["methods"].split("|")), method
        if reply.status != 501:
            assert (reply.status == 403) == bool(row["proof"])


def replay(deck: Deck) -> Reply:
    token = token_for()
    deck.ask("requestEngagement", bearer=token)
    return deck.ask("requestEngagement", bearer=token)


def ask_while_chat_is_off(deck: Deck) -> Reply:
    token = token_for()
    set_option("SVC_ENABLE_CHAT", "No")
    return deck.ask("requestEngagement", bearer=token)


def write_after_the_end(deck: Deck) -> Reply:
    session = entered().session_id
    deck.ask("concludeEngagement", session=session)
    return deck.ask("postMessage", {"body": "too late"}, session=session)


CASES: dict[str, Callable[[Deck], Reply]] = {
    "an engagement is requested": lambda deck: deck.ask("requestEngagement", bearer=token_for()),
    "the body is no JSON object": lambda deck: deck.ask("postMessage", session=entered().session_id, raw=b"[]"),
    "a message without a body": lambda deck: deck.ask("postMessage", {}, session=entered().session_id),
    "no token": lambda deck: deck.ask("requestEngagement"),
    "a token that was used before": replay,
    "a session id that is none": lambda deck: deck.ask("getMessages", session="353-2.guessed"),
    "an unknown path": lambda deck: deck.ask_raw("POST", "/engagement/api/consumer/site-1/v2/getMessages"),
    "an unknown site": lambda deck: deck.ask("getMessages", site="nowhere"),
    "chat is turned off": ask_while_chat_is_off,
    "a message after the end": write_after_the_end,
    "an unknown operation": lambda deck: deck.ask("getMoney"),
    "an unsupported method": lambda deck: deck.ask("postMessage", method="PUT"),
}


@pytest.mark.parametrize("row", STATUSES, ids=[f"{row['status']} {row['case']}" for row in STATUSES])
def test_a_status_means_what_it_should(deck: Deck, row: Row) -> None:
    if row["checked_by"]:
        module, _, function = row["checked_by"].rpartition(".")
        assert callable(getattr(import_module(module), function))
        return
    reply = CASES[row["case"]](deck)
    assert (str(reply.status), reply.body.get("errorCode", "")) == (row["status"], row["errorCode"])
    if reply.status != 200:
        assert reply.body["status"] == reply.status
        assert {"title", "detail"} <= reply.body.keys()


def test_no_case_has_a_status_that_the_vendor_does_not_know() -> None:
    assert not {row["status"] for row in STATUSES} & {"201", "401", "405"}


@pytest.mark.parametrize("row", OPTIONS, ids=[row["code"] for row in OPTIONS])
@pytest.mark.parametrize("is_set", [False, True], ids=["default", "another"])
def test_a_chat_keeps_the_option_that_was_in_force_when_it_began(row: Row, is_set: bool) -> None:
    assert BUILT_IN_DEFAULTS[row["code"]] == row["default"]
    if is_set:
        set_option(row["code"], row["another"])
    joined = entered()
    rows = {
        "engagement": Engagement.objects.get(pk=joined.engagement_id),
        "mailbox": Mailbox.objects.get(pk=joined.mailbox_id),
    }
    assert str(getattr(rows[row["kept_by"]], row["field"])) == row["another" if is_set else "default"]


def test_the_other_options_decide_at_the_door() -> None:
    at_the_door = {"SVC_ENABLE_CHAT", "SVC_CHAT_WAIT_TIME_ENABLED"}  # tests of tests/engagement/test_requesting.py
    assert {row["code"] for row in OPTIONS} == BUILT_IN_DEFAULTS.keys() - at_the_door
