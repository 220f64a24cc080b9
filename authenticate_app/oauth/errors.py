"""What can go wrong at the endpoints, as the RFCs name it."""

from collections.abc import Mapping
from enum import StrEnum


class ErrorCode(StrEnum):
    """The codes of RFC 6749 (sections 4.1.2.1 and 5.2), RFC 6750 (section 3.1) and OpenID Connect Core (3.1.2.6)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - the name of an error
    INSUFFICIENT_SCOPE = "insufficient_scope"
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"


DESCRIPTIONS: Mapping[ErrorCode, str] = {
    ErrorCode.INVALID_GRANT: "The code or token is unknown, has expired, was used or revoked, or is another client's.",
    ErrorCode.UNAUTHORIZED_CLIENT: "The purpose of this client does not go this way.",
    ErrorCode.UNSUPPORTED_GRANT_TYPE: "The grant types are authorization_code, refresh_token and client_credentials.",
    ErrorCode.UNSUPPORTED_RESPONSE_TYPE: "The only response_type is code.",
    ErrorCode.INVALID_SCOPE: "The client may not ask for this scope.",
}
"""For developers, where nothing better is known."""


class OAuthError(Exception):
    """A request that is refused; ``description`` is for the developer of the client, in ASCII (RFC 6749, 5.2)."""

    def __init__(
        self, code: ErrorCode, description: str, *, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status
        self.headers = dict(headers or {})


class UntrustedRequest(Exception):
    """An authorization request whose client or redirect URI is not known: nobody is sent anywhere (RFC 6749, 4.1.2.1).

    ``reason`` is one of the sentences for people of ``authorization``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def error_of(code: str, description: str | None = None, *, status: int = 400) -> OAuthError:
    """Make an error of its code, with what oauthlib says or a sentence of ours."""
    known = ErrorCode(code)
    return OAuthError(known, description or DESCRIPTIONS.get(known, ""), status=status)


def invalid_request(description: str) -> OAuthError:
    """A request that is missing something, repeats it or is malformed."""
    return OAuthError(ErrorCode.INVALID_REQUEST, description)
