"""The link to a new password, for somebody who forgot theirs: asked for at a page, sent in the background."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from procrastinate.contrib.django import app

from authenticate_app.accounts import mail
from authenticate_app.accounts.errors import SignInWait
from authenticate_app.accounts.models import LoginName, User
from authenticate_app.accounts.names import name_key
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.background import Patience, run
from authenticate_app.keys.encryption import Undecryptable, decrypt, encrypt
from authenticate_app.login.metrics import PASSWORD_RESETS
from authenticate_app.throttling.allowances import Allowance, Refusal, take

log = structlog.get_logger("chatauth.mail")

TASK = "send_link"
SECONDS_PER_MINUTE = 60


class Reason(StrEnum):
    """Why no link was sent; for the audit log and the metrics, never for whoever asked."""

    UNKNOWN_USER = "unknown-user"
    DISABLED_USER = "disabled-user"
    NO_PASSWORD = "no-password"  # noqa: S105 - a reason
    UNVERIFIED_ADDRESS = "unverified-address"
    TOO_OFTEN = "asked-too-often"
    NOT_SENT = "not-sent"
    """The mail server refused it for good, or for too long."""


class TooManyLinks(SignInWait):
    """No more links are sent for this name, or for this address."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Somebody asks for a link to a new password: with which name or e-mail address, from where, in which language."""

    name: str
    origin: Origin
    language: str
    at: datetime

    @property
    def key(self) -> str:
        """The name in the form in which names are compared."""
        return name_key(self.name)

    @property
    def until(self) -> datetime:
        """As long as a link is good, whoever asked is waiting for it."""
        return self.at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def ask_for_link(asked: LinkRequest) -> None:
    """Have a link sent, if there is somebody to send it to; that, nobody learns here, neither by words nor by time.

    Three statements, whoever it is: everything else happens in the background.

    Raises:
        TooManyLinks: the allowance of the name or of the address is used up. Names that nobody has count alike.
    """
    network = asked.origin.network
    for allowance in (
        Allowance("reset-address", network, settings.PASSWORD_RESETS_BY_ADDRESS, address=network),
        Allowance("reset-name", asked.key, settings.PASSWORD_RESETS_BY_NAME),
    ):
        refusal = take(allowance, now=asked.at)
        if refusal is not None:
            raise _too_many(asked, refusal)
    _defer(asked)


def _too_many(asked: LinkRequest, refusal: Refusal) -> TooManyLinks:
    if refusal.is_first:
        _audit(asked, Reason.TOO_OFTEN, asked.at)
    PASSWORD_RESETS.labels("throttled").inc()
    return TooManyLinks(refusal.wait)


# In the background


def _defer(asked: LinkRequest) -> None:
    """Add the job. What was typed as a name may be a password: it waits encrypted."""
    send_link.defer(
        encrypted_name=encrypt(asked.name.encode()).decode(),
        origin=list(asked.origin),
        language=asked.language,
        at=asked.at.isoformat(),
    )


@app.task(name=TASK, queue=mail.QUEUE, retry=Patience())
def send_link(encrypted_name: str, origin: list[str], language: str, at: str) -> None:
    """Try once to send a link."""
    try:
        name = decrypt(encrypted_name.encode()).decode()
    except Undecryptable as error:
        log.error("link not sent", error=str(error))  # noqa: TRY400 - nothing to trace
        return
    asked = LinkRequest(name, Origin(*origin), language, datetime.fromisoformat(at))
    run(TASK, lambda now: attempt(asked, now=now))


def attempt(asked: LinkRequest, *, now: datetime) -> timedelta | None:
    """Try to send the link to a verified address; answers after how long to try again, if that is to be done.

    How it ended is audited and counted, also where there is nobody to send it to.
    """
    user = User.objects.filter(pk__in=LoginName.objects.filter(key=asked.key).values("user")).first()
    reason = why_not(user)
    if user is not None and reason is None:
        outcome = mail.attempt(_letter(user, asked.language), until=asked.until, now=now)
        if outcome is mail.Outcome.FAILED:
            return mail.AGAIN_AFTER
        reason = Reason.NOT_SENT if outcome is mail.Outcome.GIVEN_UP else None
    PASSWORD_RESETS.labels(reason or "sent").inc()
    _audit(asked, reason or "", now, user=user)
    return None


def why_not(user: User | None) -> Reason | None:
    """What keeps ``user`` from setting a forgotten password by e-mail; None if nothing does."""
    if user is None:
        return Reason.UNKNOWN_USER
    if not user.is_active:
        return Reason.DISABLED_USER
    if not user.has_usable_password():
        return Reason.NO_PASSWORD
    return None if user.email and user.email_verified else Reason.UNVERIFIED_ADDRESS


def _letter(user: User, language: str) -> mail.Letter:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password-new", args=[uid, default_token_generator.make_token(user)])
    context = {
        "name": user.get_full_name(),
        "link": f"{settings.PUBLIC_BASE_URL}{path}",
        "minutes": settings.PASSWORD_RESET_TIMEOUT // SECONDS_PER_MINUTE,
    }
    return mail.write(to=user.email, template="customer/mail/password_forgotten", context=context, language=language)


def _audit(asked: LinkRequest, reason: str, now: datetime, *, user: User | None = None) -> None:
    record(
        event=Event.PASSWORD_RESET_ASKED,
        reason=reason,
        actor=user.pk if user else None,
        actor_name=user.username if user else "",
        name=asked.key,
        address=asked.origin.address,
        request_id=asked.origin.request_id,
        now=now,
    )
