"""Gathers the packages' tables, because Django looks for them here."""

from authenticate_app.accounts.models import LoginName, Role, User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors.models import OneTimeCodeDevice, Passkey, RecoveryCode, SpentChallenge
from authenticate_app.keys.models import SigningKey
from authenticate_app.messages.models import (
    Business,
    Conversation,
    InboundMessage,
    LinkedIdentity,
    MspAccount,
    OutboundMessage,
    SignInRequest,
    SignInResult,
    SignInStep,
    WebhookDelivery,
)
from authenticate_app.oauth.models import AccessToken, Client, Grant, IDToken, RefreshToken
from authenticate_app.revisions.models import Revision
from authenticate_app.sandbox.models import SandboxAsker, SandboxBubble, SandboxExchange, SandboxPayload, SandboxPhone
from authenticate_app.throttling.models import FailureCount, KnownAddress

__all__ = [
    "AccessToken",
    "AuditEvent",
    "Business",
    "Client",
    "Conversation",
    "FailureCount",
    "Grant",
    "IDToken",
    "InboundMessage",
    "KnownAddress",
    "LinkedIdentity",
    "LoginName",
    "MspAccount",
    "OneTimeCodeDevice",
    "OutboundMessage",
    "Passkey",
    "RecoveryCode",
    "RefreshToken",
    "Revision",
    "Role",
    "SandboxAsker",
    "SandboxBubble",
    "SandboxExchange",
    "SandboxPayload",
    "SandboxPhone",
    "SignInRequest",
    "SignInResult",
    "SignInStep",
    "SigningKey",
    "SpentChallenge",
    "User",
    "WebhookDelivery",
]
