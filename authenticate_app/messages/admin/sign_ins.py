"""The admin page of requests to sign in: reading only, with each step of their way."""

import json
import uuid
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from authenticate_app.audit.owned_rows import OwnedRows
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.messages import reasons, steps
from authenticate_app.messages.admin.lists import BusinessFilter, DaysById, NewestFirstByTime, StateFilter
from authenticate_app.messages.models import SignInRequest, SignInStep

State = SignInRequest.State
TONES = {
    State.CREATED: "info",
    State.SENT: "info",
    State.OPENED: "info",
    State.SUCCEEDED: "success",
    State.FAILED: "danger",
    State.CANCELLED: "default",
    State.TIMED_OUT: "warning",
    State.UNSUPPORTED: "warning",
}
SEARCH_LIMIT = 2_000
"""Requests of one customer that a search finds."""


class StepInline(OwnedRows):
    """What happened, step by step."""

    model = SignInStep
    can_delete = False
    fields: ClassVar = ["time", "words", "detail"]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["id"]
    verbose_name_plural = _("What happened")
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("time"))
    def time(self, step: SignInStep) -> str:
        return date_format(timezone.localtime(step.at), "Y-m-d H:i:s")

    @display(description=_("step"))
    def words(self, step: SignInStep) -> str:
        return str(steps.words_of(step.step))


@admin.register(SignInRequest)
class SignInRequestAdmin(ReadOnlyModelAdmin):
    """Requests to sign in; reading only."""

    list_display: ClassVar = ["created_at", "business", "customer", "flow", "state_label", "reason_words"]
    list_display_links: ClassVar = ["created_at"]
    list_filter: ClassVar = [StateFilter, BusinessFilter, DaysById]
    list_filter_submit = True
    list_select_related: ClassVar = ["business", "conversation"]
    sortable_by = ()
    search_fields: ClassVar = ["id"]
    search_help_text = _("Id of the request, or the customer's whole id at Apple")
    inlines: ClassVar = [StepInline]
    readonly_fields: ClassVar = [
        "customer",
        "reason_words",
        "issuer",
        "subject",
        "user",
        "verified",
        "valid_until",
        "claims",
    ]
    fieldsets: ClassVar = [
        (None, {"fields": ["id", "business", "customer", "flow", "state", "reason_words"]}),
        (
            _("Who it was"),
            {"fields": ["issuer", "subject", "user", "verified", "valid_until", "claims"]},
        ),
        (_("Who asked"), {"fields": ["asked_by", "reference", "scopes"]}),
        (
            _("When"),
            {
                "fields": [
                    "created_at",
                    "sent_at",
                    "opened_at",
                    "identified_at",
                    "confirmed_at",
                    "ended_at",
                    "expires_at",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[SignInRequest]":
        """Read nothing that is secret."""
        rows: QuerySet[SignInRequest] = super().get_queryset(request)
        return rows.defer("encrypted_private_key", "state_checksum", "business__image")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirstByTime]:
        return NewestFirstByTime

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[SignInRequest]", search_term: str
    ) -> tuple["QuerySet[SignInRequest]", bool]:
        """Search by index: the id of a request, or a customer's."""
        if not search_term:
            return queryset, False
        of_customer = SignInRequest.objects.filter(conversation__customer_id=search_term.strip())
        found = Q(pk__in=list(of_customer.order_by("-pk").values_list("pk", flat=True)[:SEARCH_LIMIT]))
        if (request_id := _uuid(search_term)) is not None:
            found |= Q(pk=request_id)
        return queryset.filter(found), False

    @display(description=_("customer"))
    def customer(self, sign_in: SignInRequest) -> str:
        return sign_in.conversation.customer_id

    @display(description=_("state"), label={state.value: tone for state, tone in TONES.items()})
    def state_label(self, sign_in: SignInRequest) -> tuple[str, Any]:
        return sign_in.state, State(sign_in.state).label

    @display(description=_("reason"))
    def reason_words(self, sign_in: SignInRequest) -> str:
        return str(reasons.words_of(sign_in.reason)) if sign_in.reason else "–"

    @display(description=_("issuer"))
    def issuer(self, sign_in: SignInRequest) -> str:
        return _of_result(sign_in, "issuer")

    @display(description=_("subject"))
    def subject(self, sign_in: SignInRequest) -> str:
        return _of_result(sign_in, "subject")

    @display(description=_("user"))
    def user(self, sign_in: SignInRequest) -> str:
        return _of_result(sign_in, "user")

    @display(description=_("verified"))
    def verified(self, sign_in: SignInRequest) -> str:
        result = getattr(sign_in, "result", None)
        if result is None:
            return "–"
        return gettext("Yes.") if result.is_verified else gettext("No: nobody could be asked whose token it was.")

    @display(description=_("valid until"))
    def valid_until(self, sign_in: SignInRequest) -> str:
        result = getattr(sign_in, "result", None)
        return "–" if result is None else date_format(timezone.localtime(result.valid_until), "DATETIME_FORMAT")

    @display(description=_("claims"))
    def claims(self, sign_in: SignInRequest) -> SafeString | str:
        result = getattr(sign_in, "result", None)
        if result is None:
            return "–"
        text = json.dumps(result.claims, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html('<pre class="ca-example">{}</pre>', text)


def _of_result(sign_in: SignInRequest, field: str) -> str:
    result = getattr(sign_in, "result", None)
    return str(getattr(result, field, None) or "–")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
