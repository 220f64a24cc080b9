"""Gathers the packages' admin pages, because Django looks for them here."""

from authenticate_app.accounts.admin import RoleAdmin, UserAdmin
from authenticate_app.audit.admin import AuditEventAdmin
from authenticate_app.keys.admin import SigningKeyAdmin
from authenticate_app.throttling.admin import FailureCountAdmin

__all__ = ["AuditEventAdmin", "FailureCountAdmin", "RoleAdmin", "SigningKeyAdmin", "UserAdmin"]
