"""Gathers the packages' tables, because Django looks for them here."""

from chat_app.routing.models import (
    AssignmentRule,
    Criterion,
    Holiday,
    Interface,
    ProfileOption,
    ProfileOptionValue,
    Queue,
    QueueOverflow,
    QueueResource,
    ServiceCalendar,
    ServicePeriod,
    Team,
)
from chat_app.sessions.models import ChatSession, ChatToken

__all__ = [
    "AssignmentRule",
    "ChatSession",
    "ChatToken",
    "Criterion",
    "Holiday",
    "Interface",
    "ProfileOption",
    "ProfileOptionValue",
    "Queue",
    "QueueOverflow",
    "QueueResource",
    "ServiceCalendar",
    "ServicePeriod",
    "Team",
]
