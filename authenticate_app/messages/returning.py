"""A browser comes back from the identity provider with a state and a code: the new flow's half of a sign-in.

The order is what makes it safe: the state is used up first, so that nothing comes of it twice; then the code is
exchanged; then the identity is stored, unless the request has ended meanwhile. With our own server all of it is one
transaction: where the process dies, nothing has happened, and the same address works once more. With another one the
exchange takes its time, and no transaction waits for it: the state is used up whatever comes after.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.messages import providers, sign_ins
from authenticate_app.messages.errors import StateRefused
from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.messages.providers import ExchangeFailed
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.oauth.scopes import split

State = SignInRequest.State
REFUSED_BY_CUSTOMER: Final = "access_denied"
"""RFC 6749, section 4.1.2.1."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brought along (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207); anybody can make it up."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str = ""


def take_back(*, returned: Returned, origin: Origin, clock: Callable[[], datetime]) -> CallbackError | None:
    """Use up the state, learn who signed in and store it; answers what the phone is to be told, None for success.

    What fails ends the request with its reason. The last step may find that the request has ended meanwhile: it stays
    as it ended. ``clock`` is asked at each step, since an exchange takes its time. Called outside of a transaction.

    Raises:
        django.db.DatabaseError: the database did not answer. With our own server nothing has happened then; with
            another one the state may be used up, and the request times out.
    """
    with transaction.atomic():
        try:
            sign_in = sign_ins.consume_state(unverified_state=returned.state, now=clock())
        except StateRefused as refused:
            return _number_of(refused.reason)
        if sign_in.business.provider == Business.Provider.OWN:
            return _taken_back(sign_in, returned, origin, clock)
    return _taken_back(sign_in, returned, origin, clock)


def _taken_back(
    sign_in: SignInRequest, returned: Returned, origin: Origin, clock: Callable[[], datetime]
) -> CallbackError | None:
    try:
        identity = providers.exchange(
            business=sign_in.business,
            unverified_code=_code(returned, sign_in.business),
            state=returned.state,
            scopes=split(sign_in.scopes),
            origin=origin,
            now=clock(),
        )
    except ExchangeFailed as failure:
        return _ended(sign_in, failure, clock())
    is_stored = sign_ins.store_identity(sign_in=sign_in, identity=identity, now=clock())
    return None if is_stored else CallbackError.STATE_EXPIRED


def _code(returned: Returned, business: Business) -> str:
    """The code of an answer that is one of the business's provider.

    Raises:
        ExchangeFailed: it is an error, bears no code, or comes from another server (RFC 9207, section 2.4).
    """
    if returned.error:
        is_refusal = returned.error == REFUSED_BY_CUSTOMER
        raise ExchangeFailed(Reason.CONSENT_REFUSED if is_refusal else Reason.PROVIDER_REFUSED)
    is_own = business.provider == Business.Provider.OWN
    if returned.issuer != providers.issuer_of(business) and (returned.issuer or is_own):
        raise ExchangeFailed(Reason.EXCHANGE_FAILED, "the answer came from another issuer")
    if not returned.code:
        raise ExchangeFailed(Reason.CODE_MISSING)
    return returned.code


def _ended(sign_in: SignInRequest, failure: ExchangeFailed, now: datetime) -> CallbackError:
    state = State.CANCELLED if failure.reason is Reason.CONSENT_REFUSED else State.FAILED
    sign_ins.end(sign_in_id=sign_in.pk, state=state, reason=failure.reason, now=now, detail=failure.detail)
    return _number_of(failure.reason)


def _number_of(reason: Reason) -> CallbackError:
    return CallbackError[reason.name]
