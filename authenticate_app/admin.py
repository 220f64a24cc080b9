"""Gathers the packages' admin pages, because Django looks for them here."""

from authenticate_app.accounts.admin_roles import RoleAdmin
from authenticate_app.audit.admin import AuditEventAdmin
from authenticate_app.factors.admin import UserWithFactorsAdmin
from authenticate_app.keys.admin import SigningKeyAdmin
from authenticate_app.oauth import admin as oauth_admin
from authenticate_app.throttling.admin import FailureCountAdmin

__all__ = [
    "AuditEventAdmin",
    "FailureCountAdmin",
    "RoleAdmin",
    "SigningKeyAdmin",
    "UserWithFactorsAdmin",
    "oauth_admin",
]
