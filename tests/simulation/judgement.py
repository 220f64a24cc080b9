"""The rules that hold whatever is killed, and when. Each is a function that returns what breaks it, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import psycopg

from tests.simulation.ledger import Ledger, Told, View
from tests.simulation.people import ADDED, CONCLUDED, POSTED

TURN = timedelta(seconds=2)
"""A time is taken before its change waits for its turn: of two in a row, the second may have the earlier one."""


class Kept(NamedTuple):
    """A message of the transcript."""

    engagement_id: int
    kind: str
    writer: str
    body: str


class Span(NamedTuple):
    """An offer, or an agent's time in an engagement."""

    engagement_id: int
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True)
class Records:
    """What the database says at the end."""

    transcript: list[Kept]
    offers: list[Span]
    leads: list[Span]
    states: dict[int, str]
    by_engagement: dict[int, list[Kept]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kept in self.transcript:
            self.by_engagement.setdefault(kept.engagement_id, []).append(kept)

    def bodies(self, engagement_id: int, kind: str) -> list[str]:
        """What the customer or the agents wrote in an engagement, in order."""
        return [kept.body for kept in self.by_engagement.get(engagement_id, []) if kept.kind == kind]


def read_records(database_url: str) -> Records:
    """Read all of it."""
    with psycopg.connect(database_url) as connection:

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode()).fetchall()

        return Records(
            transcript=[Kept(*row) for row in rows(_TRANSCRIPT)],
            offers=[Span(*row) for row in rows(_OFFERS)],
            leads=[Span(*row) for row in rows(_LEADS)],
            states=dict(rows("SELECT id, state FROM chat_app_engagement")),
        )


def broken_rules(ledger: Ledger, records: Records, *, something_died: bool) -> list[str]:
    """Return what breaks a rule; nothing, if all is well."""
    return [
        *_faults_of_streams(ledger, something_died),
        *_what_was_answered_is_kept(ledger, records),
        *_customers_were_told_everything(ledger, records),
        *_agents_were_told_everything(ledger, records),
        *_overlaps("offered to two at once", records.offers),
        *_overlaps("led by two at once", records.leads),
        *_nobody_is_left(ledger, records),
    ]


def _faults_of_streams(ledger: Ledger, something_died: bool) -> Iterator[str]:
    """In order, nothing left out, exactly once for those who acknowledge; doubles only where something has died."""
    for view in _all_views(ledger):
        yield from view.faults
        if view.doubles and not something_died:
            yield f"{view.who} was told something twice, although nothing had died."


def _all_views(ledger: Ledger) -> Iterator[View]:
    yield from ledger.agents
    for views in ledger.customers.values():
        yield from views


def _what_was_answered_is_kept(ledger: Ledger, records: Records) -> Iterator[str]:
    """Every message that was answered 200 stands in the transcript, once, in the order in which it was written."""
    for (engagement_id, writer), bodies in ledger.posted.items():
        mine = set(bodies)
        stored = [kept.body for kept in records.by_engagement.get(engagement_id, []) if kept.body in mine]
        if stored != bodies:
            yield f"{writer} wrote {bodies} into {engagement_id}, and {stored} was kept."
    known = {body for bodies in ledger.posted.values() for body in bodies} | ledger.unsure
    for kept in records.transcript:
        if kept.body not in known:
            yield f"Nobody wrote {kept.body}, which stands in {kept.engagement_id}."


def _customers_were_told_everything(ledger: Ledger, records: Records) -> Iterator[str]:
    """The last stream of a conversation tells all that agents wrote; those before tell the beginning of it."""
    for engagement_id, views in ledger.customers.items():
        written = records.bodies(engagement_id, "agent")
        for view in views:
            heard = _bodies(view.told)
            if heard != written[: len(heard)]:
                yield f"{view.who} heard {heard} of {written} in {engagement_id}."
            yield from _strangers(view)
        if engagement_id in ledger.left:
            continue
        if (heard := _bodies(views[-1].told)) != written:
            yield f"{views[-1].who} heard {heard} at the end, not {written}, in {engagement_id}."
        if (ends := [told.name for told in views[-1].told].count(CONCLUDED)) != 1:
            yield f"{views[-1].who} was told {ends} times that {engagement_id} has ended."


def _strangers(view: View) -> Iterator[str]:
    """Clients look up the name of whoever writes: they must have been told of everybody first."""
    known = set()
    for told in view.told:
        if told.name == ADDED:
            known.add(told.fields["clientId"])
        elif told.name == POSTED and told.fields["clientId"] not in known:
            yield f"{view.who} was told a message of somebody who had not joined."


def _agents_were_told_everything(ledger: Ledger, records: Records) -> Iterator[str]:
    """Each stay of an agent tells the conversation from its beginning; the one at the end of it, all of it."""
    for view in ledger.agents:
        for engagement_id, heard, is_whole in _stays(view):
            written = records.bodies(engagement_id, "consumer")
            if heard != (written if is_whole else written[: len(heard)]):
                yield f"{view.who} heard {heard} of {written} in {engagement_id}."


def _stays(view: View) -> Iterator[tuple[int, list[str], bool]]:
    """By engagement: what the customer wrote as the agent was told, and whether it was told until the end."""
    open_stays: dict[int, list[str]] = {}
    for told in view.told:
        if told.name == "ChatAssigned":
            open_stays[told.engagement_id] = [
                line["body"] for line in told.fields["transcript"] if line["kind"] == "consumer"
            ]
        elif told.name == POSTED:
            open_stays.setdefault(told.engagement_id, []).append(told.fields["body"])
        elif told.name in (CONCLUDED, "ChatUnassigned") and told.engagement_id in open_stays:
            yield told.engagement_id, open_stays.pop(told.engagement_id), told.name == CONCLUDED
    for engagement_id, heard in open_stays.items():
        yield engagement_id, heard, False


def _bodies(told: Sequence[Told]) -> list[str]:
    return [entry.fields["body"] for entry in told if entry.name == POSTED]


def _overlaps(what: str, spans: Sequence[Span]) -> Iterator[str]:
    """The spans of one engagement come one after the other; they are sorted by engagement, then as they were stored."""
    for before, after in pairwise(spans):
        is_open = before.ends is None or before.ends > after.begins + TURN
        if before.engagement_id == after.engagement_id and is_open:
            yield f"{before.engagement_id} was {what}."


def _nobody_is_left(ledger: Ledger, records: Records) -> Iterator[str]:
    """No engagement is lost, and none is there that nobody knows of: a request may be lost, its engagement not."""
    for engagement_id in ledger.customers:
        if engagement_id not in records.states:
            yield f"The engagement {engagement_id} is gone."
        elif records.states[engagement_id] != "concluded":
            yield f"The engagement {engagement_id} has not ended."
    for engagement_id in records.states.keys() - ledger.customers.keys():
        yield f"Nobody knows of the engagement {engagement_id}."


_TRANSCRIPT = """
SELECT message.engagement_id, participant.kind, participant.name, message.body
FROM chat_app_transcriptmessage AS message
JOIN chat_app_participant AS participant ON participant.id = message.participant_id ORDER BY message.id
"""
_OFFERS = "SELECT engagement_id, offered_at, answered_at FROM chat_app_offer ORDER BY engagement_id, id"
_LEADS = """
SELECT engagement_id, joined_at, left_at FROM chat_app_participant WHERE role = 'LEAD' ORDER BY engagement_id, id
"""
