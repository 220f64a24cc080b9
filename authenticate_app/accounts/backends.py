"""Signing in to pages by a form: the same password check and the same throttle as Basic authentication."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone

from authenticate_app.accounts.credentials import Credentials, MalformedCredentials, checked
from authenticate_app.accounts.errors import SignInFailed
from authenticate_app.accounts.metrics import Outcome, count
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin, sign_in


class PasswordBackend(ModelBackend):
    """Django's backend, but for how a password is checked. The only one in ``AUTHENTICATION_BACKENDS``."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user whose name and password these are; None if they are nobody's.

        Raises:
            SignInThrottled, SignInBusy: nothing was checked; ``login.forms`` tells people when to try again.
        """
        credentials = _credentials(username or "", password or "")
        if credentials is None:
            return None
        try:
            signed_in = sign_in(credentials=credentials, origin=_origin(request), now=timezone.now(), use_memory=False)
        except SignInFailed:
            return None
        return User.objects.filter(pk=signed_in.caller.user_id, is_active=True).first()


def _credentials(name: str, password: str) -> Credentials | None:
    try:
        return checked(name, password)
    except MalformedCredentials:
        count(Outcome.MALFORMED)
        return None


def _origin(request: HttpRequest | None) -> Origin:
    return Origin("") if request is None else Origin.of(request)
