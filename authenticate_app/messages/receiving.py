"""Receiving what Apple posts: verified, stored, and left to a job (docs/apple-messages.md).

All is one statement: whatever is answered 200 is stored and will be processed, and nothing else is.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from authenticate_app.messages.businesses import KnownBusiness, directory
from authenticate_app.messages.gateway_tokens import GatewayTokenRefused, verify_gateway_token
from authenticate_app.messages.jobs import Queue, Task, lock_of
from authenticate_app.messages.models import InboundMessage
from authenticate_app.messages.receiving_metrics import Outcome
from authenticate_app.messages.unpacking import BadCompression, TooLarge, unpack
from authenticate_app.messages.wire import MalformedMessage, Message, parse_message

SCHEME = "bearer"
LONGEST_CAPABILITIES = 500
LONGEST_AGENT = 200
NOT_ACCEPTED = "There is no business of this id here, or the token is not good for it."


class MessageRefused(Exception):
    """What was posted is not stored. ``detail`` is for the audit log, the sentence for whoever posted it."""

    def __init__(
        self, outcome: Outcome, sentence: str, *, detail: str = "", business: KnownBusiness | None = None
    ) -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.sentence = sentence
        self.detail = detail or outcome.value
        self.business = business


@dataclass(frozen=True, slots=True)
class Envelope:
    """The headers of a message, as they came."""

    authorization: str
    message_id: str
    source_id: str
    destination_id: str
    content_encoding: str = ""
    capabilities: str = ""
    device_agent: str = ""


def admit(envelope: Envelope, *, now: datetime) -> KnownBusiness:
    """Return the business that a message is for, if Apple's gateway sent it.

    Raises:
        MessageRefused: there is no token, the business is not known, or the token is not the gateway's. The sentences
            for the latter two are the same: strangers do not learn which businesses there are.
        BadApiSecret: the secret of the business's account is none.
        Undecryptable: the secret of the business's account cannot be decrypted.
    """
    scheme, _, unverified_token = envelope.authorization.partition(" ")
    if not unverified_token.strip() or scheme.lower() != SCHEME:
        raise MessageRefused(Outcome.NO_TOKEN, "The header Authorization is missing, or holds no bearer token.")
    business = directory.current().value.get(envelope.destination_id)
    if business is None:
        raise MessageRefused(Outcome.UNKNOWN_BUSINESS, NOT_ACCEPTED)
    try:
        verify_gateway_token(unverified_token=unverified_token.strip(), account=business.account, now=now)
    except GatewayTokenRefused as refused:
        raise MessageRefused(Outcome.BAD_TOKEN, NOT_ACCEPTED, detail=refused.reason.value, business=business) from None
    return business


def receive(*, raw_body: bytes, envelope: Envelope, business: KnownBusiness, now: datetime) -> Outcome:
    """Store a message once, together with the job that processes it; answers whether it was new.

    Raises:
        MessageRefused: the body cannot be unpacked or read, or is not the one of the headers.
    """
    body = _unpack(raw_body, envelope, business)
    message = _parse(body, business)
    _refuse_differences(message, envelope, business)
    queue = Queue.REPLIES if message.reply or message.large_reply else Queue.INBOUND
    is_new = _store(body, envelope, business, queue, now)
    return Outcome.STORED if is_new else Outcome.DUPLICATE


def _unpack(raw_body: bytes, envelope: Envelope, business: KnownBusiness) -> bytes:
    try:
        return unpack(raw_body, content_encoding=envelope.content_encoding)
    except TooLarge as error:
        raise MessageRefused(Outcome.TOO_LARGE, str(error), business=business) from None
    except BadCompression as error:
        raise MessageRefused(Outcome.BAD_COMPRESSION, str(error), business=business) from None


def _parse(body: bytes, business: KnownBusiness) -> Message:
    try:
        return parse_message(body)
    except MalformedMessage as error:
        raise MessageRefused(Outcome.MALFORMED, str(error), business=business) from None


def _refuse_differences(message: Message, envelope: Envelope, business: KnownBusiness) -> None:
    """Raises ``MessageRefused`` unless headers and body tell the same."""
    pairs = {
        "id": (envelope.message_id, message.id),
        "source-id": (envelope.source_id, message.source_id),
        "destination-id": (envelope.destination_id, message.destination_id),
    }
    different = [name for name, (header, body) in pairs.items() if header != body]
    if different:
        sentence = f"Header and body say different things: {', '.join(different)}."
        raise MessageRefused(Outcome.DIFFERENT, sentence, business=business)


def _store(body: bytes, envelope: Envelope, business: KnownBusiness, queue: Queue, now: datetime) -> bool:
    """Insert the message and its job, durably; False for a message that is there already."""
    values = (
        business.pk,
        envelope.message_id,
        envelope.source_id,
        envelope.capabilities.replace("\0", "")[:LONGEST_CAPABILITIES],
        envelope.device_agent.replace("\0", "")[:LONGEST_AGENT],
        now,
        body,
        queue.value,
        lock_of(business_pk=business.pk, customer_id=envelope.source_id),
    )
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        return cursor.fetchone() is not None


# One statement instead of a transaction of two: it saves three ways to the database and back. The function is the one
# by which procrastinate itself adds jobs (``defer_jobs`` in its queries.sql).
_STORE = f"""
    WITH stored AS (
        INSERT INTO {InboundMessage._meta.db_table}
            (business_id, message_id, customer_id, capabilities, device_agent, received_at, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (business_id, message_id) DO NOTHING
        RETURNING id
    )
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        %s, '{Task.PROCESS_MESSAGE.value}', 0, %s, NULL, jsonb_build_object('inbound_id', id), NULL
    )::procrastinate_job_to_defer_v1])
    FROM stored
"""  # noqa: S608 - the names are ours
