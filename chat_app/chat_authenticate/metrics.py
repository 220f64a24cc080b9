"""What is counted of chatAuthenticate."""

from prometheus_client import Counter

OUTCOMES = Counter(
    "chatauth_chat_authenticate",
    "Requests for a chat token by outcome: begun, resumed, or the code of the error.",
    ("outcome",),
)
IGNORED_ATTRIBUTES = Counter(
    "chatauth_chat_authenticate_ignored_attributes",
    "Unknown attributes that were ignored, because UNKNOWN_ATTRIBUTES says so.",
    ("name",),
)
BEGUN, RESUMED = OUTCOMES.labels("begun"), OUTCOMES.labels("resumed")
RETRIES = Counter(
    "chatauth_chat_authenticate_retries",
    "Requests that were worked through again, because what was remembered turned out to be in doubt.",
)
