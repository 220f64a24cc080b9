"""Tables of Apple Messages for Business."""

from authenticate_app.messages.models.businesses import Business, MspAccount
from authenticate_app.messages.models.conversations import Conversation, InboundMessage, OutboundMessage
from authenticate_app.messages.models.deliveries import WebhookDelivery
from authenticate_app.messages.models.sign_ins import LinkedIdentity, SignInRequest, SignInResult, SignInStep

__all__ = [
    "Business",
    "Conversation",
    "InboundMessage",
    "LinkedIdentity",
    "MspAccount",
    "OutboundMessage",
    "SignInRequest",
    "SignInResult",
    "SignInStep",
    "WebhookDelivery",
]
