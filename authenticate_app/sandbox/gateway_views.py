"""Apple's gateway, simulated: where this server sends messages to, and fetches large replies from.

Each request and its answer is written down for the phone that it is about.
"""

import json
import time
import uuid
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest
from typing import Final, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.sandbox import services
from authenticate_app.sandbox.exchanges import Party, answered, received, write_down
from authenticate_app.sandbox.faults import Fault
from authenticate_app.sandbox.gateway import FAILED, MALFORMED, UNKNOWN, Refused, caller_of, check_headers, read_body
from authenticate_app.sandbox.models import SandboxPayload, SandboxPhone

SLOW_SECONDS: Final = 3.0
OCTETS: Final = "application/octet-stream"


@csrf_exempt
@require_POST
def authenticate(request: HttpRequest) -> HttpResponse:
    """Take a message that asks a customer to sign in."""
    return _written_down(request, lambda now: _take(request, "sign_in", now))


@csrf_exempt
@require_POST
def message(request: HttpRequest) -> HttpResponse:
    """Take a text for a customer."""
    return _written_down(request, lambda now: _take(request, "text", now))


@require_safe
def pre_download(request: HttpRequest) -> HttpResponse:
    """Say where a large reply is to be downloaded."""
    return _written_down(request, lambda now: _download_address(request, now))


@require_safe
def payload(request: HttpRequest, payload_id: uuid.UUID) -> HttpResponse:
    """Answer a large reply, encrypted as it is: whoever knows the address may have it, as at Apple."""
    stored = _payload(request.path)
    phone = stored.phone if stored else None
    return _written_down(request, lambda _now: _ciphertext(stored), phone)


@csrf_exempt
@require_POST
def decode_payload(request: HttpRequest) -> HttpResponse:
    """Answer a large reply, decrypted by whoever asks, as the dictionary that it holds."""
    return _written_down(request, lambda now: _decoded(request, now))


def _take(request: HttpRequest, kind: Literal["text", "sign_in"], now: datetime) -> HttpResponse:
    business = caller_of(_headers(request), now=now)
    body = read_body(request.body, kind=kind)
    check_headers(_headers(request), body)
    phone = SandboxPhone.objects.filter(business=business, customer_id=body["destinationId"], deleted_at=None).first()
    if phone is None:
        raise Refused(UNKNOWN, "No phone of the sandbox has this destination-id, or its conversation was deleted.")
    _have_faults(phone)
    services.keep_received(phone=phone, body=body, now=now)
    return HttpResponse()


def _have_faults(phone: SandboxPhone) -> None:
    """Be as unwell as was chosen for this phone. Raises ``Refused``."""
    if services.take_gateway_failure(phone=phone):
        raise Refused(FAILED, "The gateway fails, as was chosen.")
    services.end_gateway_fault(phone=phone)
    if phone.fault == Fault.GATEWAY_UNKNOWN:
        raise Refused(UNKNOWN, "The gateway does not know the customer, as was chosen.")
    if phone.fault == Fault.GATEWAY_SLOW:
        time.sleep(SLOW_SECONDS)


def _download_address(request: HttpRequest, now: datetime) -> HttpResponse:
    business = caller_of(_headers(request), now=now)
    stored = _payload(request.headers.get("MMCS-Url", ""))
    if stored is None or not _may_have(stored, business, request):
        raise Refused(UNKNOWN, "There is no reply of this MMCS-Url, MMCS-Owner and MMCS-Signature.")
    path = reverse("sandbox-gateway-payload", args=[stored.pk])
    return JsonResponse({"download-url": f"{settings.PUBLIC_BASE_URL}{path}"})


def _may_have(stored: SandboxPayload, business: Business, request: HttpRequest) -> bool:
    try:
        signature = b64decode(request.headers.get("MMCS-Signature", ""), validate=True)
    except ValueError:
        return False
    return (
        stored.phone.business_id == business.pk
        and compare_digest(stored.owner.encode(), request.headers.get("MMCS-Owner", "").encode())
        and compare_digest(bytes(stored.signature), signature)
    )


def _ciphertext(stored: SandboxPayload | None) -> HttpResponse:
    if stored is None:
        return HttpResponseNotFound()
    return HttpResponse(bytes(stored.ciphertext), content_type=OCTETS)


def _decoded(request: HttpRequest, now: datetime) -> HttpResponse:
    caller_of(_headers(request), now=now)
    try:
        interactive = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(MALFORMED, "The payload is not what a phone encrypted.") from None
    if not isinstance(interactive, dict) or interactive.get("bid") != request.headers.get("bid"):
        raise Refused(MALFORMED, "The header bid is not the payload's.")
    return JsonResponse({"interactiveData": interactive})


def _payload(address: str) -> SandboxPayload | None:
    """Find a payload by an address that ends with its id."""
    try:
        payload_id = uuid.UUID(address.rpartition("/")[2])
    except ValueError:
        return None
    return SandboxPayload.objects.select_related("phone").filter(pk=payload_id).first()


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _written_down(
    request: HttpRequest, answer: Callable[[datetime], HttpResponse], phone: SandboxPhone | None = None
) -> HttpResponse:
    """Answer, in the gateway's way where it refuses, and write it down if it is known which phone it is about."""
    now = timezone.now()
    try:
        phone = phone or _phone_of(request)
        response = answer(now)
    except Refused as refused:
        response = JsonResponse({"error": refused.sentence}, status=refused.status)
    except UnreadablePostError:  # the body broke off
        return HttpResponse(status=MALFORMED)
    if phone is not None:
        write_down(phone, received(request, sender=Party.SERVER, receiver=Party.GATEWAY), answered(response), at=now)
    return response


def _phone_of(request: HttpRequest) -> SandboxPhone | None:
    """The phone that a request says it is for, or whose reply it is about."""
    if customer_id := request.headers.get("destination-id"):
        return SandboxPhone.objects.filter(customer_id=customer_id).first()
    if (stored := _payload(request.headers.get("MMCS-Url", ""))) is not None:
        return stored.phone
    return _phone_of_reply(request.body)


def _phone_of_reply(raw_body: bytes) -> SandboxPhone | None:
    try:
        sign_in_id = uuid.UUID(json.loads(raw_body)["data"]["requestIdentifier"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    customers = SignInRequest.objects.filter(pk=sign_in_id).values("conversation__customer_id")
    return SandboxPhone.objects.filter(customer_id__in=customers).first()
