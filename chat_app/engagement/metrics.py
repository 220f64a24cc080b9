"""What is counted of the chat server."""

from prometheus_client import Counter

REQUESTS = Counter(
    "chatauth_engagement_requests",
    "requestEngagement by outcome: begun, resumed, taken_over, or the reason of the refusal.",
    ("outcome",),
)
MESSAGES = Counter(
    "chatauth_engagement_messages",
    "Messages by who wrote them (consumer, agent) and what came of them: stored, repeated, off_the_record, refused.",
    ("side", "outcome"),
)
CONCLUSIONS = Counter("chatauth_engagement_conclusions", "Engagements that ended, by reason.", ("reason",))
