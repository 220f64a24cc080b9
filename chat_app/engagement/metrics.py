"""What is counted of the chat server."""

from prometheus_client import Counter, Gauge

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
POLLS = Counter(
    "chatauth_engagement_polls", "Polls by what they were answered with: events, nothing, or a refusal.", ("outcome",)
)
WAITING_POLLS = Gauge("chatauth_engagement_waiting_polls", "Polls that wait.", multiprocess_mode="livesum")
REFUSALS = Counter(
    "chatauth_engagement_refusals",
    "Calls of the engagement API that were refused, by error and reason.",
    ("error", "reason"),
)
OFFERS = Counter(
    "chatauth_engagement_offers",
    "Offers to agents: made, accepted, declined, expired, withdrawn; picked: taken from a manual queue without one.",
    ("outcome",),
)
HANDOVERS = Counter(
    "chatauth_engagement_handovers",
    "Engagements that agents gave away: rerouted_to_queue, rerouted_to_agent, released.",
    ("outcome",),
)
AGENT_SESSIONS = Counter(
    "chatauth_engagement_agent_sessions",
    "Agents' sessions: signed_on, and how they ended: logged_off, overridden, disconnected, access_lost.",
    ("outcome",),
)
