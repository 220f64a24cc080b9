"""An OAuth 2.0 or OpenID provider elsewhere: codes and tokens become somebody whom it knows.

Nothing that it says is believed that it does not say itself, over a connection that we opened to it. An ID token is not
needed; where there is one, it has to agree.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

import jwt

from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages.models import Business
from authenticate_app.messages.provider_calls import Call, ProviderFailed, answer_to
from authenticate_app.messages.provider_claims import Claims, kept, subject_in
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.purposes import messages_callback

LEEWAY_SECONDS: Final = 30
"""How much the provider's clock may differ from ours where it says until when an ID token is valid."""
LONGEST_TOKEN: Final = 8192


@dataclass(frozen=True, slots=True)
class Said:
    """Whom the provider knows, and what it says of them."""

    subject: str
    claims: Claims


def person_of_code(*, business: Business, unverified_code: str) -> Said:
    """Exchange a code, and ask who it is (RFC 6749, section 4.1.3; OpenID Connect Core, sections 3.1.3 and 5.3).

    Raises:
        ProviderFailed: it gave nothing, or contradicts itself.
    """
    form = {"grant_type": "authorization_code", "code": unverified_code, "redirect_uri": messages_callback()}
    tokens = answer_to(_as_client(business, "token", business.token_url, form), business_pk=business.pk)
    access_token = _access_token(tokens)
    said_in_id_token = _id_token(tokens, business)
    if not business.userinfo_url:
        return _said(said_in_id_token or {}, "the ID token, and there is no userinfo URL")
    said = person_of_token(business=business, access_token=access_token)
    if said_in_id_token is not None and subject_in(said_in_id_token) != said.subject:
        raise ProviderFailed(Reason.IDENTITY_MISSING, "userinfo: another subject than in the ID token")
    return said


def person_of_token(*, business: Business, access_token: str) -> Said:
    """Ask whom an access token stands for (OpenID Connect Core, section 5.3).

    Raises:
        ProviderFailed: it does not say.
    """
    call = Call("userinfo", business.userinfo_url, {"Authorization": f"Bearer {access_token}"})
    return _said(answer_to(call, business_pk=business.pk), "userinfo")


def introspected(*, business: Business, unverified_token: str) -> dict[str, Any]:
    """Ask whether a token counts, and what it is good for (RFC 7662).

    Raises:
        ProviderFailed: it does not say.
    """
    form = {"token": unverified_token, "token_type_hint": "access_token"}
    call = _as_client(business, "introspection", business.introspection_url, form)
    return answer_to(call, business_pk=business.pk)


def _as_client(business: Business, endpoint: Any, url: str, form: Mapping[str, str]) -> Call:
    """Prove who we are by HTTP Basic, which every server takes (RFC 6749, section 2.3.1); without a secret, say it."""
    try:
        secret = decrypt(bytes(business.encrypted_client_secret)).decode() if business.encrypted_client_secret else ""
    except Undecryptable:
        raise ProviderFailed(Reason.EXCHANGE_FAILED, "the client secret cannot be decrypted") from None
    if not secret:
        return Call(endpoint, url, {}, {**form, "client_id": business.provider_client_id})
    pair = f"{quote_plus(business.provider_client_id)}:{quote_plus(secret)}"
    return Call(endpoint, url, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, form)


def _access_token(tokens: Mapping[str, Any]) -> str:
    token, kind = tokens.get("access_token"), tokens.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ProviderFailed(Reason.EXCHANGE_FAILED, "token: no bearer token")
    if not isinstance(token, str) or not is_sendable(token):
        raise ProviderFailed(Reason.EXCHANGE_FAILED, "token: no access_token")
    return token


def is_sendable(token: str) -> bool:
    """Whether a token can stand in a header (RFC 6750, section 2.1)."""
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token


def _id_token(tokens: Mapping[str, Any], business: Business) -> dict[str, Any] | None:
    """What the ID token says; None without one.

    It came from the token endpoint itself, over TLS, which vouches for it instead of the signature (OpenID Connect
    Core, section 3.1.3.7, point 6).
    """
    id_token = tokens.get("id_token")
    if id_token is None:
        return None
    try:
        said: dict[str, Any] = jwt.decode(
            id_token,
            audience=business.provider_client_id,
            issuer=business.provider_issuer,
            leeway=LEEWAY_SECONDS,
            options={
                "require": ["iss", "sub", "aud", "exp"],
                "verify_signature": False,
                "verify_iss": True,
                "verify_aud": True,
                "verify_exp": True,
                "verify_iat": False,
                "verify_nbf": True,
            },
        )
    except (jwt.PyJWTError, TypeError, ValueError, RecursionError) as error:
        raise ProviderFailed(Reason.IDENTITY_MISSING, f"ID token: {type(error).__name__}") from None
    return said


def _said(answer: Mapping[str, Any], where: str) -> Said:
    subject = subject_in(answer)
    if subject is None:
        raise ProviderFailed(Reason.IDENTITY_MISSING, f"{where}: no subject")
    return Said(subject, kept(answer))
