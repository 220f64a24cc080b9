"""Signing in by name and password: the one way for Basic authentication, the admin and every form.

The story of one sign-in:

1. A password that this process verified lately from the same address, for an account that is still as it was, is
   enough.
2. Else, if there is ``room``, the account is read and a failure is claimed (``throttling.claims``), in one statement.
   No room or no claim: refused.
3. One hash is computed, the same for unknown, disabled and other users.
4. Success gives the claim back and is remembered. A failure is audited; it is counted already.

Each statement is its own transaction, unless the caller has opened one: then a rollback takes the count with it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from authenticate_app.accounts import passwords
from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.credentials import Credentials
from authenticate_app.accounts.errors import SignInBusy, SignInFailed, SignInThrottled
from authenticate_app.accounts.memory import Remembered, memory
from authenticate_app.accounts.metrics import Outcome, count
from authenticate_app.accounts.models import User
from authenticate_app.accounts.room import room
from authenticate_app.accounts.selectors import ACCOUNT, ACCOUNT_COLUMNS, PERSON, Account, account_of, find_account
from authenticate_app.accounts.waiting import OneAtATime
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.throttling import claims
from authenticate_app.throttling import services as throttling
from authenticate_app.throttling.networks import network_of

_one_at_a_time = OneAtATime()


class Origin(NamedTuple):
    """Where a sign-in comes from: the client's IP address, and the id of the request for the audit log."""

    address: str
    request_id: str = ""

    @property
    def network(self) -> str:
        """The address in the form in which it counts (``throttling.networks``)."""
        return network_of(self.address)

    @classmethod
    def of(cls, request: Any) -> "Origin":
        """Read it off a request of Django's or Django REST framework's."""
        meta = request.META
        return cls(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_REQUEST_ID", ""))


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that succeeded.

    ``from_memory``: nothing was asked of the database. The caller may have been changed, disabled or deleted since;
    whoever goes on makes sure that the caller's revisions are still current (docs/security.md, "Who calls").
    """

    caller: Caller
    from_memory: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in whose password is still to be compared."""

    credentials: Credentials
    origin: Origin
    account: Account | None
    claim: claims.Claim


def sign_in(*, credentials: Credentials, origin: Origin, now: datetime, use_memory: bool) -> SignIn:
    """Prove who somebody is.

    Without ``use_memory`` the account is read in any case; a remembered password still saves the hash. Queries: none
    from memory, one with a remembered password, two else (three when the hash is renewed or something is audited).

    Raises:
        SignInFailed: unknown user, wrong password, disabled user.
        SignInThrottled: too many failures; no hash was computed.
        SignInBusy: too many passwords are being compared already; this one was not.
        django.db.DatabaseError: the database did not answer.
    """
    remembered = memory().recall(credentials, network=origin.network)
    if remembered is not None and use_memory:
        count(Outcome.REMEMBERED)
        return SignIn(remembered.caller, from_memory=True)
    caller = _still_proven(credentials, origin, remembered) if remembered is not None else None
    return SignIn(caller or _prove(credentials, origin, now), from_memory=False)


def _still_proven(credentials: Credentials, origin: Origin, remembered: Remembered) -> Caller | None:
    """The caller as of now, if the password was verified against the very hash that is stored; else it is forgotten."""
    account = find_account(credentials.key)
    if (
        account is None
        or not account.is_active
        or not memory().proves(remembered, credentials, password_hash=account.password_hash)
    ):
        memory().forget(credentials, network=origin.network)
        return None
    memory().refresh(credentials, remembered, network=origin.network, caller=account.unproven_caller)
    count(Outcome.REMEMBERED)
    return account.unproven_caller


def _prove(credentials: Credentials, origin: Origin, now: datetime) -> Caller:
    """Compare the password, if there is room for it; nothing is asked of the database otherwise."""
    if not room.enter():
        count(Outcome.BUSY)
        raise SignInBusy(passwords.RETRY_AFTER_SECONDS)
    was_wrong = False
    try:
        return _prove_alone(credentials, origin, now)
    except SignInFailed:
        was_wrong = True
        raise
    finally:
        room.leave(was_wrong=was_wrong)


def _prove_alone(credentials: Credentials, origin: Origin, now: datetime) -> Caller:
    """Of many who come at once with the same name and password, one has it compared; the others find it remembered."""
    key = memory().place(credentials, network=origin.network)
    with _one_at_a_time.doing(key, patience_seconds=passwords.LONGEST_WAIT_SECONDS):
        remembered = memory().recall(credentials, network=origin.network)
        caller = _still_proven(credentials, origin, remembered) if remembered is not None else None
        return caller or _verify(_begin(credentials, origin, now), now)


def _begin(credentials: Credentials, origin: Origin, now: datetime) -> Attempt:
    counters = claims.Counters.of(name=credentials.key, address=origin.address)
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, {"name_key": credentials.key, **claims.parameters(counters, now=now)})
        row = cursor.fetchone() or ()
    claim = claims.Claim(counters, *row[ACCOUNT_COLUMNS:])
    return Attempt(credentials, origin, account_of(row), claim)


def _verify(attempt: Attempt, now: datetime) -> Caller:
    if not attempt.claim.is_granted:
        raise _throttled(attempt, now)
    comparison = _compare(attempt)
    account = attempt.account
    if account is None or not account.is_active or not comparison.is_right:
        raise _failed(attempt, comparison, now)
    return _succeeded(attempt, account, comparison, now)


def _compare(attempt: Attempt) -> passwords.Comparison:
    password_hash = attempt.account.password_hash if attempt.account else passwords.NO_HASH
    try:
        return passwords.compare(attempt.credentials.password, password_hash, alone=room.is_wary())
    except SignInBusy:
        throttling.give_back(attempt.claim)
        count(Outcome.BUSY)
        raise


def _succeeded(attempt: Attempt, account: Account, comparison: passwords.Comparison, now: datetime) -> Caller:
    throttling.record_success(attempt.claim, user_id=account.unproven_caller.user_id, now=now)
    if comparison.is_outdated:
        account = _with_renewed_hash(attempt.credentials, account)
    caller = account.unproven_caller
    memory().remember(
        attempt.credentials, network=attempt.origin.network, caller=caller, password_hash=account.password_hash
    )
    count(Outcome.VERIFIED)
    return caller


def _with_renewed_hash(credentials: Credentials, account: Account) -> Account:
    """Store the hash as passwords are hashed today; an account that was changed meanwhile is left as it is."""
    caller = account.unproven_caller
    try:
        password_hash = passwords.make_hash(credentials.password)
    except SignInBusy:
        return account  # the next sign-in will do
    unchanged = User.objects.filter(pk=caller.user_id, revision=caller.revision, password=account.password_hash)
    if not unchanged.update(password=password_hash):
        return account
    return find_account(credentials.key) or account


def _failed(attempt: Attempt, comparison: passwords.Comparison, now: datetime) -> SignInFailed:
    _audit(Event.SIGN_IN_FAILED, attempt, now, reason=_reason(attempt.account, comparison))
    count(Outcome.WRONG)
    return SignInFailed()


def _reason(account: Account | None, comparison: passwords.Comparison) -> str:
    """Why, for the audit log only."""
    if account is None:
        return "unknown-user"
    if not account.is_active:
        return "disabled-user"
    return "wrong-password" if not comparison.is_right else ""


def _throttled(attempt: Attempt, now: datetime) -> SignInThrottled:
    claim = attempt.claim
    if claim.address_window_ends_at is not None:  # a rival took the name's last claim between our two
        throttling.give_back(claim)
    if throttling.note_refusal(claim, now=now):
        _audit(Event.SIGN_IN_THROTTLED, attempt, now, reason="too-many-failures")
    count(Outcome.THROTTLED)
    return SignInThrottled(throttling.wait_of(claim, now=now))


def _audit(event: Event, attempt: Attempt, now: datetime, *, reason: str) -> None:
    caller = attempt.account.unproven_caller if attempt.account else None
    record(
        event=event,
        reason=reason,
        actor=caller.user_id if caller else None,
        actor_name=caller.username if caller else "",
        name=attempt.credentials.key,
        address=attempt.origin.address,
        request_id=attempt.origin.request_id,
        now=now,
    )


_BEGIN = f"""
WITH {PERSON}, {claims.CLAIM}
SELECT {ACCOUNT}, {claims.COLUMNS} FROM claim LEFT JOIN person ON TRUE
"""  # noqa: S608 - made of constants
