"""What waits in the tables without a job gets one: nothing is lost, even if the queue was.

That is the ordinary way of messages that were received, since a job for each would cost Apple's request more than the
message itself, and of webhooks whose next attempt is due. Everything else has had a job from the beginning, and comes
here only when that was lost, with a table that was emptied or restored, for example.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql

from authenticate_app.messages.job_metrics import OVERDUE, WAITING
from authenticate_app.messages.jobs import Queue, Task
from authenticate_app.messages.models import InboundMessage, OutboundMessage, SignInRequest, WebhookDelivery

ONE_AT_A_TIME = 0x73776565707321
"""Key of the PostgreSQL advisory lock: "sweeps!" in ASCII."""
MOST_AT_ONCE = 500
"""Jobs that a sweep adds to a queue."""
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """What waits in one table, and which job it should have. ``due`` is when it could have been worked on."""

    task: Task
    queue: Queue
    table: str
    argument: str
    waits: LiteralString
    due: LiteralString
    grace: timedelta
    """How long it may wait before it is missed; a job that was added with it is surely seen by then."""
    lock: LiteralString = "NULL"
    crowd: int = 500
    """A queue in which as many jobs are waiting gets no more: whatever waits in the tables keeps there."""


RECEIVED = Sweep(
    task=Task.PROCESS_MESSAGE,
    queue=Queue.INBOUND,
    table=InboundMessage._meta.db_table,
    argument="inbound_id",
    waits="processed_at IS NULL",
    due="received_at",
    grace=-timedelta(days=1),  # at once, also where the clock of the host that received it is ahead of ours
    lock="'conversation:' || business_id || ':' || customer_id",
    crowd=10_000,  # many may wait for one conversation, which is to hold up no other
)
SWEEPS = (
    RECEIVED,
    Sweep(
        task=Task.SEND_MESSAGE,
        queue=Queue.GATEWAY,
        table=OutboundMessage._meta.db_table,
        argument="message_id",
        waits="state = 'waiting'",
        due="created_at",
        grace=timedelta(seconds=20),
    ),
    Sweep(
        task=Task.SETTLE_SIGN_IN,
        queue=Queue.TIMERS,
        table=SignInRequest._meta.db_table,
        argument="sign_in_id",
        waits="ended_at IS NULL",
        due="expires_at",
        grace=timedelta(seconds=5),
    ),
    Sweep(
        task=Task.DELIVER_WEBHOOK,
        queue=Queue.WEBHOOKS,
        table=WebhookDelivery._meta.db_table,
        argument="delivery_id",
        waits="state = 'waiting'",
        due="next_attempt_at",
        grace=timedelta(0),
    ),
)


def add_missing_jobs(*, now: datetime, to: Iterable[Sweep] = SWEEPS) -> int | None:
    """Add the jobs that are missing; answers how many, or None while another process is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        is_alone = cursor.fetchone()[0]
        return sum(_add(cursor, sweep, now) for sweep in to) if is_alone else None


def measure(*, now: datetime) -> None:
    """Publish how much waits, and for how long the oldest does."""
    for sweep in SWEEPS:
        waiting, oldest = _waiting(sweep, now)
        WAITING.labels(sweep.task.value).set(waiting)
        OVERDUE.labels(sweep.task.value).set(max(0.0, (now - oldest).total_seconds()) if oldest else 0)


def _add(cursor: Any, sweep: Sweep, now: datetime) -> int:
    cursor.execute(_IS_CROWDED, [sweep.crowd, sweep.queue.value, sweep.crowd])
    if cursor.fetchone()[0]:
        return 0
    values = {
        "queue": sweep.queue.value,
        "task": sweep.task.value,
        "argument": sweep.argument,
        "before": now - sweep.grace,
        "most": min(MOST_AT_ONCE, sweep.crowd),
    }
    cursor.execute(_statement(_ADD, sweep), values)
    (added,) = cursor.fetchone()
    return len(added or ())


def _waiting(sweep: Sweep, now: datetime) -> tuple[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(_WAITING, sweep), {"now": now, "most": MOST_COUNTED})
        count, oldest = cursor.fetchone()
    return count, oldest


def _statement(template: LiteralString, sweep: Sweep) -> sql.Composed:
    return sql.SQL(template).format(
        table=sql.Identifier(sweep.table),
        waits=sql.SQL(sweep.waits),
        due=sql.SQL(sweep.due),
        lock=sql.SQL(sweep.lock),
    )


_IS_CROWDED = """
    SELECT count(*) = %s FROM (
        SELECT FROM procrastinate_jobs WHERE queue_name = %s AND status = 'todo' LIMIT %s
    ) AS queued
"""
_ADD = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(%(queue)s, %(task)s, 0, missed.lock, NULL, jsonb_build_object(%(argument)s::text, missed.id), NULL)
        ::procrastinate_job_to_defer_v1 ORDER BY missed.id
    ))
    FROM (
        SELECT id, {lock} AS lock FROM {table} AS waiting
        WHERE {waits} AND {due} <= %(before)s AND NOT EXISTS (
            SELECT FROM procrastinate_jobs AS job
            WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing')
                AND job.args ->> %(argument)s::text = waiting.id::text
        )
        ORDER BY {due} LIMIT %(most)s
    ) AS missed
"""
_WAITING = """
    SELECT count(*), min(due) FROM (
        SELECT {due} AS due FROM {table} WHERE {waits} AND {due} <= %(now)s ORDER BY {due} LIMIT %(most)s
    ) AS waiting
"""
