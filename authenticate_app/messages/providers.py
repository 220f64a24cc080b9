"""A code becomes a customer: at our own OAuth server, or at another identity provider (docs/apple-messages.md)."""

from collections.abc import Collection
from datetime import datetime

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.messages import other_provider
from authenticate_app.messages.identities import IdentityRefused, find_user
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.metrics import IDENTITIES
from authenticate_app.messages.models import Business
from authenticate_app.messages.other_provider import Said
from authenticate_app.messages.provider_calls import ProviderFailed
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.addresses import issuer
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.purposes import messages_callback
from authenticate_app.oauth.redemption import ClientUnusable, redeem_code
from authenticate_app.oauth.services import GrantRefused


class ExchangeFailed(Exception):
    """Nobody was learned from a code. ``detail`` says more to administrators, and nothing secret or personal."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def issuer_of(business: Business) -> str:
    """Who vouches for the customers of a business: our own server, or the provider that was entered."""
    return issuer() if business.provider == Business.Provider.OWN else business.provider_issuer


def exchange(
    *, business: Business, unverified_code: str, state: str, scopes: Collection[str], origin: Origin, now: datetime
) -> Identity:
    """Exchange a code that came to our callback, and return who signed in.

    ``state``: that of the request, which the code has to belong to; another server vouches for none.
    ``scopes``: those that the sign-in was asked for; nothing else is learned from our own server. With another provider
    it takes seconds at worst, and others get this thread's turn meanwhile; call it outside of a transaction then. With
    our own server a transaction that is open is to be committed also if this raises.

    Raises:
        ExchangeFailed: nobody.
        django.db.DatabaseError: the database did not answer.
    """
    if business.provider == Business.Provider.OWN:
        return _at_own_server(business, unverified_code, state, scopes, Context(origin, now))
    try:
        said = other_provider.person_of_code(business=business, unverified_code=unverified_code)
        return identity_elsewhere(business=business, said=said, now=now)
    except ProviderFailed as failure:
        raise ExchangeFailed(failure.reason, failure.detail) from None
    except IdentityRefused:
        raise ExchangeFailed(Reason.IDENTITY_REFUSED) from None


def identity_elsewhere(
    *,
    business: Business,
    said: Said,
    now: datetime,
    is_verified: bool = True,
    token_checksum: str | None = None,
) -> Identity:
    """Make the identity of somebody whom another provider knows.

    Raises:
        ProviderFailed: the business does not say who the provider is, so that a subject is nobody's.
        IdentityRefused: see there.
    """
    if not business.provider_issuer:
        raise ProviderFailed(Reason.IDENTITY_MISSING, "the business names no issuer")
    found = find_user(
        business=business, issuer=business.provider_issuer, subject=said.subject, claims=said.claims, now=now
    )
    return Identity(business.provider_issuer, said.subject, said.claims, is_verified, token_checksum, found)


def _at_own_server(
    business: Business, unverified_code: str, state: str, scopes: Collection[str], context: Context
) -> Identity:
    """As a call in this process. The code proves who it was issued for, so the client's secret would prove nothing."""
    try:
        redeemed = redeem_code(
            unverified_code=unverified_code,
            state=state,
            client_id=business.client.client_id if business.client else "",
            redirect_uri=messages_callback(),
            asked_scopes=scopes,
            context=context,
        )
    except ClientUnusable:
        raise ExchangeFailed(Reason.EXCHANGE_FAILED, "the client is not active, or has no secret") from None
    except GrantRefused as refusal:
        raise ExchangeFailed(Reason.EXCHANGE_FAILED, refusal.reason) from None
    IDENTITIES.labels("own").inc()
    return Identity(issuer(), str(redeemed.user.subject), redeemed.claims, True, None, redeemed.user)
