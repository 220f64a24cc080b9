"""What a caller must hold, as permissions of Django REST framework."""

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from authenticate_app.accounts.callers import Caller


class RoleMissing(PermissionDenied):
    """The caller does not hold the role ``name``."""

    default_code = "role-missing"

    def __init__(self, name: str) -> None:
        super().__init__(_("The role %(name)s is missing.") % {"name": name}, code=self.default_code)
        self.name = name


class EntitlementMissing(PermissionDenied):
    """None of the caller's roles carries the entitlement ``name``."""

    default_code = "entitlement-missing"

    def __init__(self, name: str) -> None:
        super().__init__(_("The entitlement %(name)s is missing.") % {"name": name}, code=self.default_code)
        self.name = name


class CallerPermission(BasePermission):
    """A permission that is asked of a ``Caller``; a view names its instances in ``get_permissions``."""

    def __init__(self, name: str) -> None:
        self.name = name


class HasRole(CallerPermission):
    """The caller must hold the role ``name``; else ``RoleMissing`` is raised."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer whether a caller is there; one without the role raises ``RoleMissing``."""
        caller = request.user
        if not isinstance(caller, Caller):
            return False
        if self.name not in caller.roles:
            raise RoleMissing(self.name)
        return True


class HasEntitlement(CallerPermission):
    """One of the caller's roles must carry the entitlement ``name``; else ``EntitlementMissing`` is raised."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer whether a caller is there; one without the entitlement raises ``EntitlementMissing``."""
        caller = request.user
        if not isinstance(caller, Caller):
            return False
        if self.name not in caller.entitlements:
            raise EntitlementMissing(self.name)
        return True
