"""The systems that take webhooks: how they are spoken to, and how little one that hangs may hold up.

A process makes at most ``AT_ONCE`` attempts at one business's system at a time (``places``), and leaves a system that
did not answer alone for a moment: so one that hangs never takes all the threads that the others need.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import structlog

from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages.models import Business
from authenticate_app.messages.places import NoPlace, Places

log = structlog.get_logger("chatauth.webhooks")

TIMEOUT_SECONDS = 10.0
"""For all of an attempt."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - what each begins with
AT_ONCE = 3
CROWDED = timedelta(seconds=2)
SILENT = timedelta(seconds=15)
"""For how long a system that did not answer is left alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answered; no ``status`` if it did not."""

    status: int | None
    words: str

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the webhook: any 2xx (Standard Webhooks)."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Crowded(Exception):
    """A system is not to be spoken to now; ``wait`` says for how long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


class Receivers:
    """Who is spoken to at this moment, and who was silent lately. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = Places(each=AT_ONCE)
        self._silent_until: dict[int, datetime] = {}

    @contextmanager
    def place(self, business_pk: int, *, now: datetime) -> Iterator[None]:
        """Hold a place at a business's system. Raises ``Crowded`` where there is none, or it was silent lately."""
        self._refuse_silent(business_pk, now)
        with ExitStack() as held:
            try:
                held.enter_context(self._places.taken_for(business_pk))
            except NoPlace:
                raise Crowded(_spread(CROWDED)) from None
            yield

    def note(self, business_pk: int, answer: Answer, *, now: datetime) -> None:
        """Remember whether the system answers."""
        with self._lock:
            if answer.status is None:
                self._silent_until[business_pk] = now + SILENT
            else:
                self._silent_until.pop(business_pk, None)

    def _refuse_silent(self, business_pk: int, now: datetime) -> None:
        with self._lock:
            silent_until = self._silent_until.get(business_pk)
        if silent_until is not None and now < silent_until:
            raise Crowded(_spread(silent_until - now + CROWDED))


def _spread(wait: timedelta) -> timedelta:
    return wait * random.uniform(1, 2)  # noqa: S311 - spreads load


receivers = Receivers()
"""This process's."""


def post(*, business: Business, delivery_id: UUID, body: str, now: datetime) -> Answer:
    """Post a webhook, signed; never raises, whatever the receiver does. No redirect is followed."""
    if not business.webhook_url:
        return Answer(None, "the business has no webhook address any more")
    try:
        headers = _signed(business, delivery_id=delivery_id, body=body, now=now)
    except (Undecryptable, ValueError) as error:
        log.error("webhook secret cannot be used", business=business.pk, reason=type(error).__name__)  # noqa: TRY400
        return Answer(None, "the webhook secret cannot be used")
    return _post(business.webhook_url, headers, body.encode("utf-8"))


def _signed(business: Business, *, delivery_id: UUID, body: str, now: datetime) -> dict[str, str]:
    """Return the headers. Raises ``Undecryptable``, and ``ValueError`` for a secret that is none."""
    from standardwebhooks import Webhook

    secret = decrypt(bytes(business.encrypted_webhook_secret)).decode("utf-8")
    if not secret.removeprefix(SECRET_PREFIX):
        raise ValueError("The business has no webhook secret.")
    webhook = Webhook(secret)
    signed_at = now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": "chatauth",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": webhook.sign(msg_id=str(delivery_id), timestamp=signed_at, data=body),
    }


def _post(url: str, headers: dict[str, str], body: bytes) -> Answer:
    import httpx

    from authenticate_app.messages import guarded_http

    try:
        with (
            guarded_http.open_client(timeout_seconds=TIMEOUT_SECONDS) as client,
            client.stream("POST", url, headers=headers, content=body) as response,
        ):
            return Answer(response.status_code, guarded_http.words_of(response.status_code))
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as failure:
        return Answer(None, guarded_http.words_of_failure(failure))
