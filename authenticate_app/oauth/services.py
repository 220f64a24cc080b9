"""What changes clients, codes and tokens. Each function is one transaction, or part of the caller's."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import metrics, secrets
from authenticate_app.oauth.clients import is_still
from authenticate_app.oauth.context import Context, SignedInPerson
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from authenticate_app.oauth.refusals import Reason
from authenticate_app.oauth.selectors import holds, lock_family, lock_grant
from authenticate_app.oauth.tokens import Authentication


class GrantRefused(Exception):
    """A code or refresh token that gives nothing (RFC 6749, section 5.2, ``invalid_grant``); why, for the audit log."""

    def __init__(self, reason: Reason, user: User | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.user = user


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """What a person agreed to."""

    client: Client
    scopes: Sequence[str]
    redirect_uri: str
    code_challenge: str = ""
    nonce: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's sign-in at a client, which tokens are issued for. ``family`` is shared by all of them."""

    user: User
    scopes: Sequence[str]
    family: uuid.UUID
    sign_in_stamp: int
    authentication: Authentication

    @classmethod
    def of(cls, source: Grant | RefreshToken) -> "SignIn":
        """Read it off a code or refresh token."""
        authentication = Authentication(source.auth_time, source.amr, getattr(source, "nonce", ""))
        return cls(source.user, source.scope.split(), source.token_family, source.sign_in_stamp, authentication)


class Revoked(NamedTuple):
    """How many of each kind were revoked."""

    codes: int
    refresh_tokens: int
    access_tokens: int


def set_new_secret(client: Client) -> str:
    """Give a client a new secret and return it, for the only time; the client still has to be saved."""
    secret = secrets.new_secret()
    client.client_secret = secrets.checksum(secret)
    return secret


def store_code(*, code: str, asked: CodeRequest, person: SignedInPerson, now: datetime) -> Grant:
    """Store an authorization code for what a person agreed to."""
    return Grant.objects.create(
        code=secrets.checksum(code),
        application=asked.client,
        user=person.user,
        redirect_uri=asked.redirect_uri,
        scope=" ".join(asked.scopes),
        code_challenge=asked.code_challenge,
        code_challenge_method=Grant.CODE_CHALLENGE_S256 if asked.code_challenge else "",
        nonce=asked.nonce,
        state_checksum=secrets.checksum(asked.state) if asked.state else "",
        expires=now + settings.AUTHORIZATION_CODE_LIFETIME,
        token_family=secrets.family_of(code) or uuid.uuid4(),
        sign_in_stamp=person.user.sign_in_stamp,
        auth_time=person.auth_time,
        amr=person.amr,
    )


def open_grant(*, unverified_code: str, client: Client, context: Context) -> Grant:
    """Return the grant of a code that may be exchanged; its row stays locked. Call it in a transaction.

    A code that was used already is a theft, so what it gave is revoked (RFC 6749, section 4.1.2); also one that has
    left the table, as long as its sign-in goes on.

    Raises:
        GrantRefused: unknown, expired, used, another client's, or client or person are not what they were.
    """
    grant = lock_grant(unverified_code)
    if grant is None:
        raise _unknown_code(unverified_code, client, context)
    if grant.application_id != client.pk:
        raise GrantRefused(Reason.CODE_OF_ANOTHER_CLIENT, grant.user)
    if not is_still(client, grant.application):
        raise GrantRefused(Reason.CLIENT_CHANGED, grant.user)
    if grant.used_at is not None:
        _end_reused("code", grant, client, context)
        raise GrantRefused(Reason.CODE_REUSED, grant.user)
    if grant.expires <= context.now:
        raise GrantRefused(Reason.CODE_EXPIRED, grant.user)
    if not holds(grant):
        raise GrantRefused(Reason.PERSON_CHANGED, grant.user)
    return grant


def use_grant(grant: Grant, *, now: datetime) -> None:
    """Claim a grant that ``open_grant`` gave, before anything is produced.

    Raises:
        GrantRefused: it was used before.
    """
    if not Grant.objects.filter(pk=grant.pk, used_at=None).update(used_at=now):
        raise GrantRefused(Reason.CODE_REUSED, grant.user)


def open_refresh_token(*, unverified_token: str, client: Client, context: Context) -> RefreshToken:
    """Return the family of a refresh token that may be used; its row stays locked. Call it in a transaction.

    A token of the family that is not the newest was used before: it was stolen, then or now, and nobody can tell which
    of the two is the thief. So the whole family ends (RFC 9700, section 4.14.2).

    Raises:
        GrantRefused: unknown, expired, revoked, used, another client's, or client or person are not what they were.
    """
    family = secrets.family_of(unverified_token)
    token = lock_family(family) if family is not None else None
    if token is None:
        raise GrantRefused(Reason.UNKNOWN_REFRESH_TOKEN)
    if token.application_id != client.pk:
        raise GrantRefused(Reason.REFRESH_TOKEN_OF_ANOTHER_CLIENT, token.user)
    if not is_still(client, token.application):
        raise GrantRefused(Reason.CLIENT_CHANGED, token.user)
    if token.revoked is not None:
        raise GrantRefused(Reason.REFRESH_TOKEN_REVOKED, token.user)
    if not secrets.matches(unverified_token, token.token_checksum):
        _end_reused("refresh_token", token, client, context)
        raise GrantRefused(Reason.REFRESH_TOKEN_REUSED, token.user)
    if token.expires <= context.now:
        raise GrantRefused(Reason.REFRESH_TOKEN_EXPIRED, token.user)
    if not holds(token):
        raise GrantRefused(Reason.PERSON_CHANGED, token.user)
    return token


def rotate_refresh_token(token: RefreshToken, *, unverified_token: str, next_token: str, now: datetime) -> None:
    """Let the next token of the family take the place of the one that ``open_refresh_token`` opened.

    Raises:
        GrantRefused: somebody else was faster.
    """
    current = RefreshToken.objects.filter(pk=token.pk, token_checksum=secrets.checksum(unverified_token), revoked=None)
    if not current.update(token_checksum=secrets.checksum(next_token), updated=now):
        raise GrantRefused(Reason.REFRESH_TOKEN_REUSED, token.user)


def begin_family(sign_in: SignIn, *, client: Client, first_token: str, now: datetime) -> RefreshToken:
    """Store the first refresh token of a sign-in; the family ends after ``REFRESH_TOKEN_LIFETIME``."""
    return RefreshToken.objects.create(
        token_family=sign_in.family,
        token_checksum=secrets.checksum(first_token),
        application=client,
        user=sign_in.user,
        scope=" ".join(sign_in.scopes),
        expires=now + settings.REFRESH_TOKEN_LIFETIME,
        sign_in_stamp=sign_in.sign_in_stamp,
        auth_time=sign_in.authentication.auth_time,
        amr=sign_in.authentication.amr,
    )


def store_access_token(
    *, token: str, client: Client, scopes: Sequence[str], sign_in: SignIn, now: datetime
) -> AccessToken:
    """Store an access token of a person (``own_tokens`` stores those of clients themselves)."""
    return AccessToken.objects.create(
        token_checksum=secrets.checksum(token),
        application=client,
        user=sign_in.user,
        scope=" ".join(scopes),
        expires=now + settings.ACCESS_TOKEN_LIFETIME,
        token_family=sign_in.family,
        sign_in_stamp=sign_in.sign_in_stamp,
    )


@transaction.atomic
def revoke_token(*, unverified_token: str, client: Client, context: Context) -> bool:
    """Revoke a token of this client, and what belongs to the same sign-in; says whether there was one (RFC 7009).

    An access token takes the refresh token along: it could be had again at once otherwise (section 2.1). A family is
    locked before its access tokens, as whoever refreshes does: two orders would deadlock.
    """
    access_token = AccessToken.objects.filter(
        token_checksum=secrets.checksum(unverified_token), application=client
    ).first()
    family = access_token.token_family if access_token else _family_at(unverified_token, client)
    if access_token is None and family is None:
        return False
    if family is not None:
        revoke_family(family, now=context.now)
    elif access_token is not None:
        access_token.delete()
    _audit_revocation(client, "by-client", context)
    return True


def revoke_family(family: uuid.UUID, *, now: datetime) -> None:
    """End a sign-in: its refresh token counts no more, its access tokens are gone. Two statements."""
    RefreshToken.objects.filter(token_family=family, revoked=None).update(revoked=now, updated=now)
    AccessToken.objects.filter(token_family=family).delete()


@transaction.atomic
def revoke_all(*, now: datetime, client: Client | None = None, user: User | None = None) -> Revoked:
    """Revoke every code and token of a client, of a person, or of the person at the client; answers how many.

    Whoever calls it audits it. The order matters: what is just being exchanged or refreshed keeps its row locked, so
    each statement waits until the tokens made of it are there for the next one.

    Raises:
        ValueError: neither is given; that would be everybody's.
    """
    if client is None and user is None:
        raise ValueError("Name a client or a user.")
    whose = {**({"application": client} if client else {}), **({"user": user} if user else {})}
    codes = Grant.objects.filter(**whose, used_at=None).delete()[0]
    refresh_tokens = RefreshToken.objects.filter(**whose, revoked=None, expires__gt=now).update(
        revoked=now, updated=now
    )
    return Revoked(codes, refresh_tokens, AccessToken.objects.filter(**whose).delete()[0])


def _family_at(unverified_token: str, client: Client) -> uuid.UUID | None:
    """The family of a refresh token, if it is this client's and was not revoked before."""
    family = secrets.family_of(unverified_token)
    of_client = RefreshToken.objects.filter(token_family=family, application=client, revoked=None)
    return family if family is not None and of_client.exists() else None


def _unknown_code(unverified_code: str, client: Client, context: Context) -> GrantRefused:
    """What to say to a code without a row; ends the sign-in that it began, if that goes on at this client.

    A code begins with its family, which only those know who have seen the code or a token of it.
    """
    family = secrets.family_of(unverified_code)
    token = lock_family(family) if family is not None else None
    if token is None or token.application_id != client.pk:
        return GrantRefused(Reason.UNKNOWN_CODE)
    if token.revoked is None:
        _end_reused("code", token, client, context)
    return GrantRefused(Reason.CODE_REUSED, token.user)


def _end_reused(kind: str, source: Grant | RefreshToken, client: Client, context: Context) -> None:
    revoke_family(source.token_family, now=context.now)
    transaction.on_commit(metrics.REUSES.labels(kind).inc)
    record(
        event=Event.OAUTH_TOKEN_REUSED,
        reason=kind,
        actor=source.user.pk,
        actor_name=source.user.username,
        address=context.origin.address,
        request_id=context.origin.request_id,
        target=client,
        now=context.now,
    )


def _audit_revocation(client: Client, reason: str, context: Context) -> None:
    record(
        event=Event.OAUTH_TOKENS_REVOKED,
        reason=reason,
        address=context.origin.address,
        request_id=context.origin.request_id,
        target=client,
        now=context.now,
    )
