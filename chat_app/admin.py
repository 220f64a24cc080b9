"""Gathers the packages' admin pages, because Django looks for them here."""

from chat_app.routing import admin as routing_admin
from chat_app.sessions.admin import ChatSessionAdmin

__all__ = ["ChatSessionAdmin", "routing_admin"]
