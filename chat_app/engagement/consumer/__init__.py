"""The consumer API: what a customer's client calls (docs/chat-server.md, "Consumer API")."""

from chat_app.engagement.consumer import asking, entering, polls, talking
from chat_app.engagement.http.operations import by_name

OPERATIONS = by_name(
    entering.REQUEST_ENGAGEMENT,
    polls.GET_MESSAGES,
    *talking.OPERATIONS,
    asking.GET_QUEUE_STATS,
    asking.GET_ENGAGEMENT_QUEUE,
)
