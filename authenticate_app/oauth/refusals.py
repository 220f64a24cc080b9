"""Refused token requests of clients that have proven themselves: why, for the metrics and the audit log.

The client itself learns only what RFC 6749 (section 5.2) has a code for.
"""

from enum import StrEnum

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import metrics
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import OAuthError
from authenticate_app.oauth.seldom import seldom


class Reason(StrEnum):
    """Why a token request got nothing; where none of these says it, the error's own code does."""

    UNKNOWN_CODE = "unknown-code"
    CODE_OF_ANOTHER_CLIENT = "code-of-another-client"
    CODE_REUSED = "code-reused"
    CODE_EXPIRED = "code-expired"
    ANOTHER_REDIRECT_URI = "another-redirect-uri"
    ANOTHER_STATE = "another-state"
    NO_CODE_VERIFIER = "no-code-verifier"
    WRONG_CODE_VERIFIER = "wrong-code-verifier"
    NO_CODE_CHALLENGE = "no-code-challenge"
    """There is a verifier, and somebody took the challenge out on the way (RFC 9700, section 4.8.2)."""
    UNKNOWN_REFRESH_TOKEN = "unknown-refresh-token"  # noqa: S105 - the name of a reason
    REFRESH_TOKEN_OF_ANOTHER_CLIENT = "refresh-token-of-another-client"  # noqa: S105 - the name of a reason
    REFRESH_TOKEN_REVOKED = "refresh-token-revoked"  # noqa: S105 - the name of a reason
    REFRESH_TOKEN_REUSED = "refresh-token-reused"  # noqa: S105 - the name of a reason
    REFRESH_TOKEN_EXPIRED = "refresh-token-expired"  # noqa: S105 - the name of a reason
    CLIENT_CHANGED = "client-changed"
    PERSON_CHANGED = "person-changed"
    """Disabled, or their sign-in has ended, such as by another password; or it lacks a second factor asked of them."""
    NO_SCOPE_LEFT = "no-scope-left"
    """The client may not ask any more for anything that the person agreed to."""


def note(error: OAuthError, context: Context) -> None:
    """Count a refusal, and audit it unless the same was audited lately (``seldom``).

    What a client sends again and again would else fill the audit log; a public client need not even prove itself.
    """
    reason = context.found.reason or error.code.value
    metrics.REFUSALS.labels(reason).inc()
    client, user = context.proven_client(), context.found.user
    kind = ("token", reason, context.origin.network, str(client.pk), str(user.pk) if user else "")
    if seldom.is_first(kind, context.now):
        record(
            event=Event.OAUTH_TOKEN_REFUSED,
            reason=reason,
            actor=user.pk if user else None,
            actor_name=user.username if user else "",
            address=context.origin.address,
            request_id=context.origin.request_id,
            target=client,
            now=context.now,
        )
