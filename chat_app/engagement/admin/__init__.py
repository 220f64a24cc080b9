"""Admin pages of the chat server."""

from chat_app.engagement.admin.agent_sessions import AgentSessionAdmin
from chat_app.engagement.admin.engagements import EngagementAdmin

__all__ = ["AgentSessionAdmin", "EngagementAdmin"]
