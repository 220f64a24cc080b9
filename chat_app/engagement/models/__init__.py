"""Tables of the chat server."""

from chat_app.engagement.models.agents import AgentSession, Offer
from chat_app.engagement.models.clockwork import ClockReading, QueueFigures
from chat_app.engagement.models.engagements import Engagement, Participant
from chat_app.engagement.models.mailboxes import Mailbox, MailboxEvent
from chat_app.engagement.models.transcripts import TranscriptMessage

__all__ = [
    "AgentSession",
    "ClockReading",
    "Engagement",
    "Mailbox",
    "MailboxEvent",
    "Offer",
    "Participant",
    "QueueFigures",
    "TranscriptMessage",
]
