"""Refusals as problem details (RFC 9457): a table of kinds, and the one exception that carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: ``code`` never changes, ``detail`` is the English sentence with named parameters."""

    code: str
    status: HTTPStatus
    title: str
    detail: str

    @property
    def uri(self) -> str:
        """The address that explains the kind, the member ``type`` (RFC 9457, section 3.1.1)."""
        return f"{settings.PUBLIC_BASE_URL}/api/messages/v1/problems/{self.code}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in what was sent: where it is (a JSON pointer, or the name of a parameter), and a sentence."""

    where: str
    detail: str


@dataclass
class Problem(Exception):
    """A request is refused. ``members`` are those of the problem's own (RFC 9457, section 3.2)."""

    kind: Kind
    params: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Fault, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The answer's body, in the active language."""
        content: dict[str, Any] = {
            "type": self.kind.uri,
            "title": gettext(self.kind.title),
            "status": int(self.kind.status),
            "detail": gettext(self.kind.detail) % self.params,
            "code": self.kind.code,
        }
        if self.errors:
            content["errors"] = [{"where": fault.where, "detail": fault.detail} for fault in self.errors]
        return {**content, **self.members}


INVALID_REQUEST = Kind(
    "invalid-request",
    HTTPStatus.BAD_REQUEST,
    gettext_noop("The request is not valid"),
    gettext_noop("What was sent cannot be used; the member errors says what is wrong and where."),
)
INVALID_TOKEN_REQUEST = Kind(
    "token-not-sent-well",
    HTTPStatus.BAD_REQUEST,
    gettext_noop("The access token was not sent as it should be"),
    gettext_noop("Send one access token, in the header Authorization, after the word Bearer."),
)
NOT_AUTHENTICATED = Kind(
    "access-token-missing",
    HTTPStatus.UNAUTHORIZED,
    gettext_noop("An access token is needed"),
    gettext_noop("Get one from /oauth/token by client credentials, and send it after the word Bearer."),
)
INVALID_TOKEN = Kind(
    "access-token-not-valid",
    HTTPStatus.UNAUTHORIZED,
    gettext_noop("The access token is not valid"),
    gettext_noop("It is unknown, revoked or expired. Get a new one from /oauth/token."),
)
FORBIDDEN = Kind(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    gettext_noop("The access token does not allow this"),
    gettext_noop("%(reason)s"),
)
NOT_FOUND = Kind(
    "not-found",
    HTTPStatus.NOT_FOUND,
    gettext_noop("Not found"),
    gettext_noop("There is no such thing, or it belongs to a business that this client does not reach."),
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    gettext_noop("This address does not take the method"),
    gettext_noop("This address takes %(allowed)s."),
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable",
    HTTPStatus.NOT_ACCEPTABLE,
    gettext_noop("No answer in this form"),
    gettext_noop("Answers are application/json. Let the header Accept allow that."),
)
CONVERSATION_CLOSED = Kind(
    "conversation-closed",
    HTTPStatus.CONFLICT,
    gettext_noop("The conversation is closed"),
    gettext_noop("The customer deleted the conversation. It goes on when they write again."),
)
BUSINESS_INACTIVE = Kind(
    "business-inactive",
    HTTPStatus.CONFLICT,
    gettext_noop("Nothing is sent for the business"),
    gettext_noop("It is turned off, or lacks what a message needs. An administrator can check it."),
)
DEVICE_CANNOT_SIGN_IN = Kind(
    "device-cannot-sign-in",
    HTTPStatus.CONFLICT,
    gettext_noop("The customer's device cannot sign in"),
    gettext_noop("It announced neither of the flows that this business allows; the request was stored as unsupported."),
)
ALREADY_ENDED = Kind(
    "already-ended",
    HTTPStatus.CONFLICT,
    gettext_noop("The sign-in has ended"),
    gettext_noop("It is %(state)s since %(ended_at)s, and stays so."),
)
NOT_SIGNED_IN = Kind(
    "customer-not-signed-in",
    HTTPStatus.CONFLICT,
    gettext_noop("The customer has not signed in"),
    gettext_noop("The request to sign in is %(state)s. A chat needs one that has succeeded."),
)
NOT_VERIFIED = Kind(
    "sign-in-not-verified",
    HTTPStatus.CONFLICT,
    gettext_noop("The sign-in is not verified"),
    gettext_noop("The identity provider cannot be asked for whom it issued the token, so nobody vouches for it."),
)
NOT_VALID_ANY_MORE = Kind(
    "sign-in-not-valid-any-more",
    HTTPStatus.CONFLICT,
    gettext_noop("The sign-in is not valid any more"),
    gettext_noop("It was valid until %(valid_until)s. Ask the customer to sign in again."),
)
NO_USER = Kind(
    "customer-has-no-user",
    HTTPStatus.CONFLICT,
    gettext_noop("The customer has no user here"),
    gettext_noop(
        "Nobody here is linked with who signed in, or that user is disabled. An administrator can let the business "
        "make users of new customers."
    ),
)
CHAT_REFUSED = Kind(
    "chat-refused",
    HTTPStatus.FORBIDDEN,
    gettext_noop("The customer cannot be let into a chat"),
    gettext_noop("%(reason)s"),
)
CHAT_UNAVAILABLE = Kind(
    "chat-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    gettext_noop("No chat can begin at the moment"),
    gettext_noop("%(reason)s"),
)
IDEMPOTENCY_CONFLICT = Kind(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    gettext_noop("The idempotency key was used for something else"),
    gettext_noop("A key stands for one request. Send the same request with it, or take another key."),
)
TOO_LONG = Kind(
    "body-too-long",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    gettext_noop("The body is too long"),
    gettext_noop("A body has at most %(limit)s bytes."),
)
MEDIA_TYPE_NOT_SUPPORTED = Kind(
    "media-type-not-supported",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    gettext_noop("The body is not JSON"),
    gettext_noop("Send the body as application/json, in UTF-8 and without Content-Encoding."),
)
UNAVAILABLE = Kind(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    gettext_noop("The database cannot be reached"),
    gettext_noop("Nothing was done. Try again in a few seconds."),
)

ALL = (
    INVALID_REQUEST,
    INVALID_TOKEN_REQUEST,
    NOT_AUTHENTICATED,
    INVALID_TOKEN,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    CONVERSATION_CLOSED,
    BUSINESS_INACTIVE,
    DEVICE_CANNOT_SIGN_IN,
    ALREADY_ENDED,
    NOT_SIGNED_IN,
    NOT_VERIFIED,
    NOT_VALID_ANY_MORE,
    NO_USER,
    CHAT_REFUSED,
    CHAT_UNAVAILABLE,
    IDEMPOTENCY_CONFLICT,
    TOO_LONG,
    MEDIA_TYPE_NOT_SUPPORTED,
    UNAVAILABLE,
)
BY_CODE = {kind.code: kind for kind in ALL}
