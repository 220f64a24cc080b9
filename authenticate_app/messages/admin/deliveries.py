"""The admin page of webhooks that were sent, or wait to be."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.audit.services import record_of_request
from authenticate_app.messages import deliveries
from authenticate_app.messages.admin.lists import BusinessFilter, DaysById, NewestFirstByTime, StateFilter
from authenticate_app.messages.models import WebhookDelivery

State = WebhookDelivery.State
TONES = {State.WAITING: "info", State.DELIVERED: "success", State.FAILED: "danger"}
CUSTOMERS_OWN = "message.received"
"""The event whose payload holds what a customer wrote."""


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyModelAdmin):
    """Webhooks: whether they arrived, and a way to send one again."""

    list_display: ClassVar = ["created_at", "business", "event", "state_label", "attempts", "last_answer"]
    list_display_links: ClassVar = ["created_at"]
    list_filter: ClassVar = [StateFilter, BusinessFilter, DaysById]
    list_filter_submit = True
    list_select_related: ClassVar = ["business"]
    sortable_by = ()
    fields: ClassVar = [
        "id",
        "business",
        "event",
        "state",
        "attempts",
        "last_answer",
        "created_at",
        "next_attempt_at",
        "delivered_at",
        "content",
    ]
    readonly_fields: ClassVar = ["content"]
    actions_detail: ClassVar = ["send_again"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirstByTime]:
        return NewestFirstByTime

    def has_repeat_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change businesses may have a webhook sent again."""
        return bool(request.user.has_perm("authenticate_app.change_business"))

    @action(description=_("Send again"), url_path="again", icon="replay", permissions=["repeat"])
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then send the webhook once more, from the beginning of its schedule."""
        delivery = self.stored_or_404(request, object_id)
        back = reverse("admin:authenticate_app_webhookdelivery_change", args=[delivery.pk])
        if request.method != "POST":
            question = Question(
                title=_("Send this webhook again?"),
                text=_("It goes out with the same id, so a receiver that has it already can tell."),
                button=_("Send again"),
                back=back,
            )
            return ask(self, request, question)
        if deliveries.repeat(delivery=delivery, now=timezone.now()):
            record_of_request(request, event=Event.MESSAGES_WEBHOOK_REPEATED, actor=request.user, target=delivery)
            messages.success(request, _("It is being sent again."))
        else:
            messages.warning(request, _("It is waiting to be sent already."))
        return HttpResponseRedirect(back)

    @display(description=_("state"), label={state.value: tone for state, tone in TONES.items()})
    def state_label(self, delivery: WebhookDelivery) -> tuple[str, Any]:
        return delivery.state, State(delivery.state).label

    @display(description=_("what is sent"))
    def content(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.event == CUSTOMERS_OWN:
            return str(_("What a customer wrote: it is not shown here."))
        text = json.dumps(delivery.payload, indent=2, ensure_ascii=False)
        return format_html('<pre class="ca-example">{}</pre>', text)
