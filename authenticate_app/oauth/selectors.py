"""Finding codes and refresh tokens to be used up, and what a person agreed to (``counting_tokens``: what is shown)."""

import uuid
from collections.abc import Collection
from datetime import datetime

from authenticate_app.accounts.models import User
from authenticate_app.factors.services import lacks_second_factor
from authenticate_app.oauth import secrets
from authenticate_app.oauth.models import Client, Grant, RefreshToken


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


def holds(source: Grant | RefreshToken) -> bool:
    """Whether the sign-in that a code or refresh token is of still holds.

    Its person is not disabled, nothing has ended their sign-ins, such as another password, and they have shown the
    second factor that is asked of them by now.
    """
    user: User = source.user
    is_same = user.is_active and user.sign_in_stamp == source.sign_in_stamp
    return is_same and not lacks_second_factor(user, source.amr.split())


def has_agreed(*, user: User, client: Client, scopes: Collection[str], now: datetime) -> bool:
    """Whether the person gave this client all these scopes in a sign-in that still goes on."""
    going_on = RefreshToken.objects.filter(
        user=user, application=client, revoked=None, expires__gt=now, sign_in_stamp=user.sign_in_stamp
    )
    return any(set(scopes) <= set(scope.split()) for scope in going_on.values_list("scope", flat=True)[:20])
