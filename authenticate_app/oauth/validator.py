"""What oauthlib asks while it goes through a request: the toolkit's validator, with our rules and few queries."""

from collections.abc import Sequence
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import metrics, pkce, purposes, services
from authenticate_app.oauth.clients import find_client
from authenticate_app.oauth.context import context_of
from authenticate_app.oauth.refusals import Reason
from authenticate_app.oauth.services import CodeRequest, GrantRefused, SignIn
from authenticate_app.oauth.tokens import Authentication, sign_id_token

GRANT_TYPES = {
    "authorization_code": purposes.CODE,
    "refresh_token": purposes.CODE,
}
"""Grant types of RFC 6749, and which of a client's (in the toolkit's words) allows them."""


class Validator(OAuth2Validator):
    """Every method that a grant of ours calls is written out here.

    ``request`` is oauthlib's; its ``client``, ``user``, ``sign_in`` and ``context_of(request)`` are trusted, everything
    else is as it came.
    """

    # The authorization endpoint

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Find the client that wants to be authorized; nobody has proven anything yet."""
        request.client = find_client(client_id)
        return request.client is not None

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Compare with what is registered, as strings (RFC 9700, section 2.1)."""
        return bool(request.client.redirect_uri_allowed(redirect_uri))

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """There is none: every request names its redirect URI (OpenID Connect Core, section 3.1.2.1)."""

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Codes for those who may have them, and nothing else."""
        return response_type == "code" and bool(client.authorization_grant_type == purposes.CODE)

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """For all but the two flows of Apple Messages, where the phone builds the request."""
        return bool(request.client.pkce_required)

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """A client asks for something, and for nothing that it may not have."""
        return bool(scopes) and set(scopes) <= client.scopes

    def validate_silent_login(self, request: Any) -> bool:
        """The view looks at ``prompt`` itself, for requests without ``openid`` as well."""
        return True

    def validate_silent_authorization(self, request: Any) -> bool:
        """As above."""
        return True

    def validate_user_match(self, id_token_hint: str, scopes: Any, claims: Any, request: Any) -> bool:
        """As above."""
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kw: Any
    ) -> None:
        """Store a code for the person who is signed in."""
        context = context_of(request)
        if context.person is None:
            raise LookupError("A code needs somebody who is signed in.")
        asked = CodeRequest(
            client=request.client,
            scopes=request.scopes,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge or "",
            nonce=request.nonce or "",
            state=request.state or "",
        )
        services.store_code(code=code["code"], asked=asked, person=context.person, now=context.now)

    # The token endpoint

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whoever comes here was authenticated before: ``clients.authenticate``."""
        return True

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Take over the client that proved itself."""
        request.client = context_of(request).proven_client()
        request.client_id = request.client.client_id
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the client's purpose goes this way."""
        if grant_type == "refresh_token" and not purposes.RULES[client.purpose].has_refresh_tokens:
            return False
        return bool(client.authorization_grant_type == GRANT_TYPES[grant_type])

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Open the code, whose row stays locked until the request has been answered."""
        try:
            grant = services.open_grant(unverified_code=code, client=client, context=context_of(request))
        except GrantRefused as refusal:
            _note(request, refusal)
            return False
        request.grant = grant
        return _take_over(request, SignIn.of(grant))

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        """The challenge of the authorization request.

        A verifier without one says that somebody took the challenge out on the way (RFC 9700, section 4.8.2). All else
        that can be wrong with a verifier, oauthlib refuses after this.
        """
        fault = pkce.refusal_of(request.code_verifier, request.grant.code_challenge)
        context_of(request).found.reason = fault or ""
        if fault is Reason.NO_CODE_CHALLENGE:
            raise InvalidRequestError(
                description="There was no code_challenge for this code_verifier.", request=request
            )
        return request.grant.code_challenge or None

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        """Always S256."""
        return request.grant.code_challenge_method or None

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The same as in the authorization request (RFC 6749, section 4.1.3)."""
        request = args[0]
        if request.grant.redirect_uri != redirect_uri:
            context_of(request).found.reason = Reason.ANOTHER_REDIRECT_URI
            description = "The redirect_uri is another than in the authorization request."
            raise InvalidGrantError(description=description, request=request)
        return True

    def use_code(self, request: Any) -> None:
        """Claim the code, once all has been checked and before anything is produced."""
        try:
            services.use_grant(request.grant, now=context_of(request).now)
        except GrantRefused as refusal:
            _note(request, refusal)
            raise InvalidGrantError(request=request) from None

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """``use_code`` has done it already."""

    def get_authorization_code_nonce(self, client_id: str, code: str, redirect_uri: str, request: Any) -> str:
        """Part of the sign-in, which ``get_id_token`` reads."""
        return ""

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Open the refresh token, whose row stays locked until the request has been answered."""
        try:
            token = services.open_refresh_token(
                unverified_token=refresh_token, client=client, context=context_of(request)
            )
        except GrantRefused as refusal:
            _note(request, refusal)
            return False
        request.refresh_token_instance = token
        return _take_over(request, SignIn.of(token))

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        """What the person agreed to, as far as the client may still ask for it."""
        return list(request.scopes)

    def rotate_refresh_token(self, request: Any) -> bool:
        """Always (RFC 9700, section 4.14.2)."""
        return True

    def get_id_token(self, token: dict[str, Any], token_handler: Any, request: Any) -> str:
        """Sign an ID token for the answer."""
        context, sign_in = context_of(request), request.sign_in
        if context.signing_key is None:
            raise LookupError("No signing key was given for an ID token.")
        is_refreshed = request.grant_type == "refresh_token"
        return sign_id_token(
            user=sign_in.user,
            client=request.client,
            scopes=request.scopes,
            authentication=_without_nonce(sign_in.authentication) if is_refreshed else sign_in.authentication,
            access_token=token["access_token"],
            now=context.now,
            key=context.signing_key,
        )

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Store the tokens of an answer, each by its checksum alone."""
        _store_of_person(token, request.sign_in, request)
        metrics.count_token(request.grant_type, is_signed=request.client.signed_access_tokens)


def _take_over(request: Any, sign_in: SignIn) -> bool:
    """Go on with a sign-in; says whether the client may still have anything of what the person agreed to."""
    request.sign_in = sign_in
    request.user = sign_in.user
    request.scopes = [scope for scope in sign_in.scopes if scope in request.client.scopes]
    context_of(request).found.user = sign_in.user
    if not request.scopes:
        context_of(request).found.reason = Reason.NO_SCOPE_LEFT
    return bool(request.scopes)


def _without_nonce(authentication: Authentication) -> Authentication:
    """A refreshed ID token answers no authentication request (OpenID Connect Core, section 12.2)."""
    return Authentication(authentication.auth_time, authentication.amr)


def _store_refresh_token(refresh_token: str, sign_in: SignIn, request: Any) -> None:
    now = context_of(request).now
    if request.grant_type != "refresh_token":
        services.begin_family(sign_in, client=request.client, first_token=refresh_token, now=now)
        return
    try:
        services.rotate_refresh_token(
            request.refresh_token_instance,
            unverified_token=request.refresh_token,
            next_token=refresh_token,
            now=now,
        )
    except GrantRefused as refusal:
        _note(request, refusal)
        raise InvalidGrantError(request=request) from None


def _store_of_person(token: dict[str, Any], sign_in: SignIn, request: Any) -> None:
    context = context_of(request)
    if "refresh_token" in token:
        _store_refresh_token(token["refresh_token"], sign_in, request)
    services.store_access_token(
        token=token["access_token"], client=request.client, scopes=request.scopes, sign_in=sign_in, now=context.now
    )
    record(
        event=Event.OAUTH_TOKEN_ISSUED,
        reason=request.grant_type,
        actor=sign_in.user.pk,
        actor_name=sign_in.user.username,
        address=context.origin.address,
        request_id=context.origin.request_id,
        target=request.client,
        now=context.now,
    )


def _note(request: Any, refusal: GrantRefused) -> None:
    """Leave for whoever audits it why and whose."""
    found = context_of(request).found
    found.reason, found.user = refusal.reason, refusal.user
