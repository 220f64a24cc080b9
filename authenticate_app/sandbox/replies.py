"""What a phone replies: the dictionary ``authenticate``, and the message around it (docs/apple-messages.md)."""

import json
from collections.abc import Callable
from typing import Any

from authenticate_app.sandbox.conditions import Conditions
from authenticate_app.sandbox.cryptor import CryptorFault, NotEncrypted, encrypt_token
from authenticate_app.sandbox.device_requests import Verdict, taken_from
from authenticate_app.sandbox.sign_in_message import SignInMessage

AUTHENTICATION = "com.apple.icloud.messages.business.authentication.error"
CRYPTOR = "com.apple.icloud.messages.business.cryptor"
NETWORK = "NSURLErrorDomain"
COCOA = "NSCocoaErrorDomain"

NOTHING_TO_GO_ON_WITH = 0
"""Of ``AUTHENTICATION``: the redirect held neither code nor token, or the token endpoint answered nothing."""
NO_ACCESS_TOKEN = 2
NOT_JSON = 3840
NOT_ENCRYPTED = "The token was not encrypted."

AskToken = Callable[[str], bytes]
"""Exchange a code at the token endpoint; answers the body whatever its status. Raises ``NetworkFault``."""

Authenticate = dict[str, Any]


class NetworkFault(Exception):
    """The phone got no answer; ``code`` is Apple's, of ``NSURLErrorDomain``."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class Failed(Exception):
    """The phone gives up, and says why."""

    def __init__(self, domain: str, code: int, message: str) -> None:
        self.error = {"code": code, "domain": domain, "message": message}
        super().__init__(message)


def legacy_reply(
    url: str, message: SignInMessage, conditions: Conditions, ask_token: AskToken, *, form: str = ""
) -> Authenticate:
    """What the phone replies once its browser went to ``url``, which may have come with a posted form."""
    try:
        token = _token(url, form, ask_token)
        return {"status": "authenticated", "token": _encrypted(token, message, conditions)}
    except Failed as failed:
        return {"status": "failed", "errors": [failed.error]}


def _token(url: str, form: str, ask_token: AskToken) -> str:
    taken = taken_from(url, form)
    if taken is None:
        raise Failed(AUTHENTICATION, NOTHING_TO_GO_ON_WITH, "Neither code nor access token.")
    return taken.access_token or _exchanged(taken.code, ask_token)


def _exchanged(code: str, ask_token: AskToken) -> str:
    try:
        raw_answer = ask_token(code)
    except NetworkFault as fault:
        raise Failed(NETWORK, fault.code, "The token endpoint was not reached.") from None
    if not raw_answer:
        raise Failed(AUTHENTICATION, NOTHING_TO_GO_ON_WITH, "The token endpoint answered nothing.")
    try:
        answer = json.loads(raw_answer)
    except ValueError:
        raise Failed(COCOA, NOT_JSON, "The token answer is not JSON.") from None
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise Failed(AUTHENTICATION, NO_ACCESS_TOKEN, "The token answer has no access token.")
    return token


def _encrypted(token: str, message: SignInMessage, conditions: Conditions) -> str:
    if conditions.breaks_while_encrypting:
        raise Failed(CRYPTOR, CryptorFault.ENCRYPTION_FAILED, NOT_ENCRYPTED)
    key = conditions.response_encryption_key
    try:
        return encrypt_token(token, message.response_encryption_key if key is None else key)
    except NotEncrypted as refused:
        raise Failed(CRYPTOR, refused.fault, NOT_ENCRYPTED) from None


def new_reply(verdict: Verdict) -> Authenticate | None:
    """What the phone replies to the new flow's last address; None where it replies nothing."""
    if verdict.error_code is None:
        return None if verdict.status == "cancel" else {"status": verdict.status}
    return {"status": verdict.status, "error_code": verdict.error_code}


def interactive_data(message: SignInMessage, authenticate: Authenticate, *, padding: int = 0) -> dict[str, Any]:
    """The reply's ``interactiveData``, which echoes what was sent; ``padding`` makes its picture larger."""
    asked = message.interactive_data
    data = asked["data"]
    images = data["images"] if not padding else [*data["images"], {"identifier": "padding", "data": "A" * padding}]
    return {
        "bid": asked["bid"],
        "sessionIdentifier": asked["sessionIdentifier"],
        "data": {
            "version": message.version,
            "requestIdentifier": message.request_identifier,
            "images": images,
            "authenticate": authenticate,
        },
        **{name: asked[name] for name in ("receivedMessage", "replyMessage") if name in asked},
    }


def as_json(value: Any) -> bytes:
    """What goes over the wire: no blanks, letters of all scripts as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
