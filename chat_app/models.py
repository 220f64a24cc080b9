"""Gathers the packages' tables, because Django looks for them here."""

from chat_app.engagement.models import (
    AgentSession,
    ClockReading,
    Engagement,
    Mailbox,
    MailboxEvent,
    Offer,
    Participant,
    QueueFigures,
    TranscriptMessage,
)
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
    "AgentSession",
    "AssignmentRule",
    "ChatSession",
    "ChatToken",
    "ClockReading",
    "Criterion",
    "Engagement",
    "Holiday",
    "Interface",
    "Mailbox",
    "MailboxEvent",
    "Offer",
    "Participant",
    "ProfileOption",
    "ProfileOptionValue",
    "Queue",
    "QueueFigures",
    "QueueOverflow",
    "QueueResource",
    "ServiceCalendar",
    "ServicePeriod",
    "Team",
    "TranscriptMessage",
]
