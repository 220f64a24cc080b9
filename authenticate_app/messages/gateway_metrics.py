"""What is counted of Apple's gateway."""

from prometheus_client import Counter

MESSAGES_SENT = Counter("chatauth_gateway_messages", "Attempts to send a message to the gateway.", ("outcome",))
LARGE_REPLIES = Counter("chatauth_large_replies", "Replies fetched from where Apple stores large ones.", ("outcome",))
