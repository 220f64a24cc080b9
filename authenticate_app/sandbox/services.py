"""What happens in the conversation of a simulated phone, as the phone and the gateway store it."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from authenticate_app.keys.encryption import decrypt, encrypt
from authenticate_app.messages.models import Business
from authenticate_app.sandbox.faults import OF_GATEWAY, Fault
from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone
from authenticate_app.sandbox.sign_in_message import Flow, SignInMessage, read_sign_in_message

Kind = SandboxBubble.Kind
CAPABILITIES: Mapping[Flow, str] = {"new": "LIST,TIME,QUICK,AUTH,AUTH2", "legacy": "LIST,TIME,QUICK,AUTH"}
"""What a device announces that can do the new flow, or the legacy one alone."""
KEPT = timedelta(days=1)
"""How long a phone with its conversation is kept."""
MOST_PHONES = 500
MOST_BUBBLES = 100
GATEWAY_FAILURES = 2
"""How often the gateway fails before it works again."""


def new_phone(*, business: Business, flow: Flow, now: datetime) -> SandboxPhone:
    """Hand a customer a phone; the oldest ones go when there are very many."""
    superfluous = SandboxPhone.objects.order_by("-created_at").values("pk")[MOST_PHONES:]
    SandboxPhone.objects.filter(pk__in=list(superfluous.values_list("pk", flat=True))).delete()
    return SandboxPhone.objects.create(
        business=business,
        customer_id=f"urn:mbid:sandbox-{uuid.uuid4()}",
        capabilities=CAPABILITIES[flow],
        created_at=now,
    )


def prepare_phone(*, phone: SandboxPhone, flow: Flow, fault: str) -> None:
    """Let a phone be able to do this flow, and this go wrong with its next sign-in."""
    phone.capabilities = CAPABILITIES[flow]
    phone.fault = fault
    phone.gateway_failures = GATEWAY_FAILURES if fault == Fault.GATEWAY_FAILS else 0
    phone.save(update_fields=["capabilities", "fault", "gateway_failures"])


def take_gateway_failure(*, phone: SandboxPhone) -> bool:
    """Whether the gateway fails this time; each failure is spent once."""
    left = SandboxPhone.objects.filter(pk=phone.pk, gateway_failures__gt=0)
    return bool(left.update(gateway_failures=F("gateway_failures") - 1))


def end_gateway_fault(*, phone: SandboxPhone) -> None:
    """Let the gateway be well again, so that it fails one sign-in alone."""
    SandboxPhone.objects.filter(pk=phone.pk, fault__in=OF_GATEWAY).update(fault="")


def keep_said(*, phone: SandboxPhone, message_id: str, text: str, now: datetime) -> None:
    """Store what the customer said."""
    _keep(phone, Kind.SAID, message_id, now, text=text)


def keep_received(*, phone: SandboxPhone, body: Mapping[str, Any], now: datetime) -> bool:
    """Store what the gateway took for the phone; False where it had this message already."""
    if body["type"] == "text":
        return _keep(phone, Kind.HEARD, body["id"], now, text=body["body"][:2000])
    encrypted_body = encrypt(json.dumps(body).encode())
    return _keep(phone, Kind.SIGN_IN, body["id"], now, encrypted_body=encrypted_body)


def _keep(phone: SandboxPhone, kind: Kind, message_id: str, now: datetime, **fields: Any) -> bool:
    if phone.bubbles.count() >= MOST_BUBBLES:
        return False
    _bubble, is_new = SandboxBubble.objects.get_or_create(
        phone=phone, message_id=message_id, defaults={"kind": kind, "at": now, **fields}
    )
    return is_new


def sign_in_message_of(bubble: SandboxBubble) -> SignInMessage:
    """Read the message that a bubble shows, of the kind ``SIGN_IN``."""
    return read_sign_in_message(json.loads(decrypt(bytes(bubble.encrypted_body))))


def note_opened(*, bubble: SandboxBubble, now: datetime) -> None:
    """The customer tapped on the bubble."""
    SandboxBubble.objects.filter(pk=bubble.pk, opened_at=None).update(opened_at=now)


def note_reply(*, bubble: SandboxBubble, status: str, now: datetime) -> None:
    """The phone has replied, and shows what it believes."""
    SandboxBubble.objects.filter(pk=bubble.pk).update(replied_at=now, reply_status=status)


def note_chat(*, bubble: SandboxBubble, chat: Mapping[str, Any]) -> None:
    """The business let the customer into a chat, with a token of these claims that verified."""
    SandboxBubble.objects.filter(pk=bubble.pk).update(chat=dict(chat))


@transaction.atomic
def delete_conversation(*, phone: SandboxPhone, now: datetime) -> None:
    """The customer deletes the conversation: the gateway does not know them any more."""
    SandboxPhone.objects.filter(pk=phone.pk, deleted_at=None).update(deleted_at=now)
    phone.bubbles.all().delete()


def purge(now: datetime) -> int:
    """Delete phones of the day before, with all that belongs to them; answers how many rows those were."""
    return SandboxPhone.objects.filter(created_at__lt=now - KEPT).delete()[0]
