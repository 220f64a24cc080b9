"""Counters of what the endpoints answer; the numbers of all workers are added up where they are published."""

from functools import lru_cache

from prometheus_client import Counter

ANSWERS = Counter(
    "chatauth_oauth_answers", "Answers of the OAuth endpoints, by endpoint and outcome.", ("endpoint", "outcome")
)
TOKENS = Counter(
    "chatauth_oauth_tokens", "Tokens issued, by grant type and by how they prove themselves.", ("grant", "form")
)
REFUSALS = Counter(
    "chatauth_oauth_refusals",
    "Token requests of clients that proved themselves, and got nothing, by reason.",
    ("reason",),
)
REUSES = Counter("chatauth_oauth_reuses", "Codes and refresh tokens that came a second time.", ("kind",))
"""Each is a theft, or a client that repeats itself."""


def count_answer(endpoint: str, outcome: str) -> None:
    """Count an answer of an endpoint."""
    _child(ANSWERS, endpoint, outcome).inc()


def count_token(grant: str, *, is_signed: bool) -> None:
    """Count an access token."""
    _child(TOKENS, grant, "signed" if is_signed else "opaque").inc()


@lru_cache(maxsize=1024)
def _child(metric: Counter, *labels: str) -> Counter:
    """Find the counter of these labels; there are few, and the metric's own way to them is long."""
    return metric.labels(*labels)
