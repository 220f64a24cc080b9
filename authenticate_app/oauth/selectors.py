"""Finding tokens, and knowing whether they still count.

A token counts as long as it has not expired or been revoked, its client is active, and its person is active and has
the password that they signed in with. All of that is asked of the database at every use, so that a change counts at
once.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from authenticate_app.accounts.models import User
from authenticate_app.oauth import secrets
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken

LONGEST_TOKEN = 4096
"""Characters. Ours are shorter, and nobody makes us hash megabytes."""


def find_access_token(unverified_token: str, *, now: datetime) -> AccessToken | None:
    """Return the access token that this is, with its user, its client and the client's acting user, if it counts.

    One query, whether the token is opaque or signed. None for whatever does not count.
    """
    if len(unverified_token) > LONGEST_TOKEN:
        return None
    tokens = AccessToken.objects.select_related("user", "application__acting_user").defer("application__logo")
    token = tokens.filter(token_checksum=secrets.checksum(unverified_token), expires__gt=now).first()
    return token if token is not None and _counts(token) else None


def find_refresh_token(unverified_token: str, *, now: datetime) -> RefreshToken | None:
    """Return the refresh token that this is, with its user and its client, if it counts; one query at most."""
    family = secrets.family_of(unverified_token)
    if family is None or len(unverified_token) > LONGEST_TOKEN:
        return None
    tokens = RefreshToken.objects.select_related("user", "application").defer("application__logo")
    token = tokens.filter(token_family=family, revoked=None, expires__gt=now).first()
    if token is None or not secrets.matches(unverified_token, token.token_checksum):
        return None
    is_in_force = token.application.is_active and is_unchanged(token.user, token.password_stamp)
    return token if is_in_force else None


def lock_grant(unverified_code: str) -> Grant | None:
    """Return the row of a code with its user and client, and keep others from it until the transaction ends."""
    grants = Grant.objects.select_for_update(of=("self",)).select_related("user", "application")
    grants = grants.defer("application__logo")
    return grants.filter(code=secrets.checksum(unverified_code)).first()


def lock_family(family: uuid.UUID) -> RefreshToken | None:
    """Return the row of a family with its user and client, and keep others from it until the transaction ends."""
    tokens = RefreshToken.objects.select_for_update(of=("self",)).select_related("user", "application")
    tokens = tokens.defer("application__logo")
    return tokens.filter(token_family=family).first()


def is_unchanged(user: User, password_stamp: int | None) -> bool:
    """Whether a person may still be who they were when they signed in: not disabled, and with the same password."""
    return user.is_active and user.password_stamp == password_stamp


def has_agreed(*, user: User, client: Client, scopes: Collection[str], now: datetime) -> bool:
    """Whether the person gave this client all these scopes in a sign-in that still goes on."""
    going_on = RefreshToken.objects.filter(
        user=user, application=client, revoked=None, expires__gt=now, password_stamp=user.password_stamp
    )
    return any(set(scopes) <= set(scope.split()) for scope in going_on.values_list("scope", flat=True)[:20])


def _counts(token: AccessToken) -> bool:
    client = token.application
    if not client.is_active:
        return False
    if token.user is not None:
        return is_unchanged(token.user, token.password_stamp)
    return client.acting_user is not None and client.acting_user.is_active
