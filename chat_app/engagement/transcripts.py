"""The transcript of an engagement, for people who read it and for programs that keep it.

What was off the record was never stored: of it stands here that somebody wrote, and when.
"""

import json
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet

from chat_app.engagement.models import Engagement, Participant, TranscriptMessage

LONGEST: Final = 20_000
"""Messages of one transcript at most; a conversation of a whole day has some hundreds."""
INDENT: Final = "    "
"""Before each line that somebody wrote, in the text for people."""


@dataclass(frozen=True, slots=True)
class Line:
    """A message: who wrote it, when, and what. ``is_agent``: on which side it stands."""

    at: datetime
    name: str
    is_agent: bool
    body: str
    is_rich_text: bool
    is_off_the_record: bool


def lines_of(engagement: Engagement) -> list[Line]:
    """Return what was written, in order; two queries."""
    people = {person.pk: person for person in engagement.participants.all()}
    return [_line(message, people.get(message.participant_id), engagement) for message in _messages(engagement)]


def as_text(engagement: Engagement) -> str:
    """The transcript for people: a head, then a paragraph for each message. Times are UTC.

    What was written is indented, so that nobody writes what looks like somebody else's message.
    """
    head = f"Chat {engagement.pk} of {_in_one_line(engagement.auth_user_name)}, begun {_time(engagement.requested_at)}"
    return "\n\n".join([head, *(_paragraph(line) for line in lines_of(engagement))]) + "\n"


def as_json(engagement: Engagement) -> str:
    """The transcript for programs: the engagement, its participants and its messages, under the API's names."""
    return json.dumps(as_data(engagement), ensure_ascii=False, indent=2)


def as_data(engagement: Engagement) -> dict[str, Any]:
    """What ``as_json`` writes."""
    return {
        "engagementId": engagement.pk,
        "endUser": engagement.auth_user_name,
        "interfaceId": engagement.interface_id,
        "queueId": engagement.queue_id,
        "state": engagement.state,
        "reason": engagement.reason,
        "requested": _time(engagement.requested_at),
        "engaged": _time(engagement.engaged_at),
        "concluded": _time(engagement.concluded_at),
        "properties": engagement.properties,
        "participants": [_participant(person) for person in engagement.participants.all()],
        "messages": [_message(message) for message in _messages(engagement)],
    }


def _messages(engagement: Engagement) -> "QuerySet[TranscriptMessage]":
    return engagement.messages.order_by("pk")[:LONGEST]


def _line(message: TranscriptMessage, writer: Participant | None, engagement: Engagement) -> Line:
    is_agent = writer is not None and writer.kind == Participant.Kind.AGENT
    return Line(
        at=message.posted_at,
        name=(writer.name if writer else "") or engagement.auth_user_name,
        is_agent=is_agent,
        body=message.body,
        is_rich_text=message.rich_text,
        is_off_the_record=message.off_the_record,
    )


def _paragraph(line: Line) -> str:
    body = "(off the record)" if line.is_off_the_record else line.body
    return f"[{_time(line.at)}] {_in_one_line(line.name)}:\n{textwrap.indent(body, INDENT)}"


def _in_one_line(name: str) -> str:
    return " ".join(name.splitlines())


def _participant(person: Participant) -> dict[str, Any]:
    return {
        "clientId": person.pk,
        "kind": person.kind,
        "role": person.role,
        "name": person.name,
        "joined": _time(person.joined_at),
        "left": _time(person.left_at),
    }


def _message(message: TranscriptMessage) -> dict[str, Any]:
    return {
        "clientId": message.participant_id,
        "posted": _time(message.posted_at),
        "body": message.body,
        "isRichText": message.rich_text,
        "isOffTheRecord": message.off_the_record,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
