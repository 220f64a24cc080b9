"""Rows that belong to another one and are edited on its page: whoever may change that one may change them."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from authenticate_app.audit.forms import TableRowForm, WholeRowForm


class _Owned:
    """Asks for the owner's permissions; the rows' own mean nothing by themselves."""

    parent_model: Any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change") or (obj is None and self._may(request, "add"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def _may(self, request: HttpRequest, deed: str) -> bool:
        owner = self.parent_model._meta
        return bool(request.user.has_perm(f"{owner.app_label}.{get_permission_codename(deed, owner)}"))


class OwnedRows(_Owned, TabularInline):
    """Owned rows, one to a line."""

    form = TableRowForm
    extra = 0


class OwnedBlocks(_Owned, StackedInline):
    """Owned rows, each in a block of its own."""

    form = WholeRowForm
    extra = 0
