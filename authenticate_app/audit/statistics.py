"""Figures for the admin's start page, from a bounded number of events."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from authenticate_app.audit.events import REFUSALS
from authenticate_app.audit.models import AuditEvent

SPAN: Final = timedelta(hours=24)

LATEST_REFUSALS: Final = 20_000
"""Refusals that the chart is made from: the newest ones, found by an index on event and time."""


def refusals_by_reason(*, now: datetime) -> list[tuple[str, str, int]]:
    """Count the refusals of the last day by event and reason, the most first; one query."""
    refused = AuditEvent.objects.filter(event__in=[str(event) for event in REFUSALS], at__gte=now - SPAN)
    latest = refused.order_by("-at").values_list("event", "reason")[:LATEST_REFUSALS]
    counts = Counter(latest)
    return [(event, reason, count) for (event, reason), count in counts.most_common()]
