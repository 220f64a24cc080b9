"""Counters of Apple Messages for Business; the numbers of all processes are added up where they are published."""

from prometheus_client import Counter, Histogram

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
