"""``/amb/message``: where Apple posts what customers write, for all businesses of an account."""

import json
from datetime import datetime
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys.encryption import Undecryptable
from authenticate_app.messages.gateway_tokens import BadApiSecret
from authenticate_app.messages.models import Business
from authenticate_app.messages.receiving import Envelope, MessageRefused, admit, receive
from authenticate_app.messages.receiving_metrics import Outcome, count
from authenticate_app.messages.unpacking import LARGEST_BODY
from authenticate_app.oauth.seldom import seldom
from authenticate_app.request_bodies import BodyBrokeOff, BodyTooLong, read_body

log = structlog.get_logger("chatauth.messages")

STATUS_OF = {
    Outcome.NO_TOKEN: HTTPStatus.UNAUTHORIZED,
    Outcome.UNKNOWN_BUSINESS: HTTPStatus.FORBIDDEN,
    Outcome.BAD_TOKEN: HTTPStatus.FORBIDDEN,
    Outcome.UNUSABLE_ACCOUNT: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""All other refusals are 400: what Apple's documentation names, and no more."""


@csrf_exempt
def message(request: HttpRequest) -> HttpResponse:
    """Take a message in: 200 once it is stored, be it for the first time or not."""
    if request.method != "POST":
        return _answer(HTTPStatus.METHOD_NOT_ALLOWED, "This address takes POST only.", Allow="POST")
    now = timezone.now()
    try:
        outcome = _take(request, now)
    except MessageRefused as refused:
        count(refused.outcome)
        _audit_seldom(refused, Origin.of(request), now)
        return _answer(STATUS_OF.get(refused.outcome, HTTPStatus.BAD_REQUEST), str(refused))
    count(outcome)
    return HttpResponse(status=HTTPStatus.OK)


def _take(request: HttpRequest, now: datetime) -> Outcome:
    meta = request.META
    envelope = Envelope(
        authorization=meta.get("HTTP_AUTHORIZATION", ""),
        message_id=meta.get("HTTP_ID", ""),
        source_id=meta.get("HTTP_SOURCE_ID", ""),
        destination_id=meta.get("HTTP_DESTINATION_ID", ""),
        content_encoding=meta.get("HTTP_CONTENT_ENCODING", ""),
        capabilities=meta.get("HTTP_CAPABILITY_LIST", ""),
        device_agent=meta.get("HTTP_DEVICE_AGENT", ""),
    )
    try:
        business = admit(envelope, now=now)
    except (BadApiSecret, Undecryptable) as error:
        log.error("the secret of an MSP account cannot be used", reason=str(error))  # noqa: TRY400 - the reason says all
        sentence = "The server cannot verify messages for this business at the moment."
        raise MessageRefused(Outcome.UNUSABLE_ACCOUNT, sentence) from None
    return receive(raw_body=_raw_body(request), envelope=envelope, business=business, now=now)


def _raw_body(request: HttpRequest) -> bytes:
    try:
        return read_body(request, limit=LARGEST_BODY)
    except BodyTooLong:
        raise MessageRefused(Outcome.TOO_LARGE, f"The body is larger than {LARGEST_BODY} bytes.") from None
    except BodyBrokeOff:
        raise MessageRefused(Outcome.BROKE_OFF, "The body broke off.") from None


def _audit_seldom(refused: MessageRefused, origin: Origin, now: datetime) -> None:
    """Write that a message was refused, unless the same was written lately: anybody can post here."""
    business_pk = refused.business.pk if refused.business else None
    if seldom.is_first(("messages", refused.detail, origin.network, str(business_pk or "")), now):
        record(
            event=Event.MESSAGES_REFUSED,
            reason=refused.detail,
            address=origin.address,
            request_id=origin.request_id,
            target=Business.objects.filter(pk=business_pk).first() if business_pk else None,
            now=now,
        )


def _answer(status: HTTPStatus, sentence: str, **headers: str) -> HttpResponse:
    body = json.dumps({"status": status.value, "detail": sentence})
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
