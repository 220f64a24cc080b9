"""What is measured of messages, sign-ins and webhooks that wait for a job; ``background`` counts the jobs."""

from prometheus_client import Gauge

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
