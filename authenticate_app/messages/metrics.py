"""Counters of Apple Messages for Business; the numbers of all processes are added up where they are published.

Those whose outcomes are a vocabulary of their own stand with it: ``receiving_metrics``, ``delivery_metrics`` and
``job_metrics``.
"""

from prometheus_client import Counter, Histogram

# Sign-ins

ASKED = Counter("chatauth_messages_sign_ins_asked", "Requests to sign in, by flow.", ("flow",))
ENDED = Counter(
    "chatauth_messages_sign_ins_ended",
    "Requests to sign in that ended, by flow, state and reason.",
    ("flow", "state", "reason"),
)
SECONDS = Histogram(
    "chatauth_messages_sign_in_seconds",
    "How long customers took who signed in, from the request to its end, by flow.",
    ("flow",),
    buckets=(5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900),
)
STATES_REFUSED = Counter(
    "chatauth_messages_states_refused", "States that our callback refused, by reason.", ("reason",)
)
REPLIES = Counter("chatauth_messages_replies", "Replies of phones to our requests, by what they are worth.", ("worth",))
PROCESSED = Counter("chatauth_messages_processed", "Messages from customers that were processed, by kind.", ("kind",))

# The callback, and identity providers

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

# Apple's gateway

MESSAGES_SENT = Counter("chatauth_gateway_messages", "Attempts to send a message to the gateway.", ("outcome",))
LARGE_REPLIES = Counter("chatauth_large_replies", "Replies fetched from where Apple stores large ones.", ("outcome",))

# The REST API

ANSWERS = Counter(
    "chatauth_messages_api", "Answers of the Apple Messages API by view and outcome.", ("view", "outcome")
)
