"""Counters of what the endpoints answer; the numbers of all workers are added up where they are published."""

from prometheus_client import Counter

ANSWERS = Counter(
    "chatauth_oauth_answers", "Answers of the OAuth endpoints, by endpoint and outcome.", ("endpoint", "outcome")
)
TOKENS = Counter(
    "chatauth_oauth_tokens", "Tokens issued, by grant type and by how they prove themselves.", ("grant", "form")
)
REUSES = Counter("chatauth_oauth_reuses", "Codes and refresh tokens that came a second time.", ("kind",))
"""Each is a theft, or a client that repeats itself."""
