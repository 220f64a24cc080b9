"""Receiving what Apple posts: verified, stored, and left to a job (docs/apple-messages.md).

All is one statement: whatever is answered 200 is stored and will be processed, and nothing else is. A job of its own is
what costs most of it, so most messages get theirs from a process that works on jobs, many at a time (``sweeps``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from authenticate_app.messages.bell import bell
from authenticate_app.messages.businesses import KnownBusiness, directory
from authenticate_app.messages.gateway_tokens import GatewayTokenRefused, verify_gateway_token
from authenticate_app.messages.jobs import RECEIVED_CHANNEL, Queue, Task, lock_of
from authenticate_app.messages.models import InboundMessage
from authenticate_app.messages.receiving_metrics import Outcome
from authenticate_app.messages.unpacking import BadCompression, TooLarge, unpack
from authenticate_app.messages.wire import MalformedMessage, Message, parse_message

SCHEME = "bearer"
LONGEST_CAPABILITIES = 500
LONGEST_AGENT = 200
Row = tuple[int, str, str, str, str, datetime, bytes]
"""A message as it is stored: business, id, customer, capabilities, device, when it came, and the body."""
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
    """Store a message once, so that a job will process it; answers whether it was new.

    Raises:
        MessageRefused: the body cannot be unpacked or read, or is not the one of the headers.
    """
    body = _unpack(raw_body, envelope, business)
    message = _parse(body, business)
    _refuse_differences(message, envelope, business)
    store = _store_with_job if message.reply or message.large_reply else _store
    is_new = store(_row(body, envelope, business, now))
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


def _row(body: bytes, envelope: Envelope, business: KnownBusiness, now: datetime) -> Row:
    return (
        business.pk,
        envelope.message_id,
        envelope.source_id,
        envelope.capabilities.replace("\0", "")[:LONGEST_CAPABILITIES],
        envelope.device_agent.replace("\0", "")[:LONGEST_AGENT],
        now,
        body,
    )


def _store(row: Row) -> bool:
    """Insert a message, durably, and tell those who add the jobs; False for one that is there already."""
    if bell.still_rings():
        return _inserts(_STORE_QUIETLY, row)
    is_new = _inserts(_STORE, row)
    if is_new:
        bell.was_rung()
    return is_new


def _store_with_job(row: Row) -> bool:
    """The same for a reply: it has its job at once, in its own queue, however many messages wait for theirs."""
    lock = lock_of(business_pk=row[0], customer_id=row[2])
    return _inserts(_STORE_WITH_JOB, (*row, Queue.REPLIES.value, lock))


def _inserts(statement: str, values: Sequence[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None


# One statement each instead of a transaction of two: it saves three ways to the database and back.
_STORED = f"""
    WITH stored AS (
        INSERT INTO {InboundMessage._meta.db_table}
            (business_id, message_id, customer_id, capabilities, device_agent, received_at, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (business_id, message_id) DO NOTHING
        RETURNING id
    )
"""  # noqa: S608 - the names are ours
_STORE_QUIETLY = f"{_STORED} SELECT id FROM stored"  # noqa: S608 - as above
_STORE = f"{_STORED} SELECT pg_notify('{RECEIVED_CHANNEL}', '') FROM stored"  # noqa: S608 - as above
# The function is the one by which procrastinate itself adds jobs (``defer_jobs`` in its queries.sql).
_STORE_WITH_JOB = f"""{_STORED}
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        %s, '{Task.PROCESS_MESSAGE.value}', 0, %s, NULL, jsonb_build_object('inbound_id', id), NULL
    )::procrastinate_job_to_defer_v1])
    FROM stored
"""  # noqa: S608 - as above
