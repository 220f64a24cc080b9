"""Gathers the packages' admin pages, because Django looks for them here."""

from chat_app.engagement import admin as engagement_admin
from chat_app.routing import admin as routing_admin
from chat_app.sessions.admin import ChatSessionAdmin

__all__ = ["ChatSessionAdmin", "engagement_admin", "routing_admin"]
