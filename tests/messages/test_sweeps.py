"""What waits in the tables without a job gets one; what has one gets no second."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from prometheus_client import REGISTRY

from authenticate_app.messages import deliveries, jobs, sweeps
from authenticate_app.messages.models import InboundMessage, OutboundMessage, WebhookDelivery
from authenticate_app.messages.sending import queue_message
from tests.messages import world

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
Stored = Callable[[], tuple[str, dict[str, Any]]]


def queued() -> list[tuple[str, str, str | None, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, task_name, lock, args::text FROM procrastinate_jobs ORDER BY id")
        return [(*row[:3], json.loads(row[3])) for row in cursor.fetchall()]


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def inbound(**fields: Any) -> InboundMessage:
    given: dict[str, Any] = {"message_id": "1", "customer_id": "urn:mbid:1", "body": b"{}"}
    if "business" not in fields:
        given["business"] = world.business()
    return InboundMessage.objects.create(**{**given, "received_at": timezone.now() - MINUTE, **fields})


def outbound() -> OutboundMessage:
    at = world.conversation()
    sent = queue_message(
        conversation=at,
        message_id=at.pk,
        body=b"{}",
        give_up_at=timezone.now() + MINUTE,
        now=timezone.now() - MINUTE,
    )
    forget_jobs()
    return sent


def delivery() -> WebhookDelivery:
    business = world.business(webhook_url="https://example.com/")
    found = deliveries.announce(business=business, event="x", payload={}, now=timezone.now())
    assert found is not None
    forget_jobs()
    return found


def test_a_message_without_a_job_gets_one() -> None:
    missed = inbound()
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1
    lock = jobs.lock_of(business_pk=missed.business_id, customer_id="urn:mbid:1")
    assert queued() == [("inbound", "process_message", lock, {"inbound_id": missed.pk})]


def test_a_message_to_a_customer_without_a_job_gets_one() -> None:
    missed = outbound()
    sweeps.add_missing_jobs(now=timezone.now())
    assert queued() == [("gateway", "send_message", None, {"message_id": str(missed.pk)})]


def test_a_sign_in_whose_time_is_over_without_a_job_gets_one() -> None:
    missed = world.sign_in(now=timezone.now() - 10 * MINUTE)
    OutboundMessage.objects.update(state="sent")
    forget_jobs()
    sweeps.add_missing_jobs(now=timezone.now())
    assert queued() == [("timers", "settle_sign_in", None, {"sign_in_id": str(missed.pk)})]


def test_a_webhook_that_is_due_gets_a_job_at_once() -> None:
    due = delivery()
    sweeps.add_missing_jobs(now=timezone.now())
    assert queued() == [("webhooks", "deliver_webhook", None, {"delivery_id": str(due.pk)})]


def test_nothing_gets_a_second_job() -> None:
    inbound()
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0


def test_what_came_just_now_is_not_missed() -> None:
    OutboundMessage.objects.filter(pk=outbound().pk).update(created_at=timezone.now())
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0


def test_a_message_gets_its_job_at_once_whatever_the_clock_that_it_came_by() -> None:
    inbound(received_at=timezone.now() + MINUTE)
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1


def test_jobs_come_in_the_order_of_the_messages() -> None:
    """Also where the clocks of the hosts that took them in differ."""
    business = world.business()
    at = timezone.now()
    stored = [
        inbound(business=business, message_id=str(number), received_at=at - number * MINUTE) for number in range(5)
    ]
    sweeps.add_missing_jobs(now=at)
    assert [args["inbound_id"] for *_rest, args in queued()] == [message.pk for message in stored]


def test_what_is_done_is_left_alone() -> None:
    sent = outbound()
    OutboundMessage.objects.update(state="sent")
    inbound(business=sent.conversation.business, processed_at=timezone.now())
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0


def test_a_webhook_that_is_not_due_is_left_alone() -> None:
    WebhookDelivery.objects.filter(pk=delivery().pk).update(next_attempt_at=timezone.now() + MINUTE)
    assert sweeps.add_missing_jobs(now=timezone.now()) == 0


def test_a_queue_that_is_crowded_gets_no_more() -> None:
    few = [replace(sweeps.RECEIVED, crowd=3)]
    business = world.business()
    stored = [inbound(business=business, message_id=str(number)).pk for number in range(5)]
    assert sweeps.add_missing_jobs(now=timezone.now(), to=few) == 3
    assert sweeps.add_missing_jobs(now=timezone.now(), to=few) == 0
    assert sorted(args["inbound_id"] for *_rest, args in queued()) == stored[:3]


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time() -> None:
    inbound()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sweeps.ONE_AT_A_TIME])
            assert sweeps.add_missing_jobs(now=timezone.now()) is None
            cursor.execute("SELECT pg_advisory_unlock(%s)", [sweeps.ONE_AT_A_TIME])
    finally:
        other.close()
    assert sweeps.add_missing_jobs(now=timezone.now()) == 1


def test_what_waits_is_published() -> None:
    inbound()
    now = timezone.now()
    sweeps.measure(now=now)
    labels = {"task": "process_message"}
    assert REGISTRY.get_sample_value("chatauth_jobs_waiting", labels) == 1
    assert 59 < (REGISTRY.get_sample_value("chatauth_jobs_overdue_seconds", labels) or 0) < 120
    InboundMessage.objects.update(processed_at=now)
    sweeps.measure(now=now)
    assert REGISTRY.get_sample_value("chatauth_jobs_waiting", labels) == 0
    assert REGISTRY.get_sample_value("chatauth_jobs_overdue_seconds", labels) == 0
