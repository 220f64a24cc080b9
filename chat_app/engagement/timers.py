"""What is due because time has passed (docs/chat-server.md).

Every process calls ``tick`` each second. One of them takes the turn; should it die at it, another takes the next one.
Nothing relies on that, though: whatever is due is claimed by the statement that changes it, so that each thing happens
once. Only what is open is looked at, by partial indexes, so that a tick costs the same after years.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from django.db.models import F

from chat_app.engagement import access, agent_sessions, endings, offers, silence
from chat_app.engagement.assignment import assign
from chat_app.engagement.clock import database_now
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.models import AgentSession, ClockReading, Engagement, Mailbox
from chat_app.engagement.waiting import tell_positions

log = structlog.get_logger("chatauth.engagement")

TURN: Final = timedelta(seconds=0.5)
"""Within which one process alone looks for what is due."""
GAP: Final = timedelta(seconds=10)
"""Longer than this no process has ticked: nobody could be seen, so nobody counts as absent for it."""
MOST: Final = 1000
"""Of each kind in one tick; the rest comes with the next."""

Thing = TypeVar("Thing")

Reason = Engagement.Reason
State = Engagement.State


def tick_now() -> None:
    """Do what is due by the database's clock. Raises what ``tick`` raises."""
    tick(now=database_now())


def tick(*, now: datetime) -> None:
    """Do what is due, unless another process has just done it.

    What fails is left for the next tick, and holds up nothing else. Raises the last failure, if any.
    """
    if take_turn(now=now):
        do_what_is_due(now=now)


def take_turn(*, now: datetime) -> bool:
    """Claim this tick for the caller, and let gaps count for nobody; returns False if another process has it."""
    with transaction.atomic():
        reading = ClockReading.objects.select_for_update().filter(pk=1).first()
        if reading is None:
            return bool(ClockReading.objects.bulk_create([ClockReading(pk=1, ticked_at=now)], ignore_conflicts=True))
        if now - reading.ticked_at < TURN:
            return False
        if now - reading.ticked_at > GAP:
            _forgive(gap=now - reading.ticked_at, now=now)
        ClockReading.objects.filter(pk=1).update(ticked_at=now)
    return True


def do_what_is_due(*, now: datetime) -> None:
    """Do what is due, one kind after the other. Raises the last failure, after all were tried."""
    failure: Exception | None = None
    for step in STEPS:
        try:
            step(now)
        except DatabaseFailure as error:
            log.warning("a timer failed", timer=step.__name__, error=type(error).__name__)
            failure = error
        except Exception as error:
            log.error("a timer failed", timer=step.__name__, exc_info=True)  # noqa: G201 - structlog
            failure = error
    if failure is not None:
        raise failure


def _each(things: Iterable[Thing], act: Callable[[Thing], object]) -> None:
    """Do it for each thing. One for which it fails, now and ever after, holds up none of the others.

    Raises the last failure, after all were tried; at once where the connection is lost.
    """
    failure: Exception | None = None
    for thing in things:
        try:
            act(thing)
        except Exception as error:
            if not connection.is_usable():
                raise
            log.error("a timer failed", of=repr(thing), exc_info=True)  # noqa: G201 - structlog
            failure = error
    if failure is not None:
        raise failure


def _forgive(*, gap: timedelta, now: datetime) -> None:
    """After a gap: those who were there count as just seen, those who were absent as absent no longer than before."""
    ids = silence.open_mailboxes()
    locked = Mailbox.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    unseen = Mailbox.objects.filter(pk__in=[mailbox.pk for mailbox in locked], last_seen_at__lt=now)
    unseen.filter(connection=Mailbox.Connection.ACTIVE).update(last_seen_at=now)
    unseen.filter(connection=Mailbox.Connection.ABSENT).update(last_seen_at=F("last_seen_at") + gap)


def _end_lost_sessions(now: datetime) -> None:
    why = AgentSession.End.ACCESS_LOST
    _each(access.without_access(), lambda session_id: agent_sessions.end(session_ids=[session_id], why=why, now=now))


def _heed_silence(now: datetime) -> None:
    _each(silence.changes(now=now, most=MOST), lambda silent: silence.heed(silent, now=now))


def _expire_offers(now: datetime) -> None:
    offers.expire(now=now)


def _end_waits(now: datetime) -> None:
    """Those who waited longer than they may."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITED_LONG_ENOUGH, {"now": now, "most": MOST})
        due = [engagement_id for (engagement_id,) in cursor.fetchall()]
    _conclude(due, Reason.QUEUE_TIMEOUT, lambda engagement: _has_waited_long_enough(engagement, now), now)


def _end_idle(now: datetime) -> None:
    """Those in which neither side has written for long."""
    before = now - settings.CHAT_IDLE_TIMEOUT
    idle = Engagement.objects.filter(state=State.ENGAGED, last_written_at__lte=before).order_by("last_written_at")
    due = list(idle.values_list("pk", flat=True)[:MOST])
    _conclude(due, Reason.IDLE_TIMEOUT, lambda engagement: _is_idle(engagement, before), now)


def _conclude(
    engagement_ids: Iterable[int], reason: Engagement.Reason, is_due: Callable[[Engagement], bool], now: datetime
) -> None:
    """End engagements for which it is still true, once they are locked, that they are due."""

    def conclude(engagement_id: int) -> None:
        with transaction.atomic():
            engagement = lock_engagement(engagement_id)
            if engagement is not None and is_due(engagement):
                endings.conclude(engagement_id=engagement_id, reason=reason, by=None, now=now)

    _each(engagement_ids, conclude)


def _has_waited_long_enough(engagement: Engagement, now: datetime) -> bool:
    until = engagement.waiting_since + timedelta(seconds=engagement.discard_seconds)
    return engagement.state == State.WAITING and engagement.discard_seconds > 0 and until <= now


def _is_idle(engagement: Engagement, before: datetime) -> bool:
    written = engagement.last_written_at
    return engagement.state == State.ENGAGED and written is not None and written <= before


def _note_attendance(now: datetime) -> None:
    """Note since when queues in which somebody waits have had nobody to answer, and that others have somebody."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_ATTENDANCE, {"now": now})


def _assign_everywhere(now: datetime) -> None:
    waiting = Engagement.objects.filter(state=State.WAITING)
    interfaces = sorted(set(waiting.order_by().values_list("interface_id", flat=True).distinct()))
    _each(interfaces, lambda interface_id: assign(interface_id=interface_id, now=now))


def _tell_positions(now: datetime) -> None:
    tell_positions(now=now)


STEPS: Final[tuple[Callable[[datetime], None], ...]] = (
    _end_lost_sessions,
    _heed_silence,
    _expire_offers,
    _end_waits,
    _end_idle,
    _note_attendance,
    _assign_everywhere,
    _tell_positions,
)
"""In this order: who goes makes room and leaves work behind, then that is given out, then the rest is told."""

_WAITED_LONG_ENOUGH = """
SELECT id FROM chat_app_engagement
WHERE state = 'waiting' AND discard_seconds > 0 AND waiting_since + discard_seconds * interval '1 second' <= %(now)s
ORDER BY waiting_since LIMIT %(most)s
"""

_NOTE_ATTENDANCE = """
WITH attended AS (
    SELECT DISTINCT resource.queue_id
    FROM chat_app_agentsession AS session
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = session.mailbox_id AND mailbox.connection = 'ACTIVE'
    LEFT JOIN chat_app_team_members AS member ON member.user_id = session.user_id
    JOIN chat_app_queueresource AS resource
        ON resource.agent_id = session.user_id OR resource.team_id = member.team_id
    WHERE session.ended_at IS NULL AND session.capacity > 0
        AND (session.queue_ids IS NULL OR resource.queue_id = ANY (session.queue_ids))
), unattended AS (
    SELECT DISTINCT engagement.queue_id FROM chat_app_engagement AS engagement
    WHERE engagement.state = 'waiting' AND NOT EXISTS (SELECT FROM attended WHERE queue_id = engagement.queue_id)
), over AS (
    UPDATE chat_app_queuefigures AS figures SET unattended_since = NULL
    WHERE figures.unattended_since IS NOT NULL
        AND NOT EXISTS (SELECT FROM unattended WHERE queue_id = figures.queue_id)
)
INSERT INTO chat_app_queuefigures AS figures (queue_id, unattended_since)
SELECT queue_id, %(now)s::timestamptz FROM unattended ORDER BY queue_id
ON CONFLICT (queue_id) DO UPDATE SET unattended_since = excluded.unattended_since
    WHERE figures.unattended_since IS NULL
"""
