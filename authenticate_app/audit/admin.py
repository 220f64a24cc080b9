"""The audit log's admin page."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from authenticate_app.audit.events import REFUSALS, Event
from authenticate_app.audit.filters import DaysFilter
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.paging import NewestFirst
from authenticate_app.audit.read_only import ReadOnlyModelAdmin

EVENT_NAMES: dict[str, Any] = {
    Event.SIGN_IN_FAILED: _("Sign-in failed"),
    Event.SIGN_IN_THROTTLED: _("Sign-in refused: too many failures"),
    Event.SIGNED_IN: _("Signed in"),
    Event.SIGNED_OUT: _("Signed out"),
    Event.ADMIN_SIGNED_IN: _("Signed in, with access to the admin"),
    Event.ADMIN_SIGNED_OUT: _("Signed out, with access to the admin"),
    Event.TOKEN_REFUSED: _("Token refused"),
    Event.BEARER_REFUSED: _("Access token refused"),
    Event.KEY_ANNOUNCED: _("Signing key announced"),
    Event.KEY_ROTATED: _("Signing key rotated"),
    Event.KEY_REVOKED: _("Signing key revoked"),
    Event.KEY_DELETED: _("Signing key deleted"),
    Event.SECRETS_REENCRYPTED: _("Secrets encrypted anew"),
    Event.OBJECT_CREATED: _("Created"),
    Event.OBJECT_CHANGED: _("Changed"),
    Event.OBJECT_DELETED: _("Deleted"),
    Event.PASSWORD_SET: _("Password set"),
    Event.PASSWORD_RESET_ASKED: _("New password asked for by e-mail"),
    Event.USERS_IMPORTED: _("Users imported"),
    Event.COUNTS_CLEARED: _("Failed sign-ins cleared"),
    Event.SECOND_STEP_FAILED: _("Wrong one-time code"),
    Event.SECOND_STEP_THROTTLED: _("One-time code refused: too many failures"),
    Event.RECOVERY_CODE_USED: _("Recovery code used"),
    Event.RECOVERY_CODES_MADE: _("New recovery codes made"),
    Event.CODES_TURNED_ON: _("Authenticator app turned on"),
    Event.CODES_TURNED_OFF: _("Authenticator app turned off"),
    Event.PASSKEY_REFUSED: _("Passkey refused"),
    Event.PASSKEY_ADDED: _("Passkey added"),
    Event.PASSKEY_RENAMED: _("Passkey renamed"),
    Event.PASSKEY_REMOVED: _("Passkey removed"),
    Event.FACTORS_RESET: _("Second factors reset"),
    Event.CONSENT_GIVEN: _("Consent given"),
    Event.CONSENT_REFUSED: _("Consent refused"),
    Event.OAUTH_CLIENT_REFUSED: _("Client refused"),
    Event.OAUTH_CLIENT_THROTTLED: _("Client refused: too many failures"),
    Event.OAUTH_CODE_REDEEMED: _("Code redeemed"),
    Event.OAUTH_TOKEN_ISSUED: _("Access token issued"),
    Event.OAUTH_TOKEN_REFUSED: _("Token request refused"),
    Event.OAUTH_TOKEN_REUSED: _("Code or refresh token used twice: its sign-in ended"),
    Event.OAUTH_TOKENS_REVOKED: _("Access and refresh tokens revoked"),
    Event.OAUTH_SIGNED_OUT: _("Signed out by an application"),
    Event.MESSAGES_SIGN_IN_ASKED: _("Customer of Apple Messages asked to sign in"),
    Event.MESSAGES_SIGN_IN_SUCCEEDED: _("Customer of Apple Messages signed in"),
    Event.MESSAGES_SIGN_IN_ENDED: _("Sign-in in Apple Messages ended without success"),
    Event.MESSAGES_STATE_REFUSED: _("State of a sign-in in Apple Messages refused"),
    Event.MESSAGES_REPLY_REFUSED: _("Reply of a phone refused"),
    Event.MESSAGES_REFUSED: _("Message to Apple's address refused"),
    Event.MESSAGES_WEBHOOK_GIVEN_UP: _("Webhook given up"),
    Event.MESSAGES_LARGE_REPLY_REFUSED: _("Large reply refused"),
    Event.MESSAGES_WEBHOOK_SECRET_MADE: _("Webhook secret of a business made"),
    Event.MESSAGES_WEBHOOK_REPEATED: _("Webhook sent again by hand"),
    Event.CLIENT_SECRET_MADE: _("Client secret made"),
    Event.MESSAGES_IDENTITY_LINKED: _("Identity elsewhere linked with a user"),
    Event.MESSAGES_USER_MADE: _("User made from a sign-in elsewhere"),
    Event.CHAT_AGENT_REFUSED: _("Agent refused by the chat server"),
    Event.CHAT_SESSION_REFUSED: _("Session id refused by the chat server"),
    Event.CHAT_TOKEN_REFUSED: _("Chat token refused by the chat server"),
    Event.TRANSCRIPT_EXPORTED: _("Transcript of a chat taken away"),
    Event.AGENT_SESSION_ENDED: _("Session of an agent ended by hand"),
    Event.PERSONAL_DATA_EXPORTED: _("Personal data of an end user given out"),
    Event.PERSONAL_DATA_ERASED: _("Personal data of an end user erased"),
}
"""What the events are called on pages; a test holds it against ``Event``."""

REASON_NAMES: dict[str, Any] = {
    "unknown-user": _("unknown user"),
    "wrong-password": _("wrong password"),
    "disabled-user": _("disabled user"),
    "too-many-failures": _("too many failures"),
    "no-password": _("no password to sign in with"),
    "unverified-address": _("e-mail address is not verified"),
    "asked-too-often": _("asked for too often"),
    "changed": _("with the one before"),
    "forgotten": _("with a link sent by e-mail"),
    "pwd": _("by password"),
    "pwd+otp+mfa": _("by password and code"),
    "hwk+user+mfa": _("by passkey"),
    "swk+user+mfa": _("by passkey"),
    "wrong-code": _("wrong code"),
    "used-code": _("code was used before"),
    "no-factor": _("no factor to ask for"),
    "malformed": _("malformed"),
    "stale-challenge": _("challenge out of date or used before"),
    "unknown-passkey": _("unknown passkey"),
    "wrong-signature": _("wrong signature"),
    "sign-count": _("the passkey may have been copied: it counts less than before"),
    "other-user": _("another user's passkey"),
    "unknown-token": _("unknown or revoked access token"),
    "expired-token": _("expired access token"),
    "disabled-client": _("disabled client"),
    "no-acting-user": _("client without a user to act as"),
    "ended-sign-in": _("access token of a sign-in that has ended"),
    "known-passkey": _("the passkey is there already"),
    "unknown-client": _("unknown client"),
    "wrong-secret": _("wrong client secret"),
    "no-secret": _("no client secret"),
    "unknown-code": _("unknown authorization code"),
    "code-of-another-client": _("another client's code"),
    "code-reused": _("code used a second time"),
    "code-expired": _("expired authorization code"),
    "another-state": _("code of another sign-in"),
    "another-redirect-uri": _("another redirect URI than in the authorization request"),
    "no-code-verifier": _("no code_verifier"),
    "wrong-code-verifier": _("wrong code_verifier"),
    "no-code-challenge": _("a code_verifier, but no code_challenge before"),
    "unknown-refresh-token": _("unknown refresh token"),
    "refresh-token-of-another-client": _("another client's refresh token"),
    "refresh-token-revoked": _("revoked refresh token"),
    "refresh-token-reused": _("refresh token used a second time"),
    "refresh-token-expired": _("expired refresh token"),
    "client-changed": _("client disabled or given another secret meanwhile"),
    "person-changed": _("person disabled or given another password meanwhile"),
    "no-scope-left": _("nothing that the client may still ask for"),
    "by-client": _("by the client itself"),
    "state-unknown": _("unknown state of a sign-in"),
    "state-used": _("state of a sign-in used a second time"),
    "state-expired": _("state of a sign-in that has ended"),
    "foreign": _("reply to another customer's sign-in"),
    "no-token": _("without a token"),
    "unknown-business": _("unknown business"),
    "bad-token": _("token that Apple's gateway did not make"),
    "broke-off": _("broke off"),
    "too-large": _("too large"),
    "bad-compression": _("broken compression"),
    "different": _("headers and body name different ids"),
    "unusable-account": _("account whose secret cannot be used"),
}
"""What the reasons are called on pages; other reasons are codes, such as those of docs/errors.md and of RFC 6749."""

HISTORY = ("object_type", "object_id")
"""Parameters that narrow the list to what happened to one object."""

ALARMING = (
    Event.SIGN_IN_THROTTLED,
    Event.SECOND_STEP_THROTTLED,
    Event.OAUTH_CLIENT_THROTTLED,
    Event.OAUTH_TOKEN_REUSED,
    Event.KEY_REVOKED,
    Event.OBJECT_DELETED,
)
TONES: dict[str, str] = {
    **dict.fromkeys(Event, "info"),
    **dict.fromkeys((*REFUSALS, Event.CONSENT_REFUSED, Event.MESSAGES_SIGN_IN_ENDED), "warning"),
    **dict.fromkeys(ALARMING, "danger"),
}


class EventFilter(DropdownFilter):
    """Events of one kind."""

    title = _("event")
    parameter_name = "event"
    narrows_keys = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(event), name) for event, name in EVENT_NAMES.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(event=self.value()) if self.value() else queryset


class EventDays(DaysFilter):
    """Events from day to day."""

    time_of = "at"


class AuditList(NewestFirst):
    """Events, the newest first."""

    def stretch(self, request: HttpRequest) -> "QuerySet[Any]":
        """The history of one object is looked for among its own events."""
        history = {name: self.params[name] for name in HISTORY if name in self.params}
        return super().stretch(request).filter(**history)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyModelAdmin):
    """What happened, who did it, and what was before and after; reading only."""

    list_display: ClassVar = ["at", "what", "why", "who", "object_name", "changed", "address"]
    list_display_links: ClassVar = ["at"]
    list_filter: ClassVar = [EventFilter, EventDays]
    list_filter_submit = True
    sortable_by = ()
    search_fields: ClassVar = ["actor_name", "object_name", "=address", "=request_id", "=pseudonym"]
    search_help_text = _("Who, what, address, request id or pseudonym")
    fieldsets: ClassVar = [
        (None, {"fields": [("at", "event_name"), "why"]}),
        (_("Who"), {"fields": [("who", "pseudonym"), ("address", "request_id")]}),
        (_("What"), {"fields": [("object_name", "object_type", "object_id"), "before_and_after"]}),
    ]
    readonly_fields: ClassVar = ["event_name", "why", "who", "before_and_after"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AuditList]:
        return AuditList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A page's history is this list, narrowed to one object."""
        return lookup in HISTORY or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("event"), label={tone: tone for tone in ("info", "warning", "danger")})
    def what(self, event: AuditEvent) -> tuple[str, Any]:
        return TONES.get(event.event, "info"), EVENT_NAMES.get(event.event, event.event)

    @display(description=_("event"))
    def event_name(self, event: AuditEvent) -> str:
        return str(EVENT_NAMES.get(event.event, event.event))

    @display(description=_("reason"))
    def why(self, event: AuditEvent) -> str:
        return str(REASON_NAMES.get(event.reason, event.reason)) or "–"

    @display(description=_("who"))
    def who(self, event: AuditEvent) -> str:
        if event.actor_name:
            return event.actor_name
        return f"#{event.pseudonym[:8]}" if event.pseudonym else "–"

    @display(description=_("what changed"))
    def changed(self, event: AuditEvent) -> str:
        return ", ".join(event.changes) if isinstance(event.changes, dict) else ""

    @display(description=_("before and after"))
    def before_and_after(self, event: AuditEvent) -> SafeString | str:
        if not isinstance(event.changes, dict) or not event.changes:
            return "–"
        rows = [(field, *_sides(change)) for field, change in event.changes.items()]
        return format_html("{}", render_to_string("admin/authenticate_app/changes.html", {"rows": rows}))


def _sides(change: Any) -> tuple[str, str]:
    """Before and after as text; an event whose changes are no pairs shows them as what they became."""
    before, after = change if isinstance(change, list) and len(change) == 2 else (None, change)  # noqa: PLR2004 - a pair
    return _text(before), _text(after)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
