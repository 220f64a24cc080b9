"""Requests to sign in, from being asked for to their end. Nothing else writes ``SignInRequest``.

Whatever arrives in whatever order, twice or at the same moment: each function claims what it changes by one statement
that a request which has ended does not match, so that final states never change (docs/apple-messages.md). Each is one
transaction, so that it happened or it did not. Locks are taken in one order: conversation, request, message.
"""

import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.messages import jobs, metrics, selectors
from authenticate_app.messages.endings import add_step, finish
from authenticate_app.messages.errors import BusinessInactive, ConversationClosed, IdempotencyConflict, StateRefused
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import Conversation, SignInRequest, SignInResult
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.starting import start_sign_in
from authenticate_app.messages.steps import Step
from authenticate_app.messages.verdicts import patience_ends_at, verdict_on
from authenticate_app.oauth.secrets import checksum
from authenticate_app.oauth.seldom import seldom

__all__ = [
    "BusinessInactive",
    "ConversationClosed",
    "IdempotencyConflict",
    "StateRefused",
    "cancel_open",
    "confirm",
    "consume_state",
    "end",
    "mark_opened",
    "mark_sent",
    "settle",
    "start_sign_in",
    "store_identity",
]

Flow = SignInRequest.Flow
State = SignInRequest.State

STATE_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{32}")
"""What ``start_sign_in`` makes; nothing else is looked for."""
REPLY_WAITS: Final = timedelta(seconds=2)
"""When to look again whether what the customer sent in time has been processed."""


@transaction.atomic(savepoint=False)
def mark_sent(*, sign_in_id: UUID, now: datetime) -> None:
    """The gateway took the message. Nothing happens where that was known before, or the request has ended."""
    state = Case(When(state=State.CREATED, then=Value(State.SENT.value)), default=F("state"))
    if _open(sign_in_id).filter(sent_at=None).update(state=state, sent_at=now):
        add_step(sign_in_id=sign_in_id, step=Step.SENT, now=now)


def mark_opened(*, unverified_state: str, client_id: str, now: datetime) -> None:
    """A good authorization request with this ``state`` came from this client's customer; the first one counts.

    Most states that come here are those of other applications: they cost no query, or one.
    """
    if STATE_SHAPE.fullmatch(unverified_state) is None:
        return
    of_state = SignInRequest.objects.filter(state_checksum=checksum(unverified_state), opened_at=None, ended_at=None)
    sign_in_id = of_state.filter(business__client__client_id=client_id).values_list("pk", flat=True).first()
    if sign_in_id is not None:
        _open_form(sign_in_id, now)


@transaction.atomic(savepoint=False)
def _open_form(sign_in_id: UUID, now: datetime) -> None:
    in_time = _open(sign_in_id).filter(opened_at=None, expires_at__gt=now)
    if in_time.update(state=State.OPENED, opened_at=now):
        add_step(sign_in_id=sign_in_id, step=Step.OPENED, now=now)


def consume_state(*, unverified_state: str, now: datetime) -> SignInRequest:
    """Use up the ``state`` that came back to our callback; answers its request, with business and conversation.

    Of all that come with the same one, one gets past. Raises ``StateRefused``; that is counted and audited here.
    """
    if STATE_SHAPE.fullmatch(unverified_state) is None:
        raise _refused(Reason.STATE_UNKNOWN, None, now)
    sign_in, is_claimed = _claim_state(checksum(unverified_state), now)
    if sign_in is None:
        raise _refused(Reason.STATE_UNKNOWN, None, now)
    if not is_claimed:
        was_used = sign_in.state_used_at is not None
        raise _refused(Reason.STATE_USED if was_used else Reason.STATE_EXPIRED, sign_in, now)
    return sign_in


@transaction.atomic(savepoint=False)
def _claim_state(state_checksum: str, now: datetime) -> tuple[SignInRequest | None, bool]:
    of_state = SignInRequest.objects.filter(state_checksum=state_checksum, flow=Flow.NEW)
    is_claimed = of_state.filter(ended_at=None, state_used_at=None, expires_at__gt=now).update(
        state=State.OPENED, state_used_at=now, opened_at=Coalesce(F("opened_at"), Value(now))
    )
    sign_in = of_state.select_related("business__client", "conversation").first()
    if sign_in is not None and is_claimed:
        add_step(sign_in_id=sign_in.pk, step=Step.RETURNED, now=now)
    return sign_in, bool(is_claimed)


def _refused(reason: Reason, sign_in: SignInRequest | None, now: datetime) -> StateRefused:
    """Anybody can come with a state again and again: of each request and reason the first one is written down."""
    metrics.STATES_REFUSED.labels(reason.value).inc()
    if seldom.is_first(("state", reason.value, str(sign_in.pk) if sign_in else ""), now):
        record(event=Event.MESSAGES_STATE_REFUSED, reason=reason.value, target=sign_in, now=now)
        if sign_in is not None:
            add_step(sign_in_id=sign_in.pk, step=Step.STATE_REFUSED, detail=reason.value, now=now)
    return StateRefused(reason)


def store_identity(*, sign_in: SignInRequest, identity: Identity, now: datetime) -> bool:
    """Keep who it is, and conclude the request if nothing else is missing.

    Answers False, and keeps nothing, where the request has ended, its time is over, or it is known already who it is.
    A token that another request came with ends this one. In the legacy flow the identity comes with the phone's own
    reply, which thereby confirms it.
    """
    try:
        with transaction.atomic():
            return _store_identity(sign_in, identity, now)
    except IntegrityError:
        if not SignInResult.objects.filter(token_checksum=identity.token_checksum or "").exists():
            raise
    end(sign_in_id=sign_in.pk, state=State.FAILED, reason=Reason.TOKEN_REPLAYED, now=now)
    return False


def _store_identity(sign_in: SignInRequest, identity: Identity, now: datetime) -> bool:
    proven = Q(flow=Flow.LEGACY) | Q(state_used_at__isnull=False)
    confirmed = Case(When(flow=Flow.LEGACY, then=Value(now)), default=F("confirmed_at"))
    in_time = _open(sign_in.pk).filter(proven, identified_at=None, expires_at__gt=now)
    if not in_time.update(identified_at=now, confirmed_at=confirmed):
        return False
    SignInResult.objects.create(
        sign_in=sign_in,
        issuer=identity.issuer,
        subject=identity.subject,
        claims=identity.claims,
        is_verified=identity.is_verified,
        token_checksum=identity.token_checksum,
        user=identity.user,
        valid_until=now + sign_in.business.validity,
    )
    add_step(sign_in_id=sign_in.pk, step=Step.IDENTIFIED, now=now)
    _conclude(sign_in.pk, now)
    return True


@transaction.atomic(savepoint=False)
def confirm(*, sign_in_id: UUID, now: datetime) -> None:
    """The phone says that it succeeded (new flow). It counts once, in time, and only together with our callback.

    If the callback is not through yet, the request waits for it as long as the business is patient.
    """
    in_time = _open(sign_in_id).filter(flow=Flow.NEW, confirmed_at=None, expires_at__gt=now)
    if not in_time.update(confirmed_at=now):
        return
    add_step(sign_in_id=sign_in_id, step=Step.CONFIRMED, now=now)
    if (waiting := _conclude(sign_in_id, now)) is not None:
        jobs.defer_settle_sign_in(sign_in_id=sign_in_id, at=patience_ends_at(waiting))


def end(*, sign_in_id: UUID, state: SignInRequest.State, reason: Reason, now: datetime, detail: str = "") -> bool:
    """End a request without success; answers False, and changes nothing, where it has ended already.

    Raises:
        ValueError: ``state`` is *succeeded*, which needs more than somebody's word, or none that ends anything.
    """
    if state == State.SUCCEEDED or state in SignInRequest.OPEN:
        raise ValueError(f"A request is not ended so: {state}.")
    return finish(sign_in_id=sign_in_id, state=state, reason=reason, now=now, detail=detail)


@transaction.atomic(savepoint=False)
def settle(*, sign_in_id: UUID, now: datetime) -> timedelta | None:
    """Conclude what time, or what is stored, allows; answers when to come again, None once the request has ended.

    Something that the customer sent in time and that waits to be processed may be the reply: it is waited for.
    """
    sign_in = _locked(sign_in_id)
    if sign_in is None:
        return None
    verdict = verdict_on(sign_in, now=now)
    if verdict is None:
        return patience_ends_at(sign_in) - now
    if verdict.state != State.SUCCEEDED and selectors.awaits_processing(sign_in=sign_in, now=now):
        return REPLY_WAITS
    finish(sign_in_id=sign_in_id, state=verdict.state, reason=verdict.reason, now=now)
    return None


@transaction.atomic(savepoint=False)
def cancel_open(*, conversation: Conversation, reason: Reason, now: datetime) -> None:
    """End every request of a conversation that was asked for by ``now`` and is open, each with the same reason."""
    of_conversation = SignInRequest.objects.filter(conversation=conversation, ended_at=None, created_at__lte=now)
    for sign_in_id in of_conversation.order_by("pk").values_list("pk", flat=True):
        finish(sign_in_id=sign_in_id, state=State.CANCELLED, reason=reason, now=now)


def _open(sign_in_id: UUID) -> QuerySet[SignInRequest]:
    """The request, if it is open. Conditions stay on its own table: a join would be read as it was before a wait."""
    return SignInRequest.objects.filter(pk=sign_in_id, ended_at=None)


def _locked(sign_in_id: UUID) -> SignInRequest | None:
    """The request with its business, if it is open; it stays as it is until the transaction ends."""
    rows = _open(sign_in_id).select_related("business", "conversation").defer("business__image")
    return rows.select_for_update(of=("self",), no_key=True).first()


def _conclude(sign_in_id: UUID, now: datetime) -> SignInRequest | None:
    """End the request if a verdict can be given; else answer it as it stands. Its row is locked already."""
    sign_in = _locked(sign_in_id)
    verdict = verdict_on(sign_in, now=now) if sign_in is not None else None
    if sign_in is None or verdict is None:
        return sign_in
    ended_at = max(now, sign_in.identified_at or now, sign_in.confirmed_at or now)  # a reply counts from its arrival
    finish(sign_in_id=sign_in_id, state=verdict.state, reason=verdict.reason, now=ended_at)
    return None
