"""The access token that a phone sends in the legacy flow: whether it says who the customer is.

The phone is the customer's, and sends what they like. So the server that issued the token is asked: is it active, was
it issued to this business's client, after this request began, for the scopes that were asked for? And none counts
twice.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from authenticate_app.messages import other_provider
from authenticate_app.messages.identities import IdentityRefused, find_user
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import Business, SignInRequest, SignInResult
from authenticate_app.messages.other_provider import Said
from authenticate_app.messages.provider_calls import ProviderFailed
from authenticate_app.messages.provider_claims import kept, subject_in
from authenticate_app.messages.providers import identity_elsewhere
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth import scopes
from authenticate_app.oauth.addresses import issuer
from authenticate_app.oauth.claims import claims_of
from authenticate_app.oauth.counting_tokens import CountingToken, find_access_token
from authenticate_app.oauth.secrets import checksum

CLOCKS_DIFFER_BY: Final = timedelta(seconds=5)
"""How far another provider's clock may be behind ours; its times are whole seconds besides. People take longer to
sign in."""


class TokenNotAccepted(Exception):
    """The token says nothing about the customer. ``detail`` says more to administrators, nothing secret or personal."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def check_token(*, sign_in: SignInRequest, unverified_access_token: str, now: datetime) -> Identity:
    """Return whose token it is that came for ``sign_in``.

    ``is_verified`` is False where the provider cannot be asked for whom it issued the token.
    That it was not seen before is looked up here, and decided where the identity is stored: its ``token_checksum`` is
    unique. With another provider this takes seconds at worst. Called outside of a transaction.

    Raises:
        TokenNotAccepted: see there. ``PROVIDER_UNAVAILABLE`` and ``PROVIDER_BUSY`` may pass.
        django.db.DatabaseError: the database did not answer.
    """
    if not other_provider.is_sendable(unverified_access_token):
        raise TokenNotAccepted(Reason.TOKEN_INACTIVE, "no access token by its form")
    token_checksum = checksum(unverified_access_token)
    if SignInResult.objects.filter(token_checksum=token_checksum).exclude(sign_in=sign_in.pk).exists():
        raise TokenNotAccepted(Reason.TOKEN_REPLAYED)
    try:
        if sign_in.business.provider == Business.Provider.OWN:
            return _at_own_server(sign_in, unverified_access_token, token_checksum, now)
        return _elsewhere(sign_in, unverified_access_token, token_checksum, now)
    except ProviderFailed as failure:
        raise TokenNotAccepted(failure.reason, failure.detail) from None
    except IdentityRefused:
        raise TokenNotAccepted(Reason.IDENTITY_REFUSED) from None


def _at_own_server(sign_in: SignInRequest, unverified_token: str, token_checksum: str, now: datetime) -> Identity:
    token = find_access_token(unverified_token, now=now)
    if token is None:
        raise TokenNotAccepted(Reason.TOKEN_INACTIVE)
    if token.user is None or token.client_pk != sign_in.business.client_id:
        raise TokenNotAccepted(Reason.TOKEN_FOREIGN)
    if token.created < sign_in.created_at:
        raise TokenNotAccepted(Reason.TOKEN_EARLY)
    _require_scopes(sign_in, token.scope)
    user = find_user(business=sign_in.business, issuer=issuer(), subject=token.subject, claims={}, now=now)
    return Identity(issuer(), token.subject, _own_claims(sign_in, token), True, token_checksum, user)


def _own_claims(sign_in: SignInRequest, token: CountingToken) -> dict[str, Any]:
    """What the scopes of the request allow, whatever else the token would."""
    return {} if token.user is None else claims_of(token.user, scopes.split(sign_in.scopes))


def _elsewhere(sign_in: SignInRequest, unverified_token: str, token_checksum: str, now: datetime) -> Identity:
    business = sign_in.business
    has_introspection = bool(business.introspection_url)
    told = _introspected(sign_in, unverified_token) if has_introspection else None
    said = _said(business, unverified_token, told)
    return identity_elsewhere(
        business=business, said=said, now=now, is_verified=has_introspection, token_checksum=token_checksum
    )


def _introspected(sign_in: SignInRequest, unverified_token: str) -> Mapping[str, Any]:
    """Judge what the provider knows of the token. What it leaves out of its answer it does not vouch for."""
    business = sign_in.business
    told = other_provider.introspected(business=business, unverified_token=unverified_token)
    if told.get("active") is not True:
        raise TokenNotAccepted(Reason.TOKEN_INACTIVE)
    if told.get("client_id") != business.provider_client_id:
        raise TokenNotAccepted(Reason.TOKEN_FOREIGN)
    if told.get("iss", business.provider_issuer) != business.provider_issuer:
        raise TokenNotAccepted(Reason.TOKEN_FOREIGN, "introspection: another issuer")
    issued_at = told.get("iat")
    earliest = (sign_in.created_at - CLOCKS_DIFFER_BY).timestamp()
    if not isinstance(issued_at, int | float) or not issued_at >= int(earliest):
        raise TokenNotAccepted(Reason.TOKEN_EARLY, "" if "iat" in told else "introspection: no iat")
    scope = told.get("scope")
    _require_scopes(sign_in, scope if isinstance(scope, str) else "")
    return told


def _said(business: Business, unverified_token: str, told: Mapping[str, Any] | None) -> Said:
    """Whom the token stands for: as userinfo says, which introspection must not contradict; else as that says."""
    subject = subject_in(told or {})
    if not business.userinfo_url:
        if told is None or subject is None:
            raise ProviderFailed(Reason.IDENTITY_MISSING, "there is neither a subject nor a userinfo URL")
        return Said(subject, kept({"sub": subject}))
    said = other_provider.person_of_token(business=business, access_token=unverified_token)
    if told is not None and told.get("sub") is not None and subject != said.subject:
        raise ProviderFailed(Reason.IDENTITY_MISSING, "userinfo: another subject than at introspection")
    return said


def _require_scopes(sign_in: SignInRequest, granted: str) -> None:
    if missing := set(scopes.split(sign_in.scopes)) - set(scopes.split(granted)):
        raise TokenNotAccepted(Reason.TOKEN_SCOPE, f"missing: {' '.join(sorted(missing))}"[:300])
