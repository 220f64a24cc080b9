"""What is counted of the API."""

from prometheus_client import Counter

ANSWERS = Counter(
    "chatauth_messages_api", "Answers of the Apple Messages API by view and outcome.", ("view", "outcome")
)
