"""Who is signed in at a page."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR
from authenticate_app.factors.services import lacks_second_factor


class Authentication(AuthenticationMiddleware):
    """Django's, but for sessions that lack a second factor which was asked of their user only since: nobody is in.

    So the next page leads them to the sign-in form, and that to the second factor.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Let the views know who is signed in; nothing is read until one asks."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _who(request))  # type: ignore[assignment]  # as Django does


def _who(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    user = get_user(request)
    is_lacking = isinstance(user, User) and lacks_second_factor(user, request.session.get(AMR, ()))
    return AnonymousUser() if is_lacking else user
