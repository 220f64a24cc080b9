"""E-mail to people, written in the background: no answer waits for a mail server, and none tells by its time.

What waits to be sent is lost with the process; people ask again. Each worker has one thread that sends.
"""

from collections.abc import Callable
from functools import cache
from queue import Full, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from prometheus_client import Counter

log = structlog.get_logger("chatauth.mail")

LONGEST_QUEUE = 500
"""Jobs of a worker: minutes of a slow mail server's work, and few megabytes."""

MAILS = Counter("chatauth_mails", "E-mails to people, by outcome.", ("outcome",))
SENT, FAILED, DROPPED = (MAILS.labels(outcome) for outcome in ("sent", "failed", "dropped"))

Job = Callable[[], None]


def is_set_up() -> bool:
    """Whether this installation can send e-mail at all (``EMAIL_URL``)."""
    return bool(settings.EMAIL_URL)


def later(job: Job) -> None:
    """Run ``job`` in the background; dropped, counted and logged where too many wait already."""
    try:
        _jobs().put_nowait(job)
    except Full:
        DROPPED.inc()
        log.error("mail dropped", waiting=LONGEST_QUEUE)  # noqa: TRY400 - nothing to trace


def send(*, to: str, template: str, context: dict[str, Any], language: str) -> None:
    """Send one e-mail now, of ``templates/<template>_subject.txt`` and ``_body.txt``, in ``language``.

    The templates know ``business`` and ``address``, the installation's name and public address, besides ``context``.

    Raises:
        OSError: the mail server did not take it (``smtplib.SMTPException`` is one).
    """
    known = {"business": business_name(), "address": settings.PUBLIC_BASE_URL, **context}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", known).split())
        body = render_to_string(f"{template}_body.txt", known)
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [to])
    SENT.inc()


def send_later(*, to: str, template: str, context: dict[str, Any], language: str) -> None:
    """As ``send``, in the background; nothing is sent, and that is no fault, where e-mail is not set up."""
    if is_set_up():
        later(lambda: send(to=to, template=template, context=context, language=language))


def business_name() -> str:
    """What this installation calls itself to people: ``BUSINESS_NAME``, or the host of its public address."""
    return settings.BUSINESS_NAME or urlsplit(settings.PUBLIC_BASE_URL).hostname or ""


def run(job: Job) -> None:
    """Run a job as the background does: whatever it raises is counted and logged."""
    try:
        job()
    except Exception as error:  # noqa: BLE001 - a thread that dies would send nothing any more
        FAILED.inc()
        log.error("mail failed", error=type(error).__name__)  # noqa: TRY400 - a traceback would quote the address


@cache
def _jobs() -> "Queue[Job]":
    """The jobs that wait, and a thread that ends with the process, whatever still waits."""
    jobs: Queue[Job] = Queue(LONGEST_QUEUE)
    Thread(target=_work, args=(jobs,), name="mail", daemon=True).start()
    return jobs


def _work(jobs: "Queue[Job]") -> None:
    while True:
        run(jobs.get())
        connection.close()
        jobs.task_done()
