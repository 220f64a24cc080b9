"""The admin page of identities elsewhere: who is known by which issuer as whom. They can be taken away."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.messages.models import LinkedIdentity


@admin.register(LinkedIdentity)
class LinkedIdentityAdmin(AuditedModelAdmin):
    """Identities elsewhere. A link is made by signing in; deleting it makes the next sign-in look anew."""

    list_display: ClassVar = ["user", "issuer", "subject", "created_at"]
    list_select_related: ClassVar = ["user"]
    search_fields: ClassVar = ["subject__exact", "user__username__startswith"]
    search_help_text = _("Whole subject, or beginning of the user's name")
    fields: ClassVar = ["user", "issuer", "subject", "created_at"]
    actions: ClassVar[Any] = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody links by hand what only a sign-in proves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for adding."""
        return False
