"""Events are appended in order, told at the commit, and left out where a mailbox is void."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from chat_app.engagement.events import CHANNEL, NewEvent, put
from chat_app.engagement.models import Mailbox, MailboxEvent
from chat_app.engagement.vocabulary import MessageName

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
NAME = MessageName.MESSAGE_POSTED


def make_mailbox(name: str, *, voided_at: datetime | None = None) -> Mailbox:
    return Mailbox.objects.create(
        session_checksum=name, last_seen_at=NOW, absent_seconds=120, absences=2, created_at=NOW, voided_at=voided_at
    )


def numbered(mailbox: Mailbox) -> list[tuple[int, object]]:
    events = MailboxEvent.objects.filter(mailbox=mailbox).order_by("sequence")
    return [(event.sequence, event.fields.get("body")) for event in events]


@pytest.mark.django_db
def test_each_mailbox_counts_for_itself_and_keeps_the_order() -> None:
    one, other = make_mailbox("one"), make_mailbox("other")
    put([NewEvent(one.pk, NAME, 7, 3, {"body": "a"}), NewEvent(other.pk, NAME, 7, 3, {"body": "a"})], now=NOW)
    put([NewEvent(one.pk, NAME, 7, None, {"body": letter}) for letter in "bcd"], now=NOW)

    assert numbered(one) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert numbered(other) == [(1, "a")]
    one.refresh_from_db()
    assert one.last_sequence == 4


@pytest.mark.django_db
def test_a_void_mailbox_gets_nothing() -> None:
    void = make_mailbox("void", voided_at=NOW)
    put([NewEvent(void.pk, NAME, 7)], now=NOW)

    assert numbered(void) == []
    void.refresh_from_db()
    assert void.last_sequence == 0


@pytest.mark.django_db
def test_nothing_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        put([], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_the_commit_tells_of_each_mailbox_once() -> None:
    mailbox = make_mailbox("told")
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    put([NewEvent(mailbox.pk, NAME, 7), NewEvent(mailbox.pk, NAME, 7)], now=NOW)

    heard = [note.payload for note in connection.connection.notifies(timeout=5, stop_after=1)]
    assert heard == [str(mailbox.pk)]
    with connection.cursor() as cursor:
        cursor.execute(f"UNLISTEN {CHANNEL}")
