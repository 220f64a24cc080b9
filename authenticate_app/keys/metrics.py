"""Counters of what happens to signing keys."""

from django.db import transaction
from prometheus_client import Counter

from authenticate_app.audit.events import Event

SIGNING_KEYS = Counter("chatauth_signing_keys", "What happened to signing keys, by event.", ("event",))


def count_once_committed(event: Event) -> None:
    """Count one event when the transaction that it happened in is committed."""
    transaction.on_commit(SIGNING_KEYS.labels(event.value).inc)
