"""Posting messages to Apple's gateway (docs/apple-messages.md).

Nothing here is repeated and nothing stored: ``sending`` does both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages.addresses import address_fault
from authenticate_app.messages.gateway_calls import RETRIED, headers_of
from authenticate_app.messages.gateway_tokens import BadApiSecret
from authenticate_app.messages.metrics import MESSAGES_SENT
from authenticate_app.messages.models import OutboundMessage

if TYPE_CHECKING:
    import httpx

SECONDS: Final = 20.0
"""For one message, from the first look for the gateway to the end of its answer."""
AUTHENTICATE: Final = "authenticate"
MESSAGE: Final = "message"
LONGEST_WORDS: Final = 200


class Outcome(StrEnum):
    """What the gateway makes of a message."""

    ACCEPTED = "accepted"
    """It has the message. Whether the customer sees it, nobody says."""
    RETRY = "retry"
    CUSTOMER_UNKNOWN = "customer-unknown"
    """They deleted the conversation, or blocked the business."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """How an attempt ended."""

    outcome: Outcome
    words: str
    """For administrators, such as ``500 Internal Server Error`` or ``timed out``."""


def post_message(*, message: OutboundMessage, now: datetime) -> GatewayAnswer:
    """Send a message once, and answer what came of it; nothing is raised for what the gateway does.

    An account or a body that can not be decrypted, and an address that this server does not go to, are refusals like
    those of the gateway.
    """
    answer = _posted(message, now)
    MESSAGES_SENT.labels(answer.outcome.value).inc()
    return answer


def _posted(message: OutboundMessage, now: datetime) -> GatewayAnswer:
    business = message.conversation.business
    path = AUTHENTICATE if message.sign_in_id else MESSAGE
    try:
        headers = {**headers_of(business=business, now=now), **_names(message)}
        body = decrypt(bytes(message.encrypted_body))
    except (Undecryptable, BadApiSecret) as unusable:
        return _refused(str(unusable))
    url = f"{business.gateway_url.rstrip('/')}/{path}"
    fault = address_fault(url)
    return _asked(url, headers, body) if fault is None else _refused(str(fault))


def _refused(words: str) -> GatewayAnswer:
    return GatewayAnswer(Outcome.REFUSED, words[:LONGEST_WORDS])


def _names(message: OutboundMessage) -> dict[str, str]:
    """Who writes what to whom, as in the body."""
    return {
        "id": str(message.pk),
        "destination-id": message.conversation.customer_id,
        "Content-Type": "application/json",
    }


def _asked(url: str, headers: Mapping[str, str], body: bytes) -> GatewayAnswer:
    import httpx

    from authenticate_app.messages import guarded_http

    try:
        with (
            guarded_http.open_client(timeout_seconds=SECONDS) as client,
            client.stream("POST", url, headers=dict(headers), content=body) as response,
        ):
            return _answer(response)
    except guarded_http.AddressRefused as refused:
        return _refused(str(refused))
    except httpx.HTTPError as failure:
        return GatewayAnswer(Outcome.RETRY, guarded_http.words_of_failure(failure))


def _answer(response: "httpx.Response") -> GatewayAnswer:
    from authenticate_app.messages.guarded_http import words_of

    status = response.status_code
    if response.is_success:
        outcome = Outcome.ACCEPTED
    elif status == HTTPStatus.NOT_FOUND:
        outcome = Outcome.CUSTOMER_UNKNOWN
    else:
        outcome = Outcome.RETRY if status in RETRIED else Outcome.REFUSED
    return GatewayAnswer(outcome, words_of(status))
