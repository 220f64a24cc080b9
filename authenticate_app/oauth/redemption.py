"""Codes that this server takes itself: who signed in, without a token that nobody would ever show.

For packages that stand after this one and ask people to sign in for a business. What ``token_endpoint`` and
``userinfo`` do in two requests of a client elsewhere, this does in one transaction: the same checks, the same audit.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import pkce, purposes, refusals, scopes, secrets
from authenticate_app.oauth.claims import Claims, claims_of
from authenticate_app.oauth.clients import find_client
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import ErrorCode, error_of
from authenticate_app.oauth.models import Grant
from authenticate_app.oauth.refusals import Reason
from authenticate_app.oauth.services import GrantRefused, open_grant, use_grant


class ClientUnusable(Exception):
    """There is no active client of this id that keeps a secret and takes codes."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who signed in, and what the client may know of them."""

    user: User
    scopes: tuple[str, ...]
    claims: Claims


@dataclass(frozen=True, slots=True)
class Brought:
    """What a browser brought back: a code, with the state of the request that it should answer, to this address."""

    code: str = field(repr=False)
    state: str = field(repr=False)
    redirect_uri: str


def redeem_code(
    *,
    unverified_code: str,
    state: str,
    client_id: str,
    redirect_uri: str,
    asked_scopes: Collection[str],
    context: Context,
) -> Redeemed:
    """Use up a code that was issued for ``client_id``, ``redirect_uri`` and ``state``, and return whom it stands for.

    The state takes the place of PKCE, which the phone does not know: a code that somebody got hold of is worth nothing
    in an answer to another request (RFC 9700, section 4.5).

    The claims are those of the scopes that were asked for, granted, and that the client may still have; ``openid`` must
    be among them, as at userinfo. No token is stored. The client's secret is not asked for: whoever calls this is this
    server itself, and answers for acting for that client. A transaction that is open is to be committed also if this
    raises, since what a refusal revokes stays revoked.

    Raises:
        ClientUnusable: nothing was done with the code.
        GrantRefused: the code gives nothing; it is counted and audited.
        django.db.DatabaseError: the database did not answer.
    """
    client = find_client(client_id)
    if client is None or not client.is_confidential or client.authorization_grant_type != purposes.CODE:
        raise ClientUnusable
    proven = Context(context.origin, context.now, client=client)
    try:
        return _redeem(Brought(unverified_code, state, redirect_uri), asked_scopes, proven)
    except GrantRefused as refusal:
        proven.found.reason, proven.found.user = refusal.reason, refusal.user
        refusals.note(error_of(ErrorCode.INVALID_GRANT), proven)
        raise


def _redeem(brought: Brought, asked_scopes: Collection[str], context: Context) -> Redeemed:
    """One step of a transaction, which is kept when the code is refused as well."""
    with transaction.atomic():
        try:
            return _redeemed(brought, asked_scopes, context)
        except GrantRefused as refusal:
            refused = refusal
    raise refused


def _redeemed(brought: Brought, asked_scopes: Collection[str], context: Context) -> Redeemed:
    grant = open_grant(unverified_code=brought.code, client=context.proven_client(), context=context)
    if grant.redirect_uri != brought.redirect_uri:
        raise GrantRefused(Reason.ANOTHER_REDIRECT_URI, grant.user)
    if not secrets.matches(brought.state, grant.state_checksum):
        raise GrantRefused(Reason.ANOTHER_STATE, grant.user)
    if fault := pkce.refusal_of(None, grant.code_challenge):
        raise GrantRefused(fault, grant.user)
    granted = _granted(grant, asked_scopes, context)
    use_grant(grant, now=context.now)
    _audit(grant, context)
    return Redeemed(grant.user, granted, claims_of(grant.user, granted))


def _granted(grant: Grant, asked_scopes: Collection[str], context: Context) -> tuple[str, ...]:
    allowed = context.proven_client().scopes & set(asked_scopes)
    granted = tuple(scope for scope in scopes.split(grant.scope) if scope in allowed)
    if scopes.OPENID not in granted:
        raise GrantRefused(Reason.NO_SCOPE_LEFT, grant.user)
    return granted


def _audit(grant: Grant, context: Context) -> None:
    record(
        event=Event.OAUTH_CODE_REDEEMED,
        actor=grant.user.pk,
        actor_name=grant.user.username,
        address=context.origin.address,
        request_id=context.origin.request_id,
        target=context.proven_client(),
        now=context.now,
    )
