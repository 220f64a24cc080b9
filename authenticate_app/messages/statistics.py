"""Figures for the admin's start page, from a bounded number of requests."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from authenticate_app.messages.models import SignInRequest
from authenticate_app.time_ordered import first_time_ordered_id

SPAN: Final = timedelta(hours=24)
LATEST_SIGN_INS: Final = 20_000
"""Requests that the charts are made from: the newest ones, found by their ids."""
BOUNDS_SECONDS: Final = (10, 20, 30, 60, 120, 300, 900)
"""Upper ends of the classes of times to sign in."""


def sign_ins_by_state(*, now: datetime) -> list[tuple[str, int]]:
    """Count the last day's requests by state, the most first; one query."""
    return Counter(state for state, _created, _ended in _latest(now)).most_common()


def times_to_sign_in(*, now: datetime) -> list[tuple[int, int]]:
    """Count the last day's successes by how long they took: (at most so many seconds, how many); one query."""
    counts = dict.fromkeys(BOUNDS_SECONDS, 0)
    for state, created_at, ended_at in _latest(now):
        if state == SignInRequest.State.SUCCEEDED and ended_at is not None:
            seconds = (ended_at - created_at).total_seconds()
            counts[next((bound for bound in BOUNDS_SECONDS if seconds <= bound), BOUNDS_SECONDS[-1])] += 1
    return list(counts.items())


def _latest(now: datetime) -> list[tuple[str, datetime, datetime | None]]:
    since = SignInRequest.objects.filter(pk__gte=first_time_ordered_id(at=now - SPAN))
    return list(since.order_by("-pk").values_list("state", "created_at", "ended_at")[:LATEST_SIGN_INS])
