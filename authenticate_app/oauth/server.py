"""oauthlib's server with the grants that it does here: code and refresh token (``own_tokens``: client credentials)."""

import uuid
from typing import Any, ClassVar

from oauthlib.oauth2.rfc6749.endpoints import AuthorizationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, UnsupportedGrantTypeError, UnsupportedResponseTypeError
from oauthlib.oauth2.rfc6749.grant_types import AuthorizationCodeGrant as PlainAuthorizationCodeGrant
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant, RefreshTokenGrant

from authenticate_app.oauth import purposes, secrets
from authenticate_app.oauth.context import context_of
from authenticate_app.oauth.pkce import CODE_CHALLENGE, proves
from authenticate_app.oauth.tokens import access_token_lifetime, make_access_token


class CodeGrantWithS256(PlainAuthorizationCodeGrant):
    """Authorization codes with PKCE by S256 alone, and codes that a phone need not escape."""

    _code_challenge_methods: ClassVar = {"S256": proves}

    def create_authorization_code(self, request: Any) -> dict[str, str]:
        """Make a code; the state goes back with it as it came (RFC 6749, section 4.1.2)."""
        state = {"state": request.state} if request.state else {}
        return {"code": secrets.new_code(uuid.uuid4()), **state}

    def validate_authorization_request(self, request: Any) -> Any:
        """Also refuse a challenge that S256 cannot have made."""
        checked = super().validate_authorization_request(request)
        if request.code_challenge is not None and not CODE_CHALLENGE.fullmatch(request.code_challenge):
            description = "The code_challenge should be 43 characters of base64url, made by S256."
            raise InvalidRequestError(description=description, request=request)
        return checked


def refuse_other_response_types(request: Any) -> dict[str, Any]:
    """Before anything else: there is no implicit grant, and no mixture of both (RFC 9700, section 2.1.2)."""
    if request.response_type not in {None, "code"}:
        raise UnsupportedResponseTypeError(request=request)
    return {}


class CodeGrant(AuthorizationCodeGrant):
    """The same with what OpenID Connect adds, where the scope ``openid`` is asked for."""

    def __init__(self, request_validator: Any) -> None:
        self.proxy_target = CodeGrantWithS256(
            request_validator, pre_auth=[refuse_other_response_types], post_token=[request_validator.use_code]
        )
        self.custom_validators.post_auth.append(self.openid_authorization_validator)
        self.register_token_modifier(self.add_id_token)


class Bearer(BearerToken):
    """Makes access tokens, opaque or signed, and refresh tokens where the client's purpose allows them."""

    def create_token(self, request: Any, refresh_token: bool = False, **kwargs: Any) -> Any:
        """Return the members of the answer (RFC 6749, section 5.1); nothing is stored yet."""
        allowed = purposes.RULES[request.client.purpose].has_refresh_tokens
        return super().create_token(request, refresh_token=refresh_token and allowed, **kwargs)


def new_access_token(request: Any, refresh_token: bool = False) -> str:
    """Make an access token for a request of oauthlib's."""
    context = context_of(request)
    return make_access_token(
        user=request.user, client=request.client, scopes=request.scopes, now=context.now, key=context.signing_key
    )


def new_refresh_token(request: Any) -> str:
    """Make a refresh token of the family that the request's sign-in has."""
    return secrets.new_refresh_token(request.sign_in.family)


class _UnknownGrant:
    """Stands for every grant type that is not offered."""

    def create_token_response(self, request: Any, token_handler: Any) -> Any:
        raise UnsupportedGrantTypeError(request=request)


class Server(AuthorizationEndpoint, TokenEndpoint):
    """What the toolkit's setting ``OAUTH2_SERVER_CLASS`` names."""

    def __init__(self, request_validator: Any, **_options: Any) -> None:
        code_grant = CodeGrant(request_validator)
        bearer = Bearer(request_validator, new_access_token, _expires_in, new_refresh_token)
        AuthorizationEndpoint.__init__(
            self, default_response_type="code", response_types={"code": code_grant}, default_token_type=bearer
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type="",
            grant_types={
                "authorization_code": code_grant,
                "refresh_token": RefreshTokenGrant(request_validator),
                "": _UnknownGrant(),
            },
            default_token_type=bearer,
        )


def _expires_in(_request: Any) -> int:
    return access_token_lifetime()
