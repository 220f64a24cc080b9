"""The names of what ``getMessages`` tells, and the words in it (docs/chat-server.md has the table)."""

from enum import StrEnum


class MessageName(StrEnum):
    """What a customer's client is told: the vendor's names."""

    WAIT_INFORMATION_CHANGED = "RNEngagementWaitInformationChangedMessage"
    PARTICIPANT_ADDED = "RNEngagementParticipantAddedMessage"
    PARTICIPANT_LEFT = "RNEngagementParticipantLeftMessage"
    CONNECTION_STATE_CHANGED = "RNEngagementParticipantConnectionStateChangedMessage"
    ROLE_CHANGED = "RNEngagementRoleChangedMessage"
    MESSAGE_POSTED = "RNEngagementMessagePostedMessage"
    ACTIVITY_CHANGED = "RNEngagementActivityChangedMessage"
    CONCLUDED = "RNEngagementConcludedMessage"
    CONFIGURATION_CHANGED = "RNEngagementConfigurationChangedMessage"


class AgentMessageName(StrEnum):
    """What an agent's client is told besides: names of our own, like the one that the vendor documents."""

    OFFERED = "ChatOffered"
    OFFER_WITHDRAWN = "ChatOfferWithdrawn"
    ASSIGNED = "ChatAssigned"
    UNASSIGNED = "ChatUnassigned"
    PROPERTY_CHANGED = "ChatPropertyChanged"
    SESSION_ENDED = "ChatSessionEnded"
    GET_TIMEOUT = "ChatGetTimeout"


class ActivityMode(StrEnum):
    """The ``mode`` of ``RNEngagementActivityChangedMessage``; customers either listen or respond."""

    NONE = "NONE"
    AWAY = "AWAY"
    LISTENING = "LISTENING"
    RESEARCHING = "RESEARCHING"
    RESPONDING = "RESPONDING"
