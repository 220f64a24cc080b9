"""Calls of identity providers elsewhere: bounded in time, size and number, and understood in one way.

No thread works meanwhile for nothing: others get its turn (``accounts.waiting``). Inside, nothing is asked of the
database. Addresses are checked when they are entered and once more when they are called (``addresses``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic_core import from_json

from authenticate_app.accounts.waiting import give_way
from authenticate_app.messages.metrics import PROVIDER_CALLS, PROVIDER_SECONDS
from authenticate_app.messages.places import NoPlace, Places
from authenticate_app.messages.reasons import Reason

Endpoint = Literal["token", "userinfo", "introspection"]

PATIENCE_SECONDS: Final = 8.0
"""For one answer, from connecting to its last byte: somebody sits before a sheet that shows nothing meanwhile."""
LONGEST_ANSWER: Final = 64 * 1024
"""Bytes. A token answer with a large ID token has a tenth of it."""
places = Places(total=12, each=6)
"""This process's: fewer than the server has threads to spare, and never all of them for one business."""


class ProviderFailed(Exception):
    """The provider gave nothing. ``detail``: which endpoint, and how; nothing secret, nothing of the customer."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Call:
    """A request for JSON. With a ``form`` it is a POST, else a GET; ``headers`` and ``form`` hold secrets."""

    endpoint: Endpoint
    url: str
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)


def answer_to(call: Call, *, business_pk: int) -> dict[str, Any]:
    """Call the provider and return the JSON object that it answers with.

    Raises:
        ProviderFailed: ``PROVIDER_BUSY`` where too many wait for providers already; ``PROVIDER_UNAVAILABLE`` for what
            may be better soon: no connection, no answer in time, 429, 5xx; ``EXCHANGE_FAILED`` for everything else.
    """
    try:
        with places.taken_for(business_pk), give_way(), PROVIDER_SECONDS.labels(call.endpoint).time():
            status, raw_answer = _sent(call)
        answer = _understood(call, status, raw_answer)
    except NoPlace:
        PROVIDER_CALLS.labels(call.endpoint, "busy").inc()
        raise ProviderFailed(Reason.PROVIDER_BUSY, f"{call.endpoint}: too many at once") from None
    except ProviderFailed as failure:
        PROVIDER_CALLS.labels(call.endpoint, failure.reason.value).inc()
        raise
    PROVIDER_CALLS.labels(call.endpoint, "answered").inc()
    return answer


def _sent(call: Call) -> tuple[int, bytes]:
    import httpx  # seldom needed in a web process, and not small

    from authenticate_app.messages import guarded_http

    method = "GET" if call.form is None else "POST"
    headers = {"Accept": "application/json", **call.headers}
    try:
        with (
            guarded_http.open_client(timeout_seconds=PATIENCE_SECONDS) as client,
            client.stream(method, call.url, headers=headers, data=call.form) as response,
        ):
            return response.status_code, guarded_http.read_bounded(response, most_bytes=LONGEST_ANSWER)
    except (guarded_http.AnswerTooLarge, guarded_http.AnswerCompressed, guarded_http.AddressRefused) as error:
        raise ProviderFailed(Reason.EXCHANGE_FAILED, f"{call.endpoint}: {type(error).__name__}") from None
    except httpx.InvalidURL:
        raise ProviderFailed(Reason.EXCHANGE_FAILED, f"{call.endpoint}: the address is none") from None
    except httpx.HTTPError as error:
        raise _unavailable(call, type(error).__name__) from None


def _understood(call: Call, status: int, raw_answer: bytes) -> dict[str, Any]:
    if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP's own numbers
        raise _unavailable(call, str(status))
    if status != 200:  # noqa: PLR2004 - HTTP's own number; a redirect is nothing that such an endpoint answers
        raise ProviderFailed(Reason.EXCHANGE_FAILED, f"{call.endpoint}: {status}{_error_in(raw_answer)}")
    answer = _parsed(raw_answer)
    if answer is None:
        raise ProviderFailed(Reason.EXCHANGE_FAILED, f"{call.endpoint}: no JSON object")
    return answer


def _error_in(raw_answer: bytes) -> str:
    """The provider's code for what is wrong (RFC 6749, section 5.2), if it looks like one: it is shown to people."""
    code = (_parsed(raw_answer) or {}).get("error")
    is_code = isinstance(code, str) and len(code) <= 50 and code.replace("_", "").isalnum() and code.isascii()  # noqa: PLR2004 - longer than any
    return f" {code}" if is_code else ""


def _parsed(raw_answer: bytes) -> dict[str, Any] | None:
    try:
        answer = from_json(raw_answer, allow_inf_nan=False)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _unavailable(call: Call, how: str) -> ProviderFailed:
    return ProviderFailed(Reason.PROVIDER_UNAVAILABLE, f"{call.endpoint}: {how}")
