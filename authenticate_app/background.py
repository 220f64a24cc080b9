"""What all background jobs share: a run is counted, and what goes wrong is logged and tried again.

A job is a trigger that may come twice: whoever is killed in the middle of one leaves it to another process.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from prometheus_client import Counter

log = structlog.get_logger("chatauth.jobs")

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
DOUBLINGS = 10
"""After so many the longest pause is reached."""


class Outcome(StrEnum):
    """How a run of a job ended."""

    DONE = "done"
    AGAIN = "again"
    """It is to be tried again later: by a gateway that was busy, for example."""
    FAILED = "failed"


JOBS = Counter("chatauth_jobs", "Runs of background jobs, by task and outcome.", ("task", "outcome"))


class ComeAgain(Exception):
    """The job is to run again at that time; nothing went wrong with it."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"again at {at:%H:%M:%S}")
        self.at = at


class Patience(BaseRetryStrategy):
    """Never gives up: what is no longer to be done, the service finds out by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Return when the job runs again: when it said, or later and later."""
        at = exception.at if isinstance(exception, ComeAgain) else timezone.now() + pause(job.attempts)
        return RetryDecision(retry_at=at)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures: twice as long each time, and never all at the same time."""
    longest = min(FIRST_PAUSE * 2.0 ** min(failures, DOUBLINGS), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def run(task: str, act: Callable[[datetime], Any]) -> None:
    """Run a service, count how that ended, log what went wrong.

    Raises:
        ComeAgain: the service says so, by the time that it returns.
        Exception: whatever the service raises.
    """
    now = timezone.now()
    try:
        again_after = act(now)
    except (OperationalError, InterfaceError) as error:
        _count(task, Outcome.FAILED)
        log.warning("job interrupted", task=str(task), error=type(error).__name__)
        raise
    except Exception:
        _count(task, Outcome.FAILED)
        log.error("job failed", task=str(task), exc_info=True)  # noqa: G201 - structlog
        raise
    if isinstance(again_after, timedelta):
        _count(task, Outcome.AGAIN)
        raise ComeAgain(timezone.now() + again_after)
    _count(task, Outcome.DONE)


def _count(task: str, outcome: Outcome) -> None:
    JOBS.labels(task, outcome.value).inc()
