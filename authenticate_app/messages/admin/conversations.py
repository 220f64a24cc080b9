"""The admin page of conversations: reading only. What customers write is not shown."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.messages.admin.lists import BusinessFilter, DaysById, NewestFirstByTime
from authenticate_app.messages.models import Conversation


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyModelAdmin):
    """Conversations; reading only."""

    list_display: ClassVar = ["created_at", "business", "customer_id", "can_do", "last_message_at", "state"]
    list_display_links: ClassVar = ["created_at"]
    list_filter: ClassVar = [BusinessFilter, DaysById]
    list_filter_submit = True
    list_select_related: ClassVar = ["business"]
    sortable_by = ()
    search_fields: ClassVar = ["customer_id"]
    search_help_text = _("The customer's whole id at Apple")
    readonly_fields: ClassVar = ["can_do", "state_shown", "sign_ins"]
    fieldsets: ClassVar = [
        (None, {"fields": ["id", "business", "customer_id", "state_shown", "sign_ins"]}),
        (_("The customer's device"), {"fields": ["can_do", "capabilities_at"]}),
        (_("When"), {"fields": ["created_at", "last_message_at", "closed_at"]}),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirstByTime]:
        return NewestFirstByTime

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Conversation]", search_term: str
    ) -> tuple["QuerySet[Conversation]", bool]:
        """Search by the whole id, through its index."""
        if not search_term:
            return queryset, False
        found = Conversation.objects.filter(
            business__in=list(_businesses(queryset)), customer_id=search_term.strip()
        ).values_list("pk", flat=True)
        return queryset.filter(pk__in=list(found)), False

    @display(description=_("can do"))
    def can_do(self, conversation: Conversation) -> str:
        return ", ".join(conversation.capabilities) or "–"

    @display(description=_("state"), label={"open": "success", "closed": "default"})
    def state(self, conversation: Conversation) -> tuple[str, Any]:
        if conversation.closed_at is None:
            return "open", pgettext_lazy("conversation", "open")
        return "closed", _("deleted by the customer")

    @display(description=_("state"))
    def state_shown(self, conversation: Conversation) -> str:
        return str(self.state(conversation)[1])

    @display(description=_("sign-ins"))
    def sign_ins(self, conversation: Conversation) -> SafeString:
        query = urlencode({"q": conversation.customer_id})
        address = f"{reverse('admin:authenticate_app_signinrequest_changelist')}?{query}"
        return format_html('<a class="ca-link" href="{}">{}</a>', address, gettext("Show them"))


def _businesses(queryset: "QuerySet[Conversation]") -> Any:
    """All of them: with the business named, the index on (business, customer) finds the customer at once."""
    return queryset.model._meta.get_field("business").related_model._default_manager.values_list("pk", flat=True)
