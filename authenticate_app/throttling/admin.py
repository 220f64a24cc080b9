"""The admin page of failed sign-ins."""

import math
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.throttling.clearing import clear_counts
from authenticate_app.throttling.models import FailureCount

Scope = FailureCount.Scope
NOBODYS = (Scope.ADDRESS, Scope.PASSKEYS, Scope.ASKED)
"""What is counted for no user and no client in particular."""


@admin.register(FailureCount)
class FailureCountAdmin(ReadOnlyModelAdmin):
    """Counts of failed sign-ins that are running; clearing them."""

    list_display: ClassVar = ["address", "counted_by", "whose", "failures", "state", "window_ends_at"]
    list_display_links = None
    list_filter: ClassVar = [("scope", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related: ClassVar = ["user"]
    search_fields: ClassVar = ["address__startswith", "user__username_key__startswith", "subject__startswith"]
    search_help_text = _("Beginning of an address, of a user name or of a client's name")
    actions: ClassVar[Any] = ["clear"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only counts that still run: the others weigh nothing and are purged by themselves."""
        return super().get_queryset(request).filter(window_ends_at__gt=timezone.now())

    def has_clear_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete counts may clear them."""
        return bool(request.user.has_perm("authenticate_app.delete_failurecount"))

    @admin.action(description=_("Clear: let them try again at once"), permissions=["clear"])
    def clear(self, request: HttpRequest, queryset: Any) -> None:
        """Forget the selected counts, so that whoever was refused may try again at once."""
        cleared = clear_counts(request, queryset)
        self.message_user(request, ngettext("%d count cleared.", "%d counts cleared.", cleared) % cleared)

    @display(description=_("counted by"))
    def counted_by(self, count: FailureCount) -> str:
        return count.get_scope_display()

    @display(description=_("whose"))
    def whose(self, count: FailureCount) -> str:
        if count.scope in NOBODYS:
            return "–"
        return count.user.username if count.user else count.subject or gettext("unknown name")

    @display(description=_("state"), label={"refused": "danger", "counted": "info"})
    def state(self, count: FailureCount) -> tuple[str, Any]:
        """Full counts refuse; how often new passwords may be asked for is for those who count that to know."""
        limit = settings.THROTTLE_FAILURES_BY_ADDRESS if count.scope == Scope.ADDRESS else _limit_by_name(count)
        return ("refused", _("refused")) if count.failures >= limit else ("counted", _("counted"))


def _limit_by_name(count: FailureCount) -> float:
    return math.inf if count.scope == Scope.ASKED else settings.THROTTLE_FAILURES_BY_NAME
