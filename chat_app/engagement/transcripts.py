"""The transcript of an engagement, for people who read it and for programs that keep it.

What was off the record was never stored: of it stands here that somebody wrote, and when.
"""

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Max

from chat_app.engagement.models import Engagement, Participant, TranscriptMessage

PART: Final = 500
"""Messages of a transcript on one page; a conversation of a whole day has some hundreds."""
BATCH: Final = 1_000
"""Messages that are read, and held in memory, at once where a whole transcript is written."""
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what was written, in order, and where it stands in the whole."""

    lines: list[Line]
    page: "Page[TranscriptMessage]"


def part_of(engagement: Engagement, number: str | None = None) -> Part:
    """Return a part of what was written: the first without a number, the nearest where there is no such one.

    Three queries.
    """
    page = Paginator(engagement.messages.order_by("pk"), PART).get_page(number or 1)
    return Part(list(_lines(engagement, page.object_list)), page)


def as_text(engagement: Engagement) -> Iterator[str]:
    """The transcript for people, piece by piece: a head, then a paragraph for each message. Times are UTC.

    What was written is indented, so that nobody writes what looks like somebody else's message.
    """
    name, begun = _in_one_line(engagement.auth_user_name), _time(engagement.requested_at)
    yield f"Chat {engagement.pk} of {name}, begun {begun}\n"
    for line in _lines(engagement, _messages(engagement)):
        yield f"\n{_paragraph(line)}\n"


def as_json(engagement: Engagement) -> Iterator[str]:
    """The transcript for programs, piece by piece: engagement, participants, messages, under the API's names.

    Each message has a line of its own.
    """
    messages = _messages(engagement)
    head = json.dumps(_head(engagement), ensure_ascii=False, indent=2)
    yield head.removesuffix("\n}") + ',\n  "messages": ['
    for number, message in enumerate(messages):
        yield (",\n    " if number else "\n    ") + json.dumps(_message(message), ensure_ascii=False)
    yield "\n  ]\n}\n"


def _head(engagement: Engagement) -> dict[str, Any]:
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
    }


def _messages(engagement: Engagement) -> Iterator[TranscriptMessage]:
    """All that was written when this is called; what is written meanwhile is left to the next time."""
    newest = engagement.messages.aggregate(newest=Max("pk"))["newest"] or 0
    return _in_batches(engagement, newest)


def _in_batches(engagement: Engagement, newest: int) -> Iterator[TranscriptMessage]:
    last = 0
    while batch := list(engagement.messages.filter(pk__gt=last, pk__lte=newest).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _lines(engagement: Engagement, messages: Iterable[TranscriptMessage]) -> Iterator[Line]:
    people = {person.pk: person for person in engagement.participants.all()}  # whoever wrote was there before
    return (_line(message, people.get(message.participant_id), engagement) for message in messages)


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
