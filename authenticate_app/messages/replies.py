"""What phones reply to a request to sign in. A reply is a claim: nothing of it is believed that we did not check.

``weigh`` finds out what a reply is worth and changes nothing; it may ask an identity provider, outside of any
transaction. ``act`` then does what follows, in the transaction that notes the message as processed.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages import metrics, reasons, selectors, sign_ins
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import InboundMessage, SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.wire import Reply, ReplyStatus

Flow = SignInRequest.Flow
State = SignInRequest.State


class NotYet(Exception):
    """Somebody who has to be asked does not answer at present."""


class Worth(StrEnum):
    """What a reply is worth."""

    CONFIRMATION = "confirmation"
    IDENTITY = "identity"
    FAILURE = "failure"
    CANCELLATION = "cancellation"
    LATE = "late"
    """The request has ended: by a reply that came before, for example."""
    FOREIGN = "foreign"
    """The request is another conversation's."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A reply to a request of ours. ``identity`` belongs to an identity, ``reason`` to a failure or cancellation."""

    sign_in: SignInRequest
    worth: Worth
    identity: Identity | None = None
    reason: Reason = Reason.REPLY_UNEXPECTED
    detail: str = ""


ENDS: Final = {Worth.FAILURE: State.FAILED, Worth.CANCELLATION: State.CANCELLED}
PASSING: Final = frozenset({Reason.PROVIDER_UNAVAILABLE, Reason.PROVIDER_BUSY})
"""What may be otherwise in a moment."""
FAILURES: Final = frozenset({ReplyStatus.FAILED, ReplyStatus.FAILURE})
DOMAIN_SHAPE: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


def weigh(reply: Reply, *, inbound: InboundMessage, now: datetime) -> Weighed | None:
    """Say what a reply is worth; None where the request is none of ours, but of another system of the business.

    Raises ``NotYet`` while the time to sign in goes on.
    """
    sign_in = selectors.find_sign_in(sign_in_id=reply.request_identifier)
    if sign_in is None:
        return None
    if (sign_in.business_id, sign_in.conversation.customer_id) != (inbound.business_id, inbound.customer_id):
        return Weighed(sign_in, Worth.FOREIGN)
    if sign_in.ended_at is not None:
        return Weighed(sign_in, Worth.LATE)
    return _weigh_status(reply, sign_in, now)


def act(weighed: Weighed, *, at: datetime, now: datetime) -> None:
    """Do what follows from a reply. That it came in time is judged by ``at``, when it was received."""
    transaction.on_commit(metrics.REPLIES.labels(weighed.worth.value).inc)
    sign_in = weighed.sign_in
    if weighed.worth is Worth.FOREIGN:
        record(event=Event.MESSAGES_REPLY_REFUSED, reason=weighed.worth.value, target=sign_in, now=now)
    elif weighed.worth is Worth.CONFIRMATION:
        sign_ins.confirm(sign_in_id=sign_in.pk, now=at)
    elif weighed.identity is not None:
        sign_ins.store_identity(sign_in=sign_in, identity=weighed.identity, now=at)
    elif weighed.worth in ENDS:
        state, reason = ENDS[weighed.worth], weighed.reason
        sign_ins.end(sign_in_id=sign_in.pk, state=state, reason=reason, detail=weighed.detail, now=now)


def _weigh_status(reply: Reply, sign_in: SignInRequest, now: datetime) -> Weighed:
    status, flow = reply.status, sign_in.flow
    if status is ReplyStatus.CANCEL:
        return _cancelled(reply, sign_in)
    if status in FAILURES:
        return _failed(reply, sign_in)
    if status is ReplyStatus.SUCCESS and flow == Flow.NEW:
        return Weighed(sign_in, Worth.CONFIRMATION)
    if status is ReplyStatus.AUTHENTICATED and flow == Flow.LEGACY:
        return _weigh_token(reply, sign_in, now)
    return Weighed(sign_in, Worth.FAILURE, detail=status.value)


def _cancelled(reply: Reply, sign_in: SignInRequest) -> Weighed:
    told = reasons.of_callback_error(reply.error_code)
    reason = Reason.PHONE_CANCELLED if told is Reason.PHONE_FAILED else told
    return Weighed(sign_in, Worth.CANCELLATION, reason=reason)


def _failed(reply: Reply, sign_in: SignInRequest) -> Weighed:
    """Numbers of our callback in the new flow, the phone's own in the legacy one: they choose our words, no more."""
    if sign_in.flow == Flow.LEGACY:
        reason = reasons.of_phone_error(reply.error_domain, reply.error_code)
    else:
        reason = reasons.of_callback_error(reply.error_code)
    worth = Worth.CANCELLATION if reason is Reason.CONSENT_REFUSED else Worth.FAILURE
    return Weighed(sign_in, worth, reason=reason, detail=_detail(reply))


def _detail(reply: Reply) -> str:
    domain = reply.error_domain if DOMAIN_SHAPE.fullmatch(reply.error_domain) else ""
    return " ".join(part for part in (domain, "" if reply.error_code is None else str(reply.error_code)) if part)


def _weigh_token(reply: Reply, sign_in: SignInRequest, now: datetime) -> Weighed:
    from authenticate_app.messages.legacy_tokens import TokenNotAccepted, check_token
    from authenticate_app.messages.token_decryption import TokenUndecryptable, decrypt_token

    try:
        private_key = decrypt(bytes(sign_in.encrypted_private_key))
        token = decrypt_token(unverified_token=reply.unverified_token, private_key=private_key)
        identity = check_token(sign_in=sign_in, unverified_access_token=token, now=now)
    except (TokenUndecryptable, Undecryptable):  # a message that always failed would hold up all that follow it
        return Weighed(sign_in, Worth.FAILURE, reason=Reason.DECRYPTION_FAILED)
    except TokenNotAccepted as refused:
        if refused.reason in PASSING and now < sign_in.expires_at:
            raise NotYet from None
        return Weighed(sign_in, Worth.FAILURE, reason=refused.reason, detail=refused.detail)
    return Weighed(sign_in, Worth.IDENTITY, identity=identity)
