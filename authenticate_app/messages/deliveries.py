"""Webhooks to the businesses' own systems, as Standard Webhooks describes them (standardwebhooks.com).

Each is stored in the transaction of what it tells of, and sent until the receiver takes it: at least once, always with
the same ``webhook-id``, by which the receiver knows one that it has had. The pauses between attempts grow, and after a
day it is given up, which the admin shows and can turn back.
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.messages import jobs
from authenticate_app.messages.delivery_metrics import Outcome, count
from authenticate_app.messages.models import Business, WebhookDelivery
from authenticate_app.messages.receivers import Answer, Crowded, post, receivers
from authenticate_app.time_ordered import new_time_ordered_id

State = WebhookDelivery.State

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=8),
    timedelta(hours=8),
)
"""Between the attempts: a day all in all, about as Standard Webhooks recommends."""
JITTER = 0.1
"""By which part a pause is longer or shorter, so that a receiver that comes back is not run over."""
LEASE = timedelta(seconds=30)
"""An attempt whose process was killed is made again after so long: longer than any attempt takes."""
GONE = 410
"""The receiver wants no more (Standard Webhooks, "HTTP response codes")."""
WORDS = 200


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that this process alone attempts now."""

    id: UUID
    attempts: int
    payload: Any
    business: Business


def announce(*, business: Business, event: str, payload: Mapping[str, Any], now: datetime) -> WebhookDelivery | None:
    """Store what the business's system is to be told, and have it sent once the transaction is committed.

    ``payload`` becomes the ``data`` of the webhook and holds no secrets; what JSON in PostgreSQL does not hold (NUL,
    lone surrogates) is replaced. Returns None for a business without a webhook address.
    """
    if not business.webhook_url:
        return None
    with transaction.atomic():
        delivery = WebhookDelivery.objects.create(
            id=new_time_ordered_id(at=now),
            business=business,
            event=event,
            payload=_storable({"type": event, "timestamp": _iso(now), "data": payload}),
            created_at=now,
            next_attempt_at=now,
        )
        jobs.defer_deliver_webhook(delivery_id=delivery.pk)
    return delivery


def repeat(*, delivery: WebhookDelivery, now: datetime) -> bool:
    """Send a webhook once more that was delivered or given up; all attempts begin anew. False while it is waiting."""
    with transaction.atomic():
        ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=State.WAITING)
        repeated = ended.update(state=State.WAITING, attempts=0, next_attempt_at=now, delivered_at=None) == 1
        if repeated:
            jobs.defer_deliver_webhook(delivery_id=delivery.pk)
    return repeated


def attempt(*, delivery_id: UUID, now: datetime) -> timedelta | None:
    """Try once to deliver, unless it is delivered, not due yet, or another process is at it.

    Returns after how long the next attempt is due; None where none is, or where it was not ours to make.
    """
    business_pk = WebhookDelivery.objects.filter(pk=delivery_id).values_list("business_id", flat=True).first()
    if business_pk is None:
        return None
    try:
        with receivers.place(business_pk, now=now):
            claimed = _claim(delivery_id, now)
            if claimed is None:
                return None
            answer = post(business=claimed.business, delivery_id=claimed.id, body=_body(claimed.payload), now=now)
            receivers.note(business_pk, answer, now=now)
    except Crowded as crowded:
        return _postpone(delivery_id, crowded.wait, now)
    return _conclude(claimed, answer, now)


def _claim(delivery_id: UUID, now: datetime) -> _Claimed | None:
    """Take what is due out of everybody else's hands, until the lease ends."""
    due = WebhookDelivery.objects.filter(pk=delivery_id, state=State.WAITING, next_attempt_at__lte=now)
    if due.update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE) != 1:
        return None
    row = WebhookDelivery.objects.select_related("business").get(pk=delivery_id)
    return _Claimed(row.pk, row.attempts, row.payload, row.business)


def _postpone(delivery_id: UUID, wait: timedelta, now: datetime) -> timedelta | None:
    """Leave the receiver alone for a while; that counts as no attempt."""
    due = WebhookDelivery.objects.filter(pk=delivery_id, state=State.WAITING, next_attempt_at__lte=now)
    if due.update(next_attempt_at=now + wait) != 1:
        return None
    count(Outcome.POSTPONED)
    return wait


def _conclude(claimed: _Claimed, answer: Answer, now: datetime) -> timedelta | None:
    if answer.is_taken:
        _end(claimed, State.DELIVERED, answer, now)
        return None
    if answer.status == GONE or claimed.attempts > len(PAUSES):
        _end(claimed, State.FAILED, answer, now)
        return None
    wait = PAUSES[claimed.attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load
    _ours(claimed).update(next_attempt_at=now + wait, last_answer=answer.words[:WORDS])
    count(Outcome.REFUSED)
    return wait


def _end(claimed: _Claimed, state: WebhookDelivery.State, answer: Answer, now: datetime) -> None:
    is_delivered = state is State.DELIVERED
    with transaction.atomic():
        ended = _ours(claimed).update(
            state=state,
            last_answer=answer.words[:WORDS],
            next_attempt_at=None,
            delivered_at=now if is_delivered else None,
        )
        if ended and not is_delivered:
            target = WebhookDelivery(pk=claimed.id)
            record(event=Event.MESSAGES_WEBHOOK_GIVEN_UP, reason=answer.words, target=target, now=now)
    if ended:
        count(Outcome.DELIVERED if is_delivered else Outcome.GIVEN_UP)


def _ours(claimed: _Claimed) -> Any:
    """The row, as long as nobody has attempted or repeated it since."""
    return WebhookDelivery.objects.filter(pk=claimed.id, state=State.WAITING, attempts=claimed.attempts)


def _body(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ESCAPES = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<unstorable>\\u0000|\\ud[89a-f][0-9a-f]{2})|\\.")


def _storable(payload: Mapping[str, Any]) -> Any:
    text = json.dumps(payload, cls=DjangoJSONEncoder)
    return json.loads(_ESCAPES.sub(lambda escape: r"\ufffd" if escape["unstorable"] else escape[0], text))
