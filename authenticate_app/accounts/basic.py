"""HTTP Basic authentication (RFC 7617) for views of Django REST framework.

``BasicAuthentication()`` answers from memory where it can: without a query and without a hash. What it remembers may
be out of date, so it is for views that afterwards make sure of the caller's revisions in a statement that they need
anyway, and call again with ``use_memory=False`` when something has changed. Every other view takes
``FreshBasicAuthentication``, which reads the account on each call.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.status import HTTP_503_SERVICE_UNAVAILABLE

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.credentials import Credentials, MalformedCredentials, parse_basic
from authenticate_app.accounts.errors import SignInBusy, SignInFailed, SignInThrottled
from authenticate_app.accounts.metrics import Outcome, count
from authenticate_app.accounts.sign_in import Origin, SignIn, sign_in

REALM = "owsm"
"""Oracle's, which clients know."""


class AuthenticationBusy(APIException):
    """503: as many passwords as allowed are being checked. ``wait``: seconds after which to try again."""

    status_code = HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Too many sign-ins are being checked at this moment. Please try again.")
    default_code = "sign-in-busy"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class BasicAuthentication(BaseAuthentication):
    """Name and password in the header ``Authorization``; other schemes, such as Bearer, are left to others."""

    def __init__(self, use_memory: bool = True) -> None:
        self.use_memory = use_memory

    def authenticate(self, request: Request) -> tuple[Caller, SignIn] | None:
        """Prove who calls; None where no Basic credentials were sent.

        Raises:
            AuthenticationFailed: 401, the same for everything that can be wrong with credentials.
            Throttled: 429, with ``wait`` in seconds.
            AuthenticationBusy: 503, with ``wait`` in seconds.
            django.db.DatabaseError: the database did not answer.
        """
        credentials = _credentials(request)
        if credentials is None:
            return None
        signed_in = _sign_in(credentials, Origin.of(request), timezone.now(), use_memory=self.use_memory)
        return signed_in.caller, signed_in

    def authenticate_header(self, request: Request) -> str:
        """The challenge that a 401 bears."""
        return f'Basic realm="{REALM}"'


class FreshBasicAuthentication(BasicAuthentication):
    """Reads the account on every call: for views that do not themselves make sure of the caller's revisions."""

    def __init__(self) -> None:
        super().__init__(use_memory=False)


def _credentials(request: Request) -> Credentials | None:
    try:
        return parse_basic(request.META.get("HTTP_AUTHORIZATION", ""))
    except MalformedCredentials:
        count(Outcome.MALFORMED)
        raise _refusal() from None


def _sign_in(credentials: Credentials, origin: Origin, now: datetime, *, use_memory: bool) -> SignIn:
    try:
        return sign_in(credentials=credentials, origin=origin, now=now, use_memory=use_memory)
    except SignInFailed:
        raise _refusal() from None
    except SignInThrottled as throttled:
        raise Throttled(wait=throttled.wait) from None
    except SignInBusy as busy:
        raise AuthenticationBusy(busy.wait) from None


def _refusal() -> AuthenticationFailed:
    return AuthenticationFailed(_("The user name or the password is not right."))
