"""The agent API: what an agent's client calls (docs/chat-server.md, "Agent API")."""

from chat_app.engagement.agent import conversing, handing, polls, signing, working
from chat_app.engagement.http.operations import by_name

OPERATIONS = by_name(
    *signing.OPERATIONS,
    *working.OPERATIONS,
    polls.GET_MESSAGES,
    *conversing.OPERATIONS,
    *handing.OPERATIONS,
)
