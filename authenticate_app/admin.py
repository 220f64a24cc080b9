"""Gathers the packages' admin pages, because Django looks for them here."""

from authenticate_app.accounts.admin_roles import RoleAdmin
from authenticate_app.audit.admin import AuditEventAdmin
from authenticate_app.factors.admin import UserWithFactorsAdmin
from authenticate_app.keys.admin import SigningKeyAdmin
from authenticate_app.messages.admin import (
    BusinessAdmin,
    ConversationAdmin,
    LinkedIdentityAdmin,
    MspAccountAdmin,
    SignInRequestAdmin,
    WebhookDeliveryAdmin,
)
from authenticate_app.oauth.admin import ClientAdmin
from authenticate_app.oauth.admin_tokens import AccessTokenAdmin, GrantAdmin, RefreshTokenAdmin
from authenticate_app.throttling.admin import FailureCountAdmin

__all__ = [
    "AccessTokenAdmin",
    "AuditEventAdmin",
    "BusinessAdmin",
    "ClientAdmin",
    "ConversationAdmin",
    "FailureCountAdmin",
    "GrantAdmin",
    "LinkedIdentityAdmin",
    "MspAccountAdmin",
    "RefreshTokenAdmin",
    "RoleAdmin",
    "SignInRequestAdmin",
    "SigningKeyAdmin",
    "UserWithFactorsAdmin",
    "WebhookDeliveryAdmin",
]
