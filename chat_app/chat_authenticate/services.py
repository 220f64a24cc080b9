"""Giving out a chat token: who may have it, where the chat goes, the signature, and the session that goes with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from pydantic_core import to_json

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.names import name_key
from authenticate_app.keys.tokens import SigningMaterial, sign
from authenticate_app.time_ordered import new_time_ordered_id
from chat_app.adf.exceptions import try_again
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest
from chat_app.chat_authenticate.facts import Facts
from chat_app.chat_authenticate.permissions import check_end_user, may_speak_for_others
from chat_app.chat_authenticate.placement import Placement, place
from chat_app.chat_authenticate.releases import Release
from chat_app.routing.snapshot import InterfaceFacts
from chat_app.sessions.services import NewSession, NewToken, StoredSession, store

RESUME = "RESUME"
SIGNED_IN_BY = "signedInBy"
"""Beside the attributes of a session: how this server knows who the customer is, where it does so itself. No caller can
say so, since there is no such attribute."""


class IssuedChat(NamedTuple):
    """A chat that may begin: the signed token, where it leads, and the session as it is stored."""

    jwt: str
    interface: InterfaceFacts
    session: StoredSession


def issue_chat_token(
    *,
    request: ChatAuthenticateRequest,
    caller: Caller,
    facts: Facts,
    release: Release,
    client_address: str,
    now: datetime,
    signed_in_by: str = "",
) -> IssuedChat:
    """Sign a token for the end user and store the session that it opens or resumes; one durable statement.

    ``signed_in_by``: how this server itself let the customer in, for agents to see; "" where the caller vouches.

    The token is signed before the session is stored: whatever fails, no session is left without its token, and
    nobody gets to see a token that is not stored. Called outside of a transaction.

    Raises:
        AdfError: 403 or 503, see ``check_end_user`` and ``place``; 503 without a signing key.
        BasisChanged: caller or facts are out of date; nothing was stored.
        django.db.DatabaseError: the database did not answer.
    """
    check_end_user(caller, request)
    today = timezone.localdate(now, timezone.get_default_timezone())  # callers have no time zone of their own
    placement = place(request=request, caller=caller, routing=facts.routing.value, release=release, today=today)
    token = _new_token(now)
    jwt = sign(_claims(request.auth_user_name, token, placement.interface), key=_signing_key(facts, now))
    asked = {**request.stored, SIGNED_IN_BY: signed_in_by} if signed_in_by else request.stored
    session = store(
        basis=facts.basis(caller), session=_new_session(request, asked, caller, placement, client_address), token=token
    )
    return IssuedChat(jwt, placement.interface, session)


def _new_token(now: datetime) -> NewToken:
    issued_at = now.replace(microsecond=0)
    return NewToken(
        jti=new_time_ordered_id(at=now), issued_at=issued_at, expires_at=issued_at + settings.TOKEN_LIFETIME
    )


def _signing_key(facts: Facts, now: datetime) -> SigningMaterial:
    """Not as of ``iat``, which may be a moment before a key that took over at once began to sign."""
    key = facts.keyring.value.signing_key(now)
    if key is None:
        raise try_again(errors.NO_SIGNING_KEY)
    return key


def _claims(auth_user_name: str, token: NewToken, interface: InterfaceFacts) -> dict[str, object]:
    return {
        "exp": int(token.expires_at.timestamp()),
        "sub": auth_user_name,
        "aud": interface.audience,
        "iss": settings.TOKEN_ISSUER,
        "prn": auth_user_name,
        "iat": int(token.issued_at.timestamp()),
        "jti": str(token.jti),
    }


def _new_session(
    request: ChatAuthenticateRequest,
    asked: Mapping[str, Any],
    caller: Caller,
    placement: Placement,
    client_address: str,
) -> NewSession:
    return NewSession(
        auth_user_name=request.auth_user_name,
        end_user_key=name_key(request.auth_user_name),
        interface_id=placement.interface.id,
        queue_id=placement.queue_id,
        request=to_json(asked).decode(),
        client_address=client_address,
        resume=request.resume_type == RESUME,
        speaks_for_others=may_speak_for_others(caller),
        organization_party_id=caller.organization_party_id,
    )
