"""The line between simulated phones, Apple's gateway as it is simulated, and this server: every word is written down.

What is sent goes over HTTP to the address that Apple would use (``PUBLIC_BASE_URL``), or to the identity provider.
"""

import gzip
import uuid
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime
from secrets import token_bytes, token_urlsafe
from typing import TYPE_CHECKING, Any, Final

import jwt
from django.conf import settings

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages.models import MspAccount
from authenticate_app.sandbox.cryptor import encrypt_payload, new_payload_key
from authenticate_app.sandbox.exchanges import Answered, Party, Sent, write_down
from authenticate_app.sandbox.models import SandboxPayload, SandboxPhone
from authenticate_app.sandbox.replies import as_json

if TYPE_CHECKING:
    import httpx

INBOUND: Final = "/amb/message"
TIMEOUT_SECONDS: Final = 30.0
JSON: Final = "application/json"
DEVICE_AGENT: Final = "os=iOS;version=26.1"
MOST_IN_A_MESSAGE: Final = 10 * 1024
"""Bytes: a larger reply takes the long way."""

Clock = Callable[[], datetime]


class Line:
    """From one phone to this server."""

    def __init__(self, phone: SandboxPhone, clock: Clock) -> None:
        self.phone = phone
        self.clock = clock

    def post_message(self, content: Mapping[str, Any], *, message_id: str) -> int | None:
        """Have Apple's gateway post a message of the customer; answers the status, None if nobody was there."""
        business_id = self.phone.business.business_id
        ends = {"sourceId": self.phone.customer_id, "destinationId": business_id}
        body = as_json({"v": 1, "id": message_id, **ends, **content})
        headers = {
            "authorization": f"Bearer {self._gateway_token(self.phone.business.account)}",
            "id": message_id,
            "source-id": self.phone.customer_id,
            "destination-id": business_id,
            "capability-list": self.phone.capabilities,
            "device-agent": DEVICE_AGENT,
            "content-type": JSON,
            "content-encoding": "gzip",
        }
        sent = Sent(
            Party.GATEWAY, Party.SERVER, "POST", settings.PUBLIC_BASE_URL + INBOUND, list(headers.items()), body, JSON
        )
        response = self.send(sent, content=gzip.compress(body))
        return None if response is None else response.status_code

    def post_reply(self, interactive: dict[str, Any], *, message_id: str) -> int | None:
        """Have the gateway post a reply, by reference where it is too large."""
        payload = as_json(interactive)
        is_large = len(payload) > MOST_IN_A_MESSAGE
        content = (
            {"interactiveDataRef": self._stored(payload, interactive)} if is_large else {"interactiveData": interactive}
        )
        return self.post_message({"type": "interactive", **content}, message_id=message_id)

    def _stored(self, payload: bytes, interactive: Mapping[str, Any]) -> dict[str, Any]:
        """Encrypt a reply and store it as the phone does at Apple; answers how the message refers to it."""
        key, written_key = new_payload_key()
        signature = token_bytes(21)
        ciphertext = encrypt_payload(payload, key)
        stored = SandboxPayload.objects.create(
            phone=self.phone, ciphertext=ciphertext, signature=signature, owner=f"M.{token_urlsafe(24)}"
        )
        return {
            "url": f"https://p01-content.icloud.com/{stored.pk}",
            "bid": interactive["bid"],
            "key": written_key,
            "signature": signature.hex(),
            "owner": stored.owner,
            "size": len(ciphertext),
        }

    def _gateway_token(self, account: MspAccount) -> str:
        claims = {"aud": account.msp_id, "iat": int(self.clock().timestamp())}
        return jwt.encode(claims, b64decode(decrypt(bytes(account.encrypted_api_secret))), algorithm="HS256")

    def send(
        self, sent: Sent, *, content: bytes | None = None, browser: "httpx.Client | None" = None
    ) -> "httpx.Response | None":
        """Send a request and write it down with its answer; None where there was none.

        ``content`` is the body as it goes over the wire, where that is not ``sent.body``; ``browser`` keeps cookies.
        """
        import httpx

        at = self.clock()
        try:
            if browser is not None:
                response = _request(browser, sent, content)
            else:
                with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                    response = _request(client, sent, content)
        except httpx.HTTPError:
            write_down(self.phone, sent, Answered(), at=at)
            return None
        write_down(self.phone, sent, answer_of(response), at=at)
        return response


def _request(client: "httpx.Client", sent: Sent, content: bytes | None) -> "httpx.Response":
    body = sent.body if content is None else content
    return client.request(sent.method, sent.url, headers=list(sent.headers), content=body)


def answer_of(response: "httpx.Response") -> Answered:
    """What somebody answered to us."""
    names = SHOWN_OF_ANSWERS if response.content else SHOWN_OF_ANSWERS - {"content-type"}
    shown = [(name, value) for name, value in response.headers.items() if name in names]
    return Answered(response.status_code, shown, response.content, response.headers.get("content-type", ""))


SHOWN_OF_ANSWERS = frozenset({"cache-control", "content-type", "location", "referrer-policy", "www-authenticate"})


def new_message_id() -> str:
    """An id as devices make it."""
    return str(uuid.uuid4()).upper()
