"""Admin pages of codes and tokens: who holds what of which client, reading only. What they are is stored nowhere.

Whoever may see clients sees them; revoking is done on the page of a client.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from authenticate_app.audit.paging import NewestFirst, is_key
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken

VALID, OVER = "valid", "over"
STATES: dict[str, Any] = {VALID: _("valid"), OVER: _("expired, used or revoked")}


class ClientFilter(DropdownFilter):
    """Those of one client."""

    title = _("client")
    parameter_name = "client"
    narrows_keys = True  # the index on the foreign key

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(client.pk), str(client)) for client in Client.objects.only("name", "display_name", "client_id")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        chosen = self.value() or ""
        return queryset.filter(application_id=int(chosen)) if is_key(chosen) else queryset


class GivenOutAdmin(ReadOnlyModelAdmin):
    """A list of what clients were given, the newest first, never counted."""

    list_display: ClassVar = ["created", "application", "holder", "scopes", "state", "expires"]
    list_display_links = None
    fields: ClassVar = ["created", "application", "holder", "scopes", "expires"]
    readonly_fields: ClassVar = ["holder", "scopes"]
    list_filter: ClassVar = [ClientFilter]
    list_filter_submit = True
    list_select_related: ClassVar = ["application", "user"]
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirst]:
        return NewestFirst

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Read nothing that recognizes a code or a token."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer(*self.not_read)

    not_read: ClassVar[tuple[str, ...]] = ("token_checksum",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see clients may see what they were given."""
        return bool(request.user.has_perm("authenticate_app.view_client"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description=_("user"))
    def holder(self, row: Any) -> str:
        return row.user.username if row.user else "–"

    @display(description=_("scopes"))
    def scopes(self, row: Any) -> str:
        return str(row.scope)

    @display(description=_("state"), label={VALID: "success", OVER: "default"})
    def state(self, row: Any) -> tuple[str, Any]:
        is_over = row.expires <= timezone.now() or getattr(row, "revoked", None) or getattr(row, "used_at", None)
        state = OVER if is_over else VALID
        return state, STATES[state]


@admin.register(AccessToken)
class AccessTokenAdmin(GivenOutAdmin):
    """Access tokens."""


@admin.register(RefreshToken)
class RefreshTokenAdmin(GivenOutAdmin):
    """Refresh tokens: sign-ins that go on."""

    list_display: ClassVar = ["created", "application", "holder", "scopes", "state", "updated", "expires"]


@admin.register(Grant)
class GrantAdmin(GivenOutAdmin):
    """Authorization codes, which live for a minute."""

    not_read: ClassVar[tuple[str, ...]] = ("code", "code_challenge", "nonce")
