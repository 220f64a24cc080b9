"""Admin pages of Apple Messages for Business."""

from authenticate_app.messages.admin.businesses import BusinessAdmin, MspAccountAdmin
from authenticate_app.messages.admin.conversations import ConversationAdmin
from authenticate_app.messages.admin.deliveries import WebhookDeliveryAdmin
from authenticate_app.messages.admin.identities import LinkedIdentityAdmin
from authenticate_app.messages.admin.sign_ins import SignInRequestAdmin

__all__ = [
    "BusinessAdmin",
    "ConversationAdmin",
    "LinkedIdentityAdmin",
    "MspAccountAdmin",
    "SignInRequestAdmin",
    "WebhookDeliveryAdmin",
]
