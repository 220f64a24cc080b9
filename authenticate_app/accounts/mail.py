"""E-mail to people, sent by background jobs: no answer waits for a mail server, and none tells by its time.

A letter is written first, in its reader's language, and then sent. One that a mail server does not take is tried again
until its time is over; one whose job was killed at the wrong moment may come twice.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from procrastinate.contrib.django import app
from prometheus_client import Counter

from authenticate_app.background import Patience, run

log = structlog.get_logger("chatauth.mail")

QUEUE = "mail"
TASK = "send_mail"
WORTH_SENDING_FOR = timedelta(days=1)
"""News of somebody's account that are older than this, they have noticed or been told."""
AGAIN_AFTER = timedelta(minutes=1)
"""A mail server that is away or busy is left alone for so long."""
PERMANENT = 500
"""From this status on, a mail server does not want the letter later either (RFC 5321, section 4.2.1)."""

MAILS = Counter("chatauth_mails", "Attempts to send e-mails to people, by outcome.", ("outcome",))


class Outcome(StrEnum):
    """How an attempt to send a letter ended."""

    SENT = "sent"
    FAILED = "failed"
    """It is to be tried again."""
    GIVEN_UP = "given-up"
    """The mail server refused it for good, or it is too late."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one person."""

    to: str
    subject: str
    body: str


def is_set_up() -> bool:
    """Whether this installation can send e-mail at all (``EMAIL_URL``)."""
    return bool(settings.EMAIL_URL)


def business_name() -> str:
    """What this installation calls itself to people: ``BUSINESS_NAME``, or the host of its public address."""
    return settings.BUSINESS_NAME or urlsplit(settings.PUBLIC_BASE_URL).hostname or ""


def write(*, to: str, template: str, context: dict[str, Any], language: str) -> Letter:
    """Write a letter of ``templates/<template>_subject.txt`` and ``_body.txt``, in ``language``.

    The templates know ``business`` and ``address``, the installation's name and public address, besides ``context``.
    """
    known = {"business": business_name(), "address": settings.PUBLIC_BASE_URL, **context}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", known).split())
        return Letter(to, subject, render_to_string(f"{template}_body.txt", known))


def send_later(letter: Letter, *, now: datetime) -> None:
    """Have a letter sent in the background, once the transaction that is open is committed; one statement.

    It waits in the database, so it holds no secrets. Where e-mail is not set up, nothing is sent, and that is no fault.
    """
    if is_set_up():
        send_letter.defer(**asdict(letter), until=(now + WORTH_SENDING_FOR).isoformat())


@app.task(name=TASK, queue=QUEUE, retry=Patience())
def send_letter(to: str, subject: str, body: str, until: str) -> None:
    """Try once to send a letter."""
    letter, end = Letter(to, subject, body), datetime.fromisoformat(until)
    run(TASK, lambda now: AGAIN_AFTER if attempt(letter, until=end, now=now) is Outcome.FAILED else None)


def attempt(letter: Letter, *, until: datetime, now: datetime) -> Outcome:
    """Try to send a letter that is worth sending until then; the outcome is counted, and logged without its address."""
    outcome, error = (Outcome.GIVEN_UP, "too late") if now >= until else _attempt(letter)
    MAILS.labels(outcome.value).inc()
    if error:
        log.error("mail failed", outcome=outcome.value, error=error)
    return outcome


def _attempt(letter: Letter) -> tuple[Outcome, str]:
    """Send a letter now; the outcome, and for one that was not sent the kind of fault: its text quotes the address."""
    try:
        send_mail(letter.subject, letter.body, settings.DEFAULT_FROM_EMAIL, [letter.to])
    except OSError as error:  # as are all of smtplib's
        outcome = Outcome.GIVEN_UP if _is_final(error) else Outcome.FAILED
        return outcome, type(error).__name__
    return Outcome.SENT, ""


def _is_final(error: OSError) -> bool:
    """Whether the mail server refused this letter for good; a fault of sender or connection can be mended meanwhile."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(status >= PERMANENT for status, _text in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= PERMANENT
