"""Counters of what identity providers say of customers; the numbers of all processes are added up where published."""

from prometheus_client import Counter, Histogram

RETURNS = Counter("chatauth_messages_returns", "Browsers that came to the callback, by outcome.", ("outcome",))
IDENTITIES = Counter(
    "chatauth_messages_identities", "Customers who signed in, by how their user was found.", ("outcome",)
)
PROVIDER_CALLS = Counter(
    "chatauth_messages_provider_calls",
    "Calls of other identity providers, by endpoint and outcome.",
    ("endpoint", "outcome"),
)
PROVIDER_SECONDS = Histogram(
    "chatauth_messages_provider_seconds",
    "How long other identity providers took to answer, by endpoint.",
    ("endpoint",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
