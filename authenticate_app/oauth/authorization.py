"""Authorization requests: what clients ask for by way of a browser (RFC 6749, 4.1.1; OpenID Connect Core, 3.1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core import signing
from django.db import IntegrityError
from django.http import HttpRequest
from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error

from authenticate_app.accounts.destinations import own_path
from authenticate_app.oauth.addresses import issuer
from authenticate_app.oauth.context import Context, SignedInPerson
from authenticate_app.oauth.errors import ErrorCode, OAuthError, UntrustedRequest, error_of
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.parameters import Parameters, read_query
from authenticate_app.oauth.purposes import WITHOUT_PKCE
from authenticate_app.oauth.selectors import has_agreed
from authenticate_app.oauth.token_endpoint import server
from authenticate_app.oauth.tokens import verify_hint

SIGNED_IN_AFTER = "signed_in_after"
"""A parameter of our own, signed: the way to the sign-in page and back adds it, so that nobody goes it twice.

It is good in the browser alone that was sent that way: somebody else's, who is led to the same address, was not.
"""
SALT = "authenticate_app.oauth.signed_in_after"
COMES_BACK_WITHIN = timedelta(minutes=15)
"""From signing in to the answer, consent included. Later, whoever goes back in the browser's history proves nothing."""
PASSED_ON = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "response_mode",
        "nonce",
        "prompt",
        "code_challenge",
        "code_challenge_method",
    }
)
"""What oauthlib judges."""
KNOWN = PASSED_ON | {
    "max_age",
    "id_token_hint",
    "login_hint",
    "ui_locales",
    "request",
    "request_uri",
    "registration",
    SIGNED_IN_AFTER,
}
NOT_SUPPORTED = {
    "request": ErrorCode.REQUEST_NOT_SUPPORTED,
    "request_uri": ErrorCode.REQUEST_URI_NOT_SUPPORTED,
    "registration": ErrorCode.REGISTRATION_NOT_SUPPORTED,
}
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
LONGEST_MAX_AGE = 10
"""Digits."""


class Step(StrEnum):
    """What has to happen next."""

    SIGN_IN = "sign_in"
    CONSENT = "consent"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request whose client and redirect URI are good, and whose parameters are."""

    parameters: Parameters
    client: Client
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    prompts: frozenset[str]
    max_age: timedelta | None


class ErrorForClient(Exception):
    """An error that goes back to the client, by its redirect URI."""

    def __init__(self, error: OAuthError, *, redirect_uri: str, state: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.redirect_uri = redirect_uri
        self.state = state

    @property
    def location(self) -> str:
        """Where to send the browser (RFC 6749, section 4.1.2.1, and RFC 9207)."""
        told = {"error": self.error.code.value, "error_description": self.error.description, "state": self.state}
        return with_parameters(self.redirect_uri, {**told, "iss": issuer()})


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to the query of a URI, which is kept (RFC 6749, section 3.1.2); empty ones are left out."""
    parts = urlsplit(uri)
    added = urlencode({name: value for name, value in parameters.items() if value})
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, added]))))


def read(request: HttpRequest, context: Context) -> AuthorizationRequest:
    """Return the authorization request of a browser.

    Raises:
        UntrustedRequest: client or redirect URI are unknown, so nobody may be sent anywhere.
        ErrorForClient: anything else is wrong.
    """
    try:
        parameters = read_query(request, known=KNOWN)
    except OAuthError as error:
        raise UntrustedRequest(error.description) from None
    client, scopes = _judge(parameters, context)
    try:
        return _accepted(parameters, client, scopes)
    except OAuthError as error:
        raise _for_client(error, parameters) from None


def next_step(asked: AuthorizationRequest, context: Context) -> Step:
    """What has to happen before the client gets its answer.

    Raises:
        ErrorForClient: something would have to happen, but for ``prompt=none``; or the wrong person signed in.
    """
    if context.person is None or not _is_fresh(asked, context.person, context):
        return _unless_silent(asked, Step.SIGN_IN, ErrorCode.LOGIN_REQUIRED, "Somebody has to sign in.")
    if _needs_consent(asked, context.person, context):
        return _unless_silent(asked, Step.CONSENT, ErrorCode.CONSENT_REQUIRED, "The person has to agree.")
    return Step.CODE


def sign_in_return(asked: AuthorizationRequest, *, path: str, browser: str, now: datetime) -> str:
    """The address that ``browser`` comes back to from signing in: this request, with the proof that it went there.

    Raises:
        ErrorForClient: the sign-in page would not take so long an address.
    """
    parameters = {name: value for name, value in asked.parameters.items() if name != SIGNED_IN_AFTER}
    proof = signing.dumps({"q": _digest(parameters, browser), "t": int(now.timestamp())}, salt=SALT)
    address = f"{path}?{urlencode({**parameters, SIGNED_IN_AFTER: proof})}"
    if not own_path(address):
        raise refusal(asked, ErrorCode.INVALID_REQUEST, "The request is too long.")
    return address


def issue_code(asked: AuthorizationRequest, context: Context) -> str:
    """Store a code for the person who is signed in, and return where to send the browser with it.

    Raises:
        ErrorForClient: something changed since the request was read.
    """
    try:
        headers, _body, _status = server().create_authorization_response(
            _uri(asked.parameters), headers=context.headers, scopes=list(asked.scopes)
        )
    except OAuth2Error as error:
        raise _for_client(_as_error(error), asked.parameters) from None
    except IntegrityError:  # the client or the person was deleted at this very moment
        raise refusal(asked, ErrorCode.SERVER_ERROR, "The client or the person is gone.") from None
    answered = dict(parse_qsl(urlsplit(headers["Location"]).query))
    told = {name: answered.get(name, "") for name in ("code", "state", "error", "error_description")}
    return with_parameters(asked.redirect_uri, {**told, "state": asked.state, "iss": issuer()})


def refusal(asked: AuthorizationRequest, code: ErrorCode, description: str) -> ErrorForClient:
    """Make the error that goes back to the client of a good request."""
    return ErrorForClient(OAuthError(code, description), redirect_uri=asked.redirect_uri, state=asked.state)


def _judge(parameters: Parameters, context: Context) -> tuple[Client, tuple[str, ...]]:
    try:
        scopes, judged = server().validate_authorization_request(_uri(parameters), headers=context.headers)
    except FatalClientError as error:
        raise UntrustedRequest(error.description or error.error) from None
    except OAuth2Error as error:
        raise _for_client(_as_error(error), parameters) from None
    return judged["request"].client, tuple(dict.fromkeys(scopes))


def _uri(parameters: Parameters) -> str:
    return "/oauth/authorize?" + urlencode({name: value for name, value in parameters.items() if name in PASSED_ON})


def _as_error(error: OAuth2Error) -> OAuthError:
    return error_of(error.error, error.description)


def _for_client(error: OAuthError, parameters: Parameters) -> ErrorForClient:
    return ErrorForClient(error, redirect_uri=parameters["redirect_uri"], state=parameters.get("state", ""))


def _accepted(parameters: Parameters, client: Client, scopes: tuple[str, ...]) -> AuthorizationRequest:
    for name, code in NOT_SUPPORTED.items():
        if name in parameters:
            raise OAuthError(code, f"The parameter {name} is not supported.")
    if parameters.get("response_mode", "query") != "query":
        raise OAuthError(ErrorCode.INVALID_REQUEST, "The only response_mode is query.")
    return AuthorizationRequest(
        parameters=parameters,
        client=client,
        scopes=scopes,
        redirect_uri=parameters["redirect_uri"],
        state=parameters.get("state", ""),
        prompts=_prompts(parameters.get("prompt", "")),
        max_age=_max_age(parameters.get("max_age", "")),
    )


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    if not prompts <= PROMPTS:
        raise OAuthError(ErrorCode.INVALID_REQUEST, f"The prompts are {', '.join(sorted(PROMPTS))}.")
    if "none" in prompts and len(prompts) > 1:
        raise OAuthError(ErrorCode.INVALID_REQUEST, "The prompt none goes with no other.")
    return prompts


def _max_age(text: str) -> timedelta | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_MAX_AGE):
        raise OAuthError(ErrorCode.INVALID_REQUEST, "The parameter max_age is a number of seconds.")
    return timedelta(seconds=int(text))


def _is_fresh(asked: AuthorizationRequest, person: SignedInPerson, context: Context) -> bool:
    """Whether the person at the browser is the one that is asked for, and signed in lately enough."""
    has_been_there = _has_been_there(asked, person, context)
    if not _is_expected(asked, person, context.now):
        if has_been_there:
            raise refusal(asked, ErrorCode.LOGIN_REQUIRED, "Somebody else signed in than the id_token_hint names.")
        return False
    if has_been_there:
        return True
    if asked.prompts & {"login", "select_account"}:
        return False
    return asked.max_age is None or context.now - person.auth_time <= asked.max_age


def _has_been_there(asked: AuthorizationRequest, person: SignedInPerson, context: Context) -> bool:
    """Whether the person signed in on the way of this very request, a moment ago."""
    was_sent_at = _was_sent_to_sign_in_at(asked, context.browser)
    is_back = context.now - person.auth_time <= COMES_BACK_WITHIN
    return was_sent_at is not None and person.auth_time >= was_sent_at and is_back


def _is_expected(asked: AuthorizationRequest, person: SignedInPerson, now: datetime) -> bool:
    """Whether an ID token that was shown is this person's; one that is not ours, or another client's, tells nothing."""
    if "id_token_hint" not in asked.parameters:
        return True
    hint = verify_hint(asked.parameters["id_token_hint"], now=now)
    if hint is None or hint.client_id != asked.client.client_id:
        raise refusal(asked, ErrorCode.INVALID_REQUEST, "The id_token_hint is no ID token that this client got here.")
    return hint.subject == str(person.user.subject)


def _was_sent_to_sign_in_at(asked: AuthorizationRequest, browser: str) -> datetime | None:
    proof = asked.parameters.get(SIGNED_IN_AFTER)
    if proof is None or not browser:
        return None
    try:
        proven: dict[str, Any] = signing.loads(proof, salt=SALT)
    except signing.BadSignature:
        return None
    parameters = {name: value for name, value in asked.parameters.items() if name != SIGNED_IN_AFTER}
    if proven["q"] != _digest(parameters, browser):
        return None
    return datetime.fromtimestamp(proven["t"], UTC)


def _digest(parameters: Parameters, browser: str) -> str:
    return sha256(urlencode([*sorted(parameters.items()), ("", browser)]).encode()).hexdigest()


def _needs_consent(asked: AuthorizationRequest, person: SignedInPerson, context: Context) -> bool:
    """Whether the person has to be asked.

    Phones open the pages of Apple Messages in a window without cookies. Whoever is signed in before follows a link that
    somebody made for their own phone, and must not be taken for them unawares, however trusted the business is.
    """
    if asked.client.is_trusted:
        return asked.client.purpose in WITHOUT_PKCE and not _has_been_there(asked, person, context)
    if "consent" in asked.prompts:
        return True
    return not has_agreed(user=person.user, client=asked.client, scopes=asked.scopes, now=context.now)


def _unless_silent(asked: AuthorizationRequest, step: Step, code: ErrorCode, description: str) -> Step:
    if "none" in asked.prompts:
        raise refusal(asked, code, description)
    return step
