"""Signing in by access token: the one way for every view that takes bearer tokens (RFC 6750).

The story of one sign-in: a token that this process read lately and that has not expired is enough, since whoever goes
on makes sure that it is still good (``bearer_tokens.STILL_GOOD``). Else token, client, user and roles are read in one
query and judged. No password is compared, so nothing is throttled: a token is 256 random bits, and one cannot
be guessed by trying.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.selectors import Account
from authenticate_app.accounts.sign_in import Origin, SignIn
from authenticate_app.oauth.bearer_memory import KnownToken, memory
from authenticate_app.oauth.bearer_metrics import Outcome, count
from authenticate_app.oauth.bearer_refusals import audit_seldom
from authenticate_app.oauth.bearer_tokens import StoredToken, find_token
from authenticate_app.oauth.secrets import checksum
from authenticate_app.oauth.seldom import seldom


@dataclass(frozen=True, slots=True)
class TokenSignIn(SignIn):
    """A sign-in by access token that succeeded, and what the token may be used for."""

    scopes: frozenset[str]
    client_id: int
    """The row of the client that the token was given to."""


class TokenRefused(Exception):
    """The token is good for nobody: unknown, revoked, expired, or its client or user is no longer what it was."""


class NoActingUser(Exception):
    """The token is good, but its client is to act as a user and has none. ``client``: what people call it."""

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self.client = client


def sign_in_by_token(*, unverified_token: str, origin: Origin, now: datetime, use_memory: bool) -> TokenSignIn:
    """Prove who comes with a token. Queries: none from memory, else one (two when a refusal is audited).

    Without ``use_memory`` the token is read in any case.

    Raises:
        TokenRefused: see there.
        NoActingUser: see there.
        django.db.DatabaseError: the database did not answer.
    """
    token_checksum = checksum(unverified_token)
    remembered = memory.recall(token_checksum, now=now) if use_memory else None
    if remembered is not None:
        count(Outcome.REMEMBERED)
        return TokenSignIn(
            remembered.caller, from_memory=True, scopes=remembered.scopes, client_id=remembered.client_id
        )
    token = _read(token_checksum, origin, now)
    count(Outcome.READ)
    return TokenSignIn(token.caller, from_memory=False, scopes=token.scopes, client_id=token.client_id)


def _read(token_checksum: str, origin: Origin, now: datetime) -> KnownToken:
    stored = find_token(token_checksum)
    fault = _fault(stored, now)
    if stored is None or stored.account is None or fault is not None:
        memory.forget(token_checksum)
        raise _refused(fault or Outcome.UNKNOWN, stored, origin, now)
    caller = _caller(stored.account, stored, token_checksum)
    token = KnownToken(caller, stored.scopes, stored.client_id, stored.expires)
    memory.remember(token_checksum, token)
    return token


def _caller(account: Account, stored: StoredToken, token_checksum: str) -> Caller:
    """Who comes with the token. People agree to chats in their own name: nobody speaks for others on their consent."""
    caller = replace(account.unproven_caller, access_token=token_checksum)
    if stored.is_of_client:
        return caller
    return replace(caller, entitlements=caller.entitlements - {REQUEST_FOR_CHAT_ON_BEHALF})


def _fault(stored: StoredToken | None, now: datetime) -> Outcome | None:
    if stored is None:
        return Outcome.UNKNOWN
    if stored.expires <= now:
        return Outcome.EXPIRED
    if not stored.client_is_active:
        return Outcome.DISABLED_CLIENT
    if stored.account is None:
        return Outcome.NO_ACTING_USER
    if not stored.account.is_active:
        return Outcome.DISABLED_USER
    return None if stored.is_of_this_sign_in else Outcome.ENDED_SIGN_IN


def _refused(
    outcome: Outcome, stored: StoredToken | None, origin: Origin, now: datetime
) -> TokenRefused | NoActingUser:
    count(outcome)
    audit_seldom(outcome, stored, origin=origin, now=now)
    if outcome is Outcome.NO_ACTING_USER and stored is not None:
        return NoActingUser(stored.client_name)
    return TokenRefused()


def forget_everything() -> None:
    """Forget every token and every refusal that this process saw."""
    memory.clear()
    seldom.clear()
