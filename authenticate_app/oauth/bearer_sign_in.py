"""Signing in by access token: the one way for every view that takes bearer tokens (RFC 6750).

The story of one sign-in: a token that this process read lately and that has not expired is enough, since whoever goes
on makes sure that it is still good (``bearer_tokens.STILL_GOOD``). Else token, client, user and roles are read in one
query and judged. No password is compared, so nothing is throttled: a token is 256 random bits, and one cannot
be guessed by trying.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.selectors import Account
from authenticate_app.accounts.sign_in import Origin, SignIn
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth.bearer_memory import KnownToken, memory
from authenticate_app.oauth.bearer_metrics import Outcome, count
from authenticate_app.oauth.bearer_tokens import StoredToken, find_token
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.secrets import checksum

AUDITED_KINDS = 10_000
"""So many kinds of refusals a process keeps apart; beyond that it may audit one twice."""


@dataclass(frozen=True, slots=True)
class TokenSignIn(SignIn):
    """A sign-in by access token that succeeded, and what the token may be used for."""

    scopes: frozenset[str]


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
        return TokenSignIn(remembered.caller, from_memory=True, scopes=remembered.scopes)
    token = _read(token_checksum, origin, now)
    count(Outcome.READ)
    return TokenSignIn(token.caller, from_memory=False, scopes=token.scopes)


def _read(token_checksum: str, origin: Origin, now: datetime) -> KnownToken:
    stored = find_token(token_checksum)
    fault = _fault(stored, now)
    if stored is None or stored.account is None or fault is not None:
        memory.forget(token_checksum)
        raise _refused(fault or Outcome.UNKNOWN, stored, origin, now)
    token = KnownToken(_caller(stored.account, stored, token_checksum), stored.scopes, stored.expires)
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
    return None if stored.is_of_this_password else Outcome.OLD_PASSWORD


def _refused(
    outcome: Outcome, stored: StoredToken | None, origin: Origin, now: datetime
) -> TokenRefused | NoActingUser:
    count(outcome)
    kind = (outcome.value, origin.network, str(stored.client_id) if stored else "")
    if _seldom.is_first(kind, now):
        _audit(outcome, stored, origin, now)
    if outcome is Outcome.NO_ACTING_USER and stored is not None:
        return NoActingUser(stored.client_name)
    return TokenRefused()


def _audit(outcome: Outcome, stored: StoredToken | None, origin: Origin, now: datetime) -> None:
    user = stored.account.unproven_caller if stored and stored.account else None
    record(
        event=Event.BEARER_REFUSED,
        reason=outcome.value,
        actor=user.user_id if user else None,
        actor_name=user.username if user else "",
        address=origin.address,
        request_id=origin.request_id,
        target=Client(pk=stored.client_id, name=stored.client_name) if stored else None,
        now=now,
    )


class Seldom:
    """Tells the first of a kind within ``THROTTLE_WINDOW`` from those that follow it. Thread-safe.

    Anybody can send tokens that are none, and each that is audited is a row: so the audit log gets one of each kind
    and window from a process, while the metrics count all.
    """

    def __init__(self, capacity: int = AUDITED_KINDS) -> None:
        self._capacity = capacity
        self._begun: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_first(self, kind: tuple[str, ...], now: datetime) -> bool:
        """Whether none of this kind came within the window; this one then begins it."""
        with self._lock:
            begun = self._begun.get(kind)
            if begun is not None and begun <= now < begun + settings.THROTTLE_WINDOW:
                return False
            self._begun[kind] = now
            self._begun.move_to_end(kind)
            if len(self._begun) > self._capacity:
                self._begun.popitem(last=False)
            return True

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._begun.clear()


_seldom = Seldom()


def forget_everything() -> None:
    """Forget every token and every refusal that this process saw."""
    memory.clear()
    _seldom.clear()
