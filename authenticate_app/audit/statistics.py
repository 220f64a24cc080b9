"""Figures for the admin's start page, from a bounded number of events."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from authenticate_app.audit.events import REFUSALS
from authenticate_app.audit.models import AuditEvent

SPAN: Final = timedelta(hours=24)

LATEST_REFUSALS: Final = 20_000
"""Refusals that the chart is made from: the newest ones, found by an index on event and time."""


def refusals_by_reason(*, now: datetime) -> list[tuple[str, str, int]]:
    """Count the refusals of the last day by event and reason, the most first; one query."""
    refused = AuditEvent.objects.filter(event__in=[str(event) for event in REFUSALS], at__gte=now - SPAN)
    latest = refused.order_by("-at").values("pk")[:LATEST_REFUSALS]
    counted = AuditEvent.objects.filter(pk__in=latest).order_by().values("event", "reason").annotate(count=Count("pk"))
    found = [(row["event"], row["reason"], row["count"]) for row in counted]
    return sorted(found, key=lambda each: -each[2])
