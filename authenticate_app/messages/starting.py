"""The beginning of a request: the flow is chosen, the message made and queued. ``sign_ins`` offers it."""

import base64
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys.encryption import decrypt, encrypt
from authenticate_app.messages import endings, jobs, metrics
from authenticate_app.messages.errors import BusinessInactive, ConversationClosed, IdempotencyConflict
from authenticate_app.messages.flows import (
    CAPABILITY_OF_LEGACY_FLOW,
    CAPABILITY_OF_NEW_FLOW,
    flow_for,
)
from authenticate_app.messages.models import Business, Conversation, SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.sending import queue_message
from authenticate_app.messages.steps import Step
from authenticate_app.messages.token_decryption import new_key_pair
from authenticate_app.messages.wire import sign_in_body
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.secrets import checksum
from authenticate_app.time_ordered import new_time_ordered_id

STATE_BYTES: Final = 24
"""Chance in the OAuth parameter ``state``; base64url makes 32 characters of it, none of which needs an escape."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for."""

    asked_by: Client | None
    scopes: str
    reference: str
    idempotency_key: str
    idempotency_checksum: str


def start_sign_in(
    *,
    business: Business,
    conversation: Conversation,
    asked_by: Client | None,
    scopes: str = "",
    reference: str = "",
    idempotency_key: str = "",
    idempotency_checksum: str = "",
    now: datetime,
) -> SignInRequest:
    """Ask the customer to sign in; the message is sent in the background. Answers the request, with business and all.

    Without ``scopes`` those of the business are asked for. Where the device can not sign in, the request is stored as
    one that ended so (``unsupported``). An idempotency key that ``asked_by`` used before gives that request back,
    also when both come at the same moment.

    Raises:
        BusinessInactive: the business is turned off, or lacks what the message needs.
        ConversationClosed: the customer deleted the conversation.
        IdempotencyConflict: the key was used for something else.
    """
    key = idempotency_key if asked_by is not None else ""
    asked = Asked(asked_by, scopes or business.scopes, reference, key, idempotency_checksum)
    if (stored := _stored(asked)) is not None:
        return stored
    if not business.is_active or (business.is_sandbox and not settings.SANDBOX):
        raise BusinessInactive
    try:
        return _start(business, conversation, asked, now)
    except IntegrityError:
        if (stored := _stored(asked)) is None:
            raise
        return stored


def _stored(asked: Asked) -> SignInRequest | None:
    """The request that was stored under the same key. Raises ``IdempotencyConflict``."""
    if not asked.idempotency_key:
        return None
    of_asker = SignInRequest.objects.filter(asked_by=asked.asked_by, idempotency_key=asked.idempotency_key)
    stored = of_asker.select_related("business", "conversation").first()
    if stored is not None and stored.idempotency_checksum != asked.idempotency_checksum:
        raise IdempotencyConflict
    return stored


@transaction.atomic
def _start(business: Business, conversation: Conversation, asked: Asked, now: datetime) -> SignInRequest:
    sign_in = _request(_locked(business, conversation), asked, now)
    state, message_id = _new_state(), uuid.uuid4()
    sign_in.state_checksum = checksum(state)
    body = _body(sign_in, message_id, state) if sign_in.flow else b""
    sign_in.save(force_insert=True)
    _note_beginning(sign_in)
    if sign_in.flow:
        _queue(sign_in, message_id, body)
    else:
        endings.announce(sign_in)
    return sign_in


def _locked(business: Business, conversation: Conversation) -> Conversation:
    """The conversation as it is now; it is not closed before the request is there to be cancelled with it."""
    current = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk, business=business)
    if current.closed_at is not None:
        raise ConversationClosed
    current.business = business
    return current


def _request(conversation: Conversation, asked: Asked, now: datetime) -> SignInRequest:
    sign_in = SignInRequest(
        id=new_time_ordered_id(at=now),
        business=conversation.business,
        conversation=conversation,
        flow=flow_for(business=conversation.business, capabilities=conversation.capabilities) or "",
        scopes=asked.scopes,
        session_identifier=uuid.uuid4(),
        asked_by=asked.asked_by,
        reference=asked.reference,
        idempotency_key=asked.idempotency_key,
        idempotency_checksum=asked.idempotency_checksum,
        created_at=now,
        expires_at=now + conversation.business.sign_in_lifetime,
    )
    if not sign_in.flow:
        sign_in.state = SignInRequest.State.UNSUPPORTED
        sign_in.reason = _why_unsupported(conversation.capabilities).value
        sign_in.ended_at = now
    return sign_in


def _why_unsupported(capabilities: Collection[str]) -> Reason:
    knows_a_flow = not {CAPABILITY_OF_NEW_FLOW, CAPABILITY_OF_LEGACY_FLOW}.isdisjoint(capabilities)
    return Reason.FLOW_NOT_ALLOWED if knows_a_flow else Reason.DEVICE_CANNOT_SIGN_IN


def _new_state() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(STATE_BYTES)).decode("ascii")


def _body(sign_in: SignInRequest, message_id: uuid.UUID, state: str) -> bytes:
    """The message; in the legacy flow the request gets its private key. Raises ``BusinessInactive``."""
    secret, response_encryption_key = "", ""
    if sign_in.flow == SignInRequest.Flow.LEGACY:
        key_pair = new_key_pair()
        sign_in.encrypted_private_key = encrypt(key_pair.private_key)
        secret, response_encryption_key = _client_secret(sign_in.business), key_pair.response_encryption_key
    try:
        return sign_in_body(
            business=sign_in.business,
            sign_in=sign_in,
            message_id=message_id,
            state=state,
            client_secret=secret,
            response_encryption_key=response_encryption_key,
        )
    except ValueError:
        raise BusinessInactive("The business lacks what the message needs.") from None  # the cause names secrets


def _client_secret(business: Business) -> str:
    encrypted = bytes(business.encrypted_client_secret)
    return decrypt(encrypted).decode() if encrypted else ""


def _note_beginning(sign_in: SignInRequest) -> None:
    now = sign_in.created_at
    endings.add_step(sign_in_id=sign_in.pk, step=Step.CREATED, detail=sign_in.flow, now=now)
    asked_by = {"asked_by": [None, sign_in.asked_by.client_id]} if sign_in.asked_by else {}
    record(event=Event.MESSAGES_SIGN_IN_ASKED, reason=sign_in.flow, target=sign_in, changes=asked_by, now=now)
    transaction.on_commit(metrics.ASKED.labels(sign_in.flow).inc)


def _queue(sign_in: SignInRequest, message_id: uuid.UUID, body: bytes) -> None:
    queue_message(
        conversation=sign_in.conversation,
        message_id=message_id,
        body=body,
        give_up_at=sign_in.expires_at,
        sign_in=sign_in,
        now=sign_in.created_at,
    )
    jobs.defer_settle_sign_in(sign_in_id=sign_in.pk, at=sign_in.expires_at)
