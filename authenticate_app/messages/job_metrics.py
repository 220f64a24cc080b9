"""What is counted of background jobs."""

from enum import StrEnum

from prometheus_client import Counter, Gauge


class Outcome(StrEnum):
    """How a run of a job ended."""

    DONE = "done"
    AGAIN = "again"
    """It is to be tried again later: by a gateway that was busy, for example."""
    FAILED = "failed"


JOBS = Counter("chatauth_jobs", "Runs of background jobs, by task and outcome.", ("task", "outcome"))
WAITING = Gauge(
    "chatauth_jobs_waiting",
    "What waits to be worked on, by task; at most 10,000 are counted.",
    ("task",),
    multiprocess_mode="livemostrecent",
)
OVERDUE = Gauge(
    "chatauth_jobs_overdue_seconds",
    "For how long the oldest of what waits could have been worked on, by task.",
    ("task",),
    multiprocess_mode="livemostrecent",
)


def count(task: str, outcome: Outcome) -> None:
    """Count one run."""
    JOBS.labels(task, outcome.value).inc()
