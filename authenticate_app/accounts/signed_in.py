"""Who is signed in at a page."""

from typing import cast

from django.http import HttpRequest

from authenticate_app.accounts.models import User


def signed_in_user(request: HttpRequest) -> User:
    """The user of a page that nobody else is shown: one of the admin, or one that asks for a sign-in."""
    return cast(User, request.user)
