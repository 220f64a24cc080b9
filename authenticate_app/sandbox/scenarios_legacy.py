"""The legacy flow: every row of the table of errors, and tokens that are not what they should be."""

import json
from base64 import b64encode
from functools import partial
from typing import Final

from authenticate_app.messages.models import SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.sandbox import rest, services
from authenticate_app.sandbox.conditions import ANOTHER_KEY, PADDING, Conditions
from authenticate_app.sandbox.cryptor import encrypt_token
from authenticate_app.sandbox.customer import REFUSE
from authenticate_app.sandbox.device_requests import taken_from, token_request_body
from authenticate_app.sandbox.registrations import registration_of
from authenticate_app.sandbox.scenario import Act, Scenario, State
from authenticate_app.sandbox.stage import Asked, Stage

GOOD_PHONE: Final = Conditions()
OFF_THE_CURVE: Final = b64encode(b"\x04" + bytes(95) + b"\x01").decode()
KEYS: Final = {
    0: ("The key is empty.", Conditions(response_encryption_key=""), Reason.KEY_EMPTY),
    1: ("The key is not base64.", Conditions(response_encryption_key="?"), Reason.KEY_NOT_BASE64),
    2: ("The key is not an EC key.", Conditions(response_encryption_key="QUFB"), Reason.KEY_NOT_ELLIPTIC),
    3: ("The key is no point of the curve.", Conditions(response_encryption_key=OFF_THE_CURVE), Reason.KEY_INVALID),
    4: ("The encryption fails.", Conditions(breaks_while_encrypting=True), Reason.ENCRYPTION_FAILED),
}
NETWORK: Final = {
    -1001: ("The token endpoint does not answer in time.", Reason.PROVIDER_TIMED_OUT),
    -1003: ("The host of the token endpoint is not found.", Reason.PROVIDER_NOT_FOUND),
    -1004: ("The phone cannot connect.", Reason.PROVIDER_UNREACHABLE),
    -1005: ("The connection is lost.", Reason.CONNECTION_LOST),
    -1009: ("The phone is offline.", Reason.PHONE_OFFLINE),
    **dict.fromkeys(range(-1200, -1207, -1), ("TLS fails.", Reason.PROVIDER_TLS)),
}


def _sign_in(stage: Stage, conditions: Conditions = GOOD_PHONE) -> SignInRequest:
    stage.phone.conditions = conditions
    asked = stage.ask()
    stage.sign_in(asked)
    return asked.request


def _refuse(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.sign_in(asked, decision=REFUSE)
    return asked.request


def _close_sheet(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.get(stage.phone.open(asked.bubble))
    return asked.request


def _fail_with(stage: Stage, **authenticate: object) -> SignInRequest:
    asked = stage.ask()
    stage.phone.reply(asked.bubble, {"status": "failed", **authenticate})
    return asked.request


def _forge(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.phone.forge_success(asked.bubble)
    return asked.request


def _reply_with(stage: Stage, asked: Asked, token: str) -> SignInRequest:
    key = services.sign_in_message_of(asked.bubble).response_encryption_key
    stage.phone.reply(asked.bubble, {"status": "authenticated", "token": encrypt_token(token, key)})
    return asked.request


def _own_token(stage: Stage, asked: Asked) -> str:
    """Sign in, and exchange the code as the phone does, but keep the token."""
    message, registration = services.sign_in_message_of(asked.bubble), registration_of(stage.phone.row.business)
    with stage.customer() as customer:
        taken = taken_from(customer.sign_in(stage.phone.open(asked.bubble)))
    body = token_request_body(message, registration, taken.code if taken else "")
    return str(json.loads(stage.post_form("/oauth/token", body))["access_token"])


def _early_token(stage: Stage) -> SignInRequest:
    """A token that the customer got before anybody asked."""
    token = _own_token(stage, stage.ask())
    return _reply_with(stage, stage.ask(), token)


def _same_token_twice(stage: Stage) -> SignInRequest:
    """Two requests are open; the token of the one is sent for the other, too."""
    first, second = stage.ask(), stage.ask()
    token = _own_token(stage, first)
    stage.wait_for_end(_reply_with(stage, first, token))
    return _reply_with(stage, second, token)


def _foreign_token(stage: Stage) -> SignInRequest:
    """A good token that was issued to another client."""
    asked = stage.ask()
    return _reply_with(stage, asked, rest.access_token(stage.phone.line))


def _legacy(name: str, words: str, state: State, reason: Reason, act: Act, *, is_impatient: bool = False) -> Scenario:
    return Scenario(f"legacy-{name}", "legacy", words, state, reason, act, is_impatient)


def _failed(name: str, words: str, reason: Reason, act: Act) -> Scenario:
    return _legacy(name, words, State.FAILED, reason, act)


GOOD = (State.SUCCEEDED, Reason.SIGNED_IN)
SILENCE = (State.TIMED_OUT, Reason.NO_REPLY)

SCENARIOS: tuple[Scenario, ...] = (
    _legacy("authenticated", "The phone sends the encrypted token.", *GOOD, _sign_in),
    _legacy(
        "status-in-capitals",
        "The reply says Authenticated.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(status="Authenticated")),
    ),
    _legacy(
        "reply-doubled",
        "The reply comes twice, under two ids.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(copies=2)),
    ),
    _legacy(
        "reply-large",
        "The reply is too large for a message.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(padding=PADDING)),
    ),
    _failed(
        "redirect-without-code",
        "The redirect holds neither code nor token: the customer refuses.",
        Reason.REDIRECT_WITHOUT_CODE,
        _refuse,
    ),
    _failed(
        "token-answer-empty",
        "The token endpoint answers nothing.",
        Reason.REDIRECT_WITHOUT_CODE,
        partial(_sign_in, conditions=Conditions(token_answer=b"")),
    ),
    _failed(
        "token-missing",
        "The token endpoint answers with an error: the secret is wrong.",
        Reason.TOKEN_MISSING,
        partial(_sign_in, conditions=Conditions(client_secret="wrong")),  # noqa: S106 - that is the point
    ),
    _failed(
        "token-answer-not-json",
        "The token endpoint answers with a page.",
        Reason.TOKEN_ANSWER_NOT_JSON,
        partial(_sign_in, conditions=Conditions(token_answer=b"<!doctype html>")),
    ),
    *(
        _failed(f"cryptor-{code}", words, reason, partial(_sign_in, conditions=how))
        for code, (words, how, reason) in KEYS.items()
    ),
    *(
        _failed(f"network{code}", words, reason, partial(_sign_in, conditions=Conditions(network_code=code)))
        for code, (words, reason) in NETWORK.items()
    ),
    _failed(
        "error-of-nobody",
        "The phone fails for a reason that nobody has seen.",
        Reason.PHONE_FAILED,
        partial(_fail_with, errors=[{"code": 7, "domain": "com.example", "message": "?"}]),
    ),
    _failed("error-missing", "The phone fails, and says no reason.", Reason.PHONE_FAILED, _fail_with),
    _failed(
        "wrong-key",
        "The token is encrypted for another key.",
        Reason.DECRYPTION_FAILED,
        partial(_sign_in, conditions=Conditions(response_encryption_key=ANOTHER_KEY)),
    ),
    _failed("token-forged", "The token is made up.", Reason.TOKEN_INACTIVE, _forge),
    _failed("token-early", "The token is older than the request.", Reason.TOKEN_EARLY, _early_token),
    _failed("token-foreign", "The token is another client's.", Reason.TOKEN_FOREIGN, _foreign_token),
    _failed("token-replayed", "The token was used for another request.", Reason.TOKEN_REPLAYED, _same_token_twice),
    _legacy(
        "reply-lost",
        "The customer signs in, and no reply comes.",
        *SILENCE,
        partial(_sign_in, conditions=Conditions(copies=0)),
        is_impatient=True,
    ),
    _legacy("sheet-closed", "The customer closes the sign-in page.", *SILENCE, _close_sheet, is_impatient=True),
)
