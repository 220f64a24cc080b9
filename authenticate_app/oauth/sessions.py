"""Who is signed in at a browser, as the sign-in pages left it in the session."""

from datetime import UTC, datetime

from django.http import HttpRequest

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR, AUTH_TIME
from authenticate_app.oauth.context import SignedInPerson


def person_of(request: HttpRequest) -> SignedInPerson | None:
    """Return who is signed in; None for nobody, and for somebody who was disabled meanwhile."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return SignedInPerson(user, _auth_time(request, user), _amr(request))


def _auth_time(request: HttpRequest, user: User) -> datetime:
    seconds = request.session.get(AUTH_TIME)
    if isinstance(seconds, int | float):
        return datetime.fromtimestamp(int(seconds), UTC)
    return user.last_login or user.date_joined


def _amr(request: HttpRequest) -> str:
    methods = request.session.get(AMR, [])
    return " ".join(str(method) for method in methods) if isinstance(methods, list | tuple) else ""
