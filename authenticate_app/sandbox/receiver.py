"""Where the business's own system takes webhooks: it verifies them as any receiver does, and writes them down."""

import json
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages.models import Business, Conversation, SignInRequest
from authenticate_app.sandbox.exchanges import Party, answered, received, write_down
from authenticate_app.sandbox.models import SandboxPhone

TAKEN, REFUSED, NOWHERE = 204, 401, 404
CUSTOMER: Final = "urn:mbid:"


@csrf_exempt
@require_POST
def receive(request: HttpRequest, business_id: str) -> HttpResponse:
    """Take a webhook whose signature is right (Standard Webhooks)."""
    business = Business.objects.filter(is_sandbox=True, business_id=business_id).first()
    if business is None:
        return HttpResponse(status=NOWHERE)
    sent, at = received(request, sender=Party.SERVER, receiver=Party.ASKER), timezone.now()
    if not _is_genuine(request, business):
        return HttpResponse(status=REFUSED)
    response = HttpResponse(status=TAKEN)
    if (phone := _phone_of(json.loads(request.body), business)) is not None:
        write_down(phone, sent, answered(response), at=at)
    return response


def _is_genuine(request: HttpRequest, business: Business) -> bool:
    from standardwebhooks import Webhook, WebhookVerificationError

    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        Webhook(decrypt(bytes(business.encrypted_webhook_secret)).decode()).verify(request.body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _phone_of(payload: Any, business: Business) -> SandboxPhone | None:
    """The phone that an event is about: it names the customer, the conversation or the sign-in."""
    words = set(_words(payload))
    customers = {word for word in words if word.startswith(CUSTOMER)}
    ids = [UUID(word) for word in words if _is_id(word)]
    customers |= set(Conversation.objects.filter(pk__in=ids).values_list("customer_id", flat=True))
    customers |= set(SignInRequest.objects.filter(pk__in=ids).values_list("conversation__customer_id", flat=True))
    return SandboxPhone.objects.filter(business=business, customer_id__in=customers).first()


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for each in value.values() for word in _words(each)]
    if isinstance(value, list):
        return [word for each in value for word in _words(each)]
    return [value] if isinstance(value, str) else []


def _is_id(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True
