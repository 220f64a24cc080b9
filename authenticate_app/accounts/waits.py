"""How pages say that somebody is to wait (``errors.SignInWait``): one sentence, one status, one header."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from authenticate_app.accounts.errors import SignInBusy, SignInWait

Page = TypeVar("Page", bound=HttpResponse)
SECONDS_PER_MINUTE = 60
TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE = 429, 503


def wait_fault(refusal: SignInWait) -> ValidationError:
    """Say when to try again, as the fault of a form, with the code ``throttled`` or ``busy``."""
    if isinstance(refusal, SignInBusy):
        return ValidationError(_("Too many people are signing in at this moment. Please try again."), code="busy")
    message = ngettext_lazy(
        "Too many attempts have failed. Please try again in %(minutes)d minute.",
        "Too many attempts have failed. Please try again in %(minutes)d minutes.",
        "minutes",
    )
    return ValidationError(message, code="throttled", params={"minutes": minutes(refusal)})


def answer_wait(page: Page, refusal: SignInWait) -> Page:
    """Give a page the status of a wait, 503 or 429, with ``Retry-After`` (RFC 9110, section 10.2.3)."""
    page.status_code = SERVICE_UNAVAILABLE if isinstance(refusal, SignInBusy) else TOO_MANY_REQUESTS
    page["Retry-After"] = str(refusal.wait)
    return page


def minutes(refusal: SignInWait) -> int:
    """Whole minutes, rounded up: nobody comes back too early."""
    return -(-refusal.wait // SECONDS_PER_MINUTE)
