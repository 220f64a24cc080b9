"""What the pages read of a request."""

from django.http import HttpRequest
from django.middleware.csrf import get_token


def holder_of(request: HttpRequest) -> str:
    """A secret that this browser alone holds, to bind a challenge to it: the one that guards its forms.

    A session would do as well, but there is none before somebody signs in, and every visitor would make one.
    """
    get_token(request)  # makes one for a browser that has none yet
    return str(request.META["CSRF_COOKIE"])
