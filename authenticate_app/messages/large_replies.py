"""Fetching a reply of more than 10 KB: Apple stores it encrypted and sends where it is (docs/apple-messages.md).

Four steps: the gateway says from where to download; the download; decryption; the gateway decodes what was decrypted.
Apple documents none of them. The address of the download comes from outside, so it is held against
``GATEWAY_DOWNLOAD_HOSTS``, and what is read of it against the size that the message gave.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys.encryption import Undecryptable
from authenticate_app.messages.addresses import address_fault, is_own_sandbox
from authenticate_app.messages.gateway_calls import RETRIED, headers_of
from authenticate_app.messages.gateway_tokens import BadApiSecret
from authenticate_app.messages.metrics import LARGE_REPLIES
from authenticate_app.messages.models import Business
from authenticate_app.messages.payload_decryption import decrypt_payload
from authenticate_app.messages.wire import LargeReply, MalformedMessage, read_object

if TYPE_CHECKING:
    import httpx

SECONDS: Final = 30.0
"""For all four steps together."""
LARGEST_REPLY: Final = 5 * 1024 * 1024
"""Bytes. What comes back echoes the pictures of the request, which are far smaller."""
LARGEST_ANSWER: Final = 64 * 1024
"""Bytes of the answer that names the download."""
MOST_BYTES: Final = 3 * LARGEST_REPLY
"""Read altogether: the download, its decoded form, and the heads of the answers."""
HTTPS_PORT: Final = 443


class Refusal(StrEnum):
    """Why a large reply is not fetched, now or ever."""

    TOO_LARGE = "too-large"
    UNUSABLE_ACCOUNT = "unusable-account"
    GATEWAY_REFUSED = "gateway-refused"
    GATEWAY_MALFORMED = "gateway-malformed"
    """The gateway's answer is none that we know."""
    DOWNLOAD_ADDRESS = "download-address"
    """Outside the hosts that are allowed, private, or not https."""
    DOWNLOAD_REFUSED = "download-refused"
    """Redirected, among others."""
    WRONG_LENGTH = "wrong-length"
    NOT_DECODED = "not-decoded"


class LargeReplyRefused(Exception):
    """The reply can not be had, and will not be later. ``words``: for administrators."""

    def __init__(self, reason: Refusal, words: str = "") -> None:
        super().__init__(f"{reason.value}: {words}" if words else reason.value)
        self.reason = reason
        self.words = words


class GatewayUnavailable(Exception):
    """The reply can not be had now; later perhaps."""


def fetch_large_reply(*, business: Business, large_reply: LargeReply, now: datetime) -> dict[str, Any]:
    """Return the dictionary that ``large_reply`` stands for, as ``wire.parse_reply`` takes it. Nobody vouches for it.

    Raises ``LargeReplyRefused`` where it will never be had, which is audited, ``GatewayUnavailable`` where it may be
    later. To be called outside of transactions: all that it does is waiting for others.
    """
    try:
        dictionary = _fetched(business, large_reply, now)
    except LargeReplyRefused as refused:
        LARGE_REPLIES.labels(refused.reason.value).inc()
        record(event=Event.MESSAGES_LARGE_REPLY_REFUSED, reason=refused.reason.value, target=business, now=now)
        raise
    except GatewayUnavailable:
        LARGE_REPLIES.labels("retry").inc()
        raise
    LARGE_REPLIES.labels("fetched").inc()
    return dictionary


def _fetched(business: Business, large_reply: LargeReply, now: datetime) -> dict[str, Any]:
    from authenticate_app.messages import guarded_http

    if large_reply.size > LARGEST_REPLY:
        raise LargeReplyRefused(Refusal.TOO_LARGE, f"{large_reply.size} bytes")
    headers = _headers(business, now)
    with (
        _failures_as_ours(),
        guarded_http.open_client(timeout_seconds=SECONDS, most_bytes=MOST_BYTES) as client,
    ):
        gateway = _Gateway(client, business, headers)
        url = gateway.download_url(large_reply)
        payload = decrypt_payload(_download(client, url, large_reply.size), key=large_reply.key)
        return gateway.decoded(payload, bid=large_reply.bid)


class _Gateway:
    """The two things that the gateway is asked for."""

    def __init__(self, client: "httpx.Client", business: Business, headers: dict[str, str]) -> None:
        self._client = client
        self._base = business.gateway_url.rstrip("/")
        self._headers = headers

    def download_url(self, large_reply: LargeReply) -> str:
        """Step one. Raises ``LargeReplyRefused`` for an address that this server does not go to."""
        signature = base64.b64encode(bytes.fromhex(large_reply.signature)).decode("ascii")
        headers = {"MMCS-Url": large_reply.url, "MMCS-Signature": signature, "MMCS-Owner": large_reply.owner}
        answer = self._object("GET", "preDownload", headers, most_bytes=LARGEST_ANSWER)
        url = answer.get("download-url")
        if not isinstance(url, str):
            raise LargeReplyRefused(Refusal.GATEWAY_MALFORMED, "preDownload named no download-url")
        _refuse_address(url)
        return url

    def decoded(self, payload: bytes, *, bid: str) -> dict[str, Any]:
        """Step four."""
        return self._object("POST", "decodePayload", {"bid": bid}, content=payload, most_bytes=LARGEST_REPLY)

    def _object(
        self, method: str, path: str, headers: dict[str, str], *, most_bytes: int, content: bytes | None = None
    ) -> dict[str, Any]:
        from authenticate_app.messages.guarded_http import read_bounded

        request = self._client.stream(
            method, f"{self._base}/{path}", headers={**self._headers, **headers}, content=content
        )
        with request as response:
            _refuse_status(response, path, Refusal.GATEWAY_REFUSED)
            body = read_bounded(response, most_bytes=most_bytes)
        try:
            return read_object(body)
        except MalformedMessage as fault:
            reason = Refusal.NOT_DECODED if content is not None else Refusal.GATEWAY_MALFORMED
            raise LargeReplyRefused(reason, f"{path}: {fault}") from None


def _download(client: "httpx.Client", url: str, size: int) -> bytes:
    """Step two: exactly ``size`` bytes."""
    from authenticate_app.messages.guarded_http import AnswerTooLarge, read_bounded

    with client.stream("GET", url) as response:
        _refuse_status(response, "download", Refusal.DOWNLOAD_REFUSED)
        try:
            payload = read_bounded(response, most_bytes=size)
        except AnswerTooLarge:
            raise LargeReplyRefused(Refusal.WRONG_LENGTH, f"more than {size} bytes") from None
    if len(payload) != size:
        raise LargeReplyRefused(Refusal.WRONG_LENGTH, f"{len(payload)} bytes instead of {size}")
    return payload


def _refuse_address(url: str) -> None:
    fault = address_fault(url)
    if fault is not None:
        raise LargeReplyRefused(Refusal.DOWNLOAD_ADDRESS, str(fault))
    if is_own_sandbox(url):
        return
    host = (urlsplit(url).hostname or "").lower()
    is_listed = any(f".{host}".endswith(f".{domain}") for domain in settings.GATEWAY_DOWNLOAD_HOSTS)
    if not is_listed:
        raise LargeReplyRefused(Refusal.DOWNLOAD_ADDRESS, "The host is not among GATEWAY_DOWNLOAD_HOSTS.")
    if urlsplit(url).scheme != "https":  # also where PRIVATE_ADDRESSES lets administrators do without
        raise LargeReplyRefused(Refusal.DOWNLOAD_ADDRESS, "It must begin with https://.")


def _refuse_status(response: "httpx.Response", step: str, reason: Refusal) -> None:
    from authenticate_app.messages.guarded_http import words_of

    if response.is_success:
        return
    words = f"{step}: {words_of(response.status_code)}"
    if response.status_code in RETRIED:
        raise GatewayUnavailable(words)
    raise LargeReplyRefused(reason, words)


def _headers(business: Business, now: datetime) -> dict[str, str]:
    try:
        return headers_of(business=business, now=now)
    except (Undecryptable, BadApiSecret) as fault:
        raise LargeReplyRefused(Refusal.UNUSABLE_ACCOUNT, str(fault)) from None


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    import httpx

    from authenticate_app.messages.guarded_http import (
        AddressRefused,
        AnswerCompressed,
        AnswerTooLarge,
        words_of_failure,
    )

    try:
        yield
    except AddressRefused as refused:
        raise LargeReplyRefused(Refusal.DOWNLOAD_ADDRESS, str(refused)) from None
    except AnswerTooLarge as fault:
        raise LargeReplyRefused(Refusal.TOO_LARGE, str(fault)) from None
    except (AnswerCompressed, httpx.InvalidURL) as fault:
        raise LargeReplyRefused(Refusal.GATEWAY_MALFORMED, str(fault)) from None
    except httpx.HTTPError as failure:
        raise GatewayUnavailable(words_of_failure(failure)) from None
