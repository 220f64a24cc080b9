"""Clearing counts of failures on behalf of an administrator, which is audited."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.throttling.models import FailureCount
from authenticate_app.throttling.services import clear


def clear_counts(request: HttpRequest, counts: QuerySet[FailureCount]) -> int:
    """Let everybody whom ``counts`` count try again at once, and audit each; answers how many there were."""
    with transaction.atomic():
        locked = list(counts.select_for_update(of=("self",)).order_by("pk"))
        for count in locked:
            _record_clearing(request, count)
        return clear(FailureCount.objects.filter(pk__in=[count.pk for count in locked]))


def clear_counts_of_user(request: HttpRequest, user: Any) -> int:
    """Let ``user`` try again at once from everywhere; answers how many counts were running.

    For the moment at which failures of the past say nothing any more: the user was enabled, or has a new password.
    What is counted by address alone stays, since it concerns others too.
    """
    return clear_counts(request, FailureCount.objects.filter(user=user, window_ends_at__gt=timezone.now()))


def _record_clearing(request: HttpRequest, count: FailureCount) -> None:
    changes = {"failures": [count.failures, 0]}
    record_of_request(request, event=Event.COUNTS_CLEARED, actor=request.user, target=count, changes=changes)
