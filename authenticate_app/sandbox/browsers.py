"""What a browser that plays a phone brings with it: whose phone it is, and which sign-in page is open on it.

All of it stands in signed cookies. The sign-in page has a session of its own, as phones open it in a window without
cookies: whoever is signed in to this server in the same browser stays so, and is not who signs in there.
"""

from typing import Final

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponseBase

from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone

PHONE_COOKIE: Final = "sandbox_phone"
SHEET_COOKIE: Final = "sandbox_sheet"
SHEET_SESSION_COOKIE: Final = "sandbox_sheet_session"
PHONE_SECONDS: Final = 24 * 3600
SHEET_SECONDS: Final = 15 * 60
WITHIN_SHEET: Final = ("/login/", "/oauth/authorize", "/amb/oauth/callback", "/account/")
"""Pages that a customer meets on the way."""


def phone_of(request: HttpRequest) -> SandboxPhone | None:
    """The phone that this browser plays, unless its conversation was deleted or it was purged."""
    phone_id = _read(request, PHONE_COOKIE, PHONE_SECONDS)
    phones = SandboxPhone.objects.select_related("business__account", "business__client")
    return phones.filter(pk=phone_id, deleted_at=None).first() if phone_id else None


def sheet_of(request: HttpRequest) -> SandboxBubble | None:
    """The bubble whose sign-in page is open in this browser."""
    bubble_id = _read(request, SHEET_COOKIE, SHEET_SECONDS)
    if not bubble_id:
        return None
    of_business = "phone__business"
    bubbles = SandboxBubble.objects.select_related(
        "phone", of_business, f"{of_business}__account", f"{of_business}__client"
    )
    return bubbles.filter(pk=bubble_id, phone__deleted_at=None).first()


def has_sheet(request: HttpRequest) -> bool:
    """Whether a sign-in page is open, as far as the cookie says."""
    return bool(_read(request, SHEET_COOKIE, SHEET_SECONDS))


def hand_out_phone(response: HttpResponseBase, phone: SandboxPhone) -> None:
    """Let the browser play this phone."""
    _write(response, PHONE_COOKIE, str(phone.pk), PHONE_SECONDS)


def open_sheet(response: HttpResponseBase, bubble: SandboxBubble) -> None:
    """Let the browser show the sign-in page of a bubble, in a window without cookies."""
    _write(response, SHEET_COOKIE, str(bubble.pk), SHEET_SECONDS)
    response.delete_cookie(SHEET_SESSION_COOKIE)


def close_sheet(response: HttpResponseBase) -> None:
    """Close the sign-in page, and forget who signed in there."""
    response.delete_cookie(SHEET_COOKIE)
    response.delete_cookie(SHEET_SESSION_COOKIE)


def lend_session(request: HttpRequest) -> None:
    """Put the session of the sign-in page in the place of the browser's own, for this request."""
    request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
    if session := request.COOKIES.get(SHEET_SESSION_COOKIE):
        request.COOKIES[settings.SESSION_COOKIE_NAME] = session


def keep_session(response: HttpResponseBase) -> None:
    """Give the session that the answer begins or ends the sign-in page's name; the browser's own stays as it is."""
    begun = response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
    if begun is not None:
        _write_plain(response, SHEET_SESSION_COOKIE, begun.value, SHEET_SECONDS if begun.value else 0)


def _read(request: HttpRequest, name: str, seconds: int) -> str:
    try:
        return str(request.get_signed_cookie(name, salt=name, max_age=seconds))
    except (KeyError, BadSignature):
        return ""


def _write(response: HttpResponseBase, name: str, value: str, seconds: int) -> None:
    response.set_signed_cookie(
        name, value, salt=name, max_age=seconds, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def _write_plain(response: HttpResponseBase, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
