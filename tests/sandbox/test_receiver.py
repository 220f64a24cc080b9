"""The business's own system takes webhooks that are genuine, and no others."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client
from standardwebhooks import Webhook

from authenticate_app.messages.models import Business
from authenticate_app.sandbox.demonstration import webhook_secret
from authenticate_app.sandbox.models import SandboxExchange, SandboxPhone


def deliver(business_id: str, payload: object, *, secret: str) -> int:
    body = json.dumps(payload)
    signature = Webhook(secret).sign("msg_1", datetime.now(UTC), body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(datetime.now(UTC).timestamp())),
        "webhook-signature": signature,
    }
    address = f"/sandbox/receiver/{business_id}"
    return Client().post(address, body, content_type="application/json", headers=headers, secure=True).status_code


def test_a_genuine_one_is_written_down_with_the_phone_that_it_is_about(phone: SandboxPhone) -> None:
    payload = {"type": "message.received", "data": {"customer": phone.customer_id, "list": [1, None]}}
    assert deliver(phone.business.business_id, payload, secret=webhook_secret()) == 204
    exchange = SandboxExchange.objects.get(phone=phone)
    assert (exchange.sender, exchange.receiver, exchange.status) == ("server", "asker", 204)
    assert "v1," not in str(exchange.request_headers)


def test_one_about_nobody_is_taken(phone: SandboxPhone) -> None:
    assert deliver(phone.business.business_id, {"data": {}}, secret=webhook_secret()) == 204
    assert not SandboxExchange.objects.exists()


def test_a_forged_one_is_refused(phone: SandboxPhone) -> None:
    payload = {"data": {"customer": phone.customer_id}}
    assert deliver(phone.business.business_id, payload, secret="whsec_" + "A" * 44) == 401
    assert not SandboxExchange.objects.exists()


@pytest.mark.parametrize("business_id", ["nobody", "sandbox-business"])
def test_only_businesses_of_the_sandbox_have_one(sandbox: Business, business_id: str) -> None:
    Business.objects.update(is_sandbox=False)
    assert deliver(business_id, {}, secret=webhook_secret()) == 404
