"""``/oauth/userinfo``: what an access token lets its bearer know of the person (OpenID Connect Core, section 5.3)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.oauth import scopes
from authenticate_app.oauth.answers import bearer_challenge, for_machines, json_answer
from authenticate_app.oauth.claims import claims_of
from authenticate_app.oauth.counting_tokens import CountingToken, find_access_token
from authenticate_app.oauth.errors import ErrorCode, OAuthError


@for_machines("userinfo", methods=["GET", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """Answer the claims about the person that the scopes of the token allow."""
    unverified_token = _bearer(request)
    token = find_access_token(unverified_token, now=timezone.now())
    if token is None:
        raise _refused(ErrorCode.INVALID_TOKEN, "The access token has expired, was revoked, or never was one.", 401)
    return json_answer(claims_of(_person(token), token.scope.split()))


def _bearer(request: HttpRequest) -> str:
    """Read the token from the header, the only place that it may come in (RFC 9700, section 4.3.2)."""
    if "access_token" in request.GET:
        raise _refused(ErrorCode.INVALID_REQUEST, "An access token does not belong in an address.", 400)
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() != "bearer":
        error = OAuthError(ErrorCode.INVALID_TOKEN, "An access token is missing: Authorization: Bearer ...", status=401)
        error.headers.update(bearer_challenge(None))  # no error is named to whoever has shown no token
        raise error
    if not token.strip() or not token.strip().isascii():
        raise _refused(ErrorCode.INVALID_REQUEST, "The header Authorization holds no token.", 400)
    return token.strip()


def _person(token: CountingToken) -> User:
    if token.user is None or scopes.OPENID not in token.scope.split():
        raise _refused(ErrorCode.INSUFFICIENT_SCOPE, "The access token was not issued for the scope openid.", 403)
    return token.user


def _refused(code: ErrorCode, description: str, status: int) -> OAuthError:
    error = OAuthError(code, description, status=status)
    error.headers.update(bearer_challenge(error))
    return error
