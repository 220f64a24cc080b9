"""Bearer authentication (RFC 6750) for views of Django REST framework.

A token is taken from the header ``Authorization`` alone. As with ``accounts.basic``, authentication answers from memory
where it can, for views that make sure of it afterwards; every other view takes ``FreshBasicOrBearerAuthentication``.
Views that take tokens also ask for ``HasScope``.
"""

import re
from datetime import datetime
from urllib.parse import parse_qs

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ParseError, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from authenticate_app.accounts.basic import REALM, BasicAuthentication
from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.sign_in import Origin, SignIn
from authenticate_app.oauth.bearer_metrics import Outcome, count
from authenticate_app.oauth.bearer_sign_in import NoActingUser, TokenRefused, TokenSignIn, sign_in_by_token

SCHEME = "bearer"
PARAMETER = "access_token"
"""How a token would be named in an address or a form (RFC 6750, sections 2.2 and 2.3): neither is taken."""
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")
"""The form of a token (RFC 6750, section 2.1, ``b64token``), of bounded length."""


def challenge(**parameters: str) -> str:
    """Return the value of ``WWW-Authenticate`` with these parameters, which are plain ASCII (RFC 6750, section 3)."""
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in {"realm": REALM, **parameters}.items())


class InvalidRequest(ParseError):
    """400: the token was not sent as it should be, or beside other credentials (RFC 6750, section 3.1)."""

    default_code = "invalid_request"
    default_detail = _("The access token was not sent as it should be.")
    auth_header = challenge(
        error="invalid_request", error_description="Send one access token, in the header Authorization."
    )


class InvalidToken(AuthenticationFailed):
    """401: the token is unknown, revoked or expired, or nobody may come by it any more (RFC 6750, section 3.1)."""

    default_code = "invalid_token"
    default_detail = _("The access token is not valid.")
    auth_header = challenge(error="invalid_token", error_description="The access token is not valid, or not any more.")


class ScopeMissing(PermissionDenied):
    """403: the token lacks the scope ``name`` (RFC 6750, section 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, name: str) -> None:
        super().__init__(_("The scope %(name)s is missing.") % {"name": name}, code=self.default_code)
        self.name = name
        self.auth_header = challenge(error="insufficient_scope", scope=name)


class ActingUserMissing(PermissionDenied):
    """403: the client ``name`` came with a token of its own, and no user is assigned to it to act as."""

    default_code = "acting-user-missing"

    def __init__(self, name: str) -> None:
        super().__init__(_("The client %(name)s acts as no user.") % {"name": name}, code=self.default_code)
        self.name = name


class BearerAuthentication(BaseAuthentication):
    """An access token in the header ``Authorization``; other schemes, such as Basic, are left to others.

    A token in the address is refused, whatever the header holds.
    """

    def __init__(self, use_memory: bool = True) -> None:
        self.use_memory = use_memory

    def authenticate(self, request: Request) -> tuple[Caller, TokenSignIn] | None:
        """Prove who calls; None where no token was sent.

        Raises:
            InvalidRequest: 400.
            InvalidToken: 401, the same for everything that can be wrong with a token.
            ActingUserMissing: 403.
            django.db.DatabaseError: the database did not answer.
        """
        unverified_token = _token(request)
        if unverified_token is None:
            return None
        signed_in = _sign_in(unverified_token, request, timezone.now(), use_memory=self.use_memory)
        return signed_in.caller, signed_in

    def authenticate_header(self, request: Request) -> str:
        """The challenge that a 401 bears where no token was sent: without an error (RFC 6750, section 3.1)."""
        return challenge()


class BasicOrBearerAuthentication(BaseAuthentication):
    """A password or an access token, never both."""

    def __init__(self, use_memory: bool = True) -> None:
        self._basic = BasicAuthentication(use_memory)
        self._bearer = BearerAuthentication(use_memory)

    def authenticate(self, request: Request) -> tuple[Caller, SignIn] | None:
        """Prove who calls; None where neither was sent. Raises what the two raise."""
        return self._bearer.authenticate(request) or self._basic.authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """Both challenges (RFC 9110, section 11.6.1), first the one that clients have always known."""
        return f"{self._basic.authenticate_header(request)}, {self._bearer.authenticate_header(request)}"


class FreshBasicOrBearerAuthentication(BasicOrBearerAuthentication):
    """Reads the account on every call: for views that do not themselves make sure that the caller is as remembered."""

    def __init__(self) -> None:
        super().__init__(use_memory=False)


class HasScope(BasePermission):
    """A token must have been given out for the scope ``name``; else ``ScopeMissing`` is raised.

    Who comes by a password is not asked: a password is good for everything that its user may do.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer True; a token without the scope raises ``ScopeMissing``."""
        signed_in = request.auth
        if isinstance(signed_in, TokenSignIn) and self.name not in signed_in.scopes:
            raise ScopeMissing(self.name)
        return True


def _token(request: Request) -> str | None:
    meta = request.META
    if _is_in_address(meta.get("QUERY_STRING", "")):
        raise _malformed()
    scheme, _blank, rest = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != SCHEME:
        return None
    unverified_token: str = rest.strip(" ")
    if TOKEN.fullmatch(unverified_token) is None:
        raise _malformed()
    return unverified_token


def _is_in_address(query: str) -> bool:
    return query != "" and PARAMETER in parse_qs(query, keep_blank_values=True)


def _malformed() -> InvalidRequest:
    count(Outcome.MALFORMED)
    return InvalidRequest()


def _sign_in(unverified_token: str, request: Request, now: datetime, *, use_memory: bool) -> TokenSignIn:
    try:
        return sign_in_by_token(
            unverified_token=unverified_token, origin=Origin.of(request), now=now, use_memory=use_memory
        )
    except TokenRefused:
        raise InvalidToken from None
    except NoActingUser as refused:
        raise ActingUserMissing(refused.client) from None
