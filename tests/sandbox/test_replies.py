"""What the simulated phone replies, whatever happens to it."""

import base64
import json
from uuid import UUID

import pytest

from authenticate_app.messages.token_decryption import decrypt_token, new_key_pair
from authenticate_app.messages.wire import ReplyStatus, parse_reply
from authenticate_app.sandbox.conditions import ANOTHER_KEY, Conditions
from authenticate_app.sandbox.device_requests import Verdict
from authenticate_app.sandbox.replies import NetworkFault, interactive_data, legacy_reply, new_reply
from tests.sandbox.test_device_requests import CODE_AT, message

AT_CODE = f"{CODE_AT}?code=abc"
PAIR = new_key_pair()
ANSWER = json.dumps({"access_token": "the-token", "token_type": "Bearer"}).encode()


def replied(
    url: str = AT_CODE, answer: bytes | int = ANSWER, conditions: Conditions | None = None
) -> dict[str, object]:
    def ask_token(code: str) -> bytes:
        assert code == "abc"
        if isinstance(answer, int):
            raise NetworkFault(answer)
        return answer

    asked = message("1.0", response_encryption_key=PAIR.response_encryption_key)
    return legacy_reply(url, asked, conditions or Conditions(), ask_token)


def error_of(reply: dict[str, object]) -> tuple[str, int]:
    assert reply["status"] == "failed"
    assert isinstance(reply["errors"], list)
    (error,) = reply["errors"]
    return error["domain"].rpartition(".")[2], error["code"]


def test_the_token_is_for_us_alone() -> None:
    reply = replied()
    assert reply["status"] == "authenticated"
    assert decrypt_token(unverified_token=str(reply["token"]), private_key=PAIR.private_key) == "the-token"


def test_a_token_in_the_redirect_needs_no_exchange() -> None:
    reply = replied(f"{CODE_AT}#access_token=direct")
    assert decrypt_token(unverified_token=str(reply["token"]), private_key=PAIR.private_key) == "direct"


@pytest.mark.parametrize(
    ("url", "answer", "error"),
    [
        (f"{CODE_AT}?error=access_denied", ANSWER, ("error", 0)),
        (AT_CODE, b"", ("error", 0)),
        (AT_CODE, b'{"error": "invalid_client"}', ("error", 2)),
        (AT_CODE, b'{"access_token": null}', ("error", 2)),
        (AT_CODE, b"[]", ("error", 2)),
        (AT_CODE, b"<html>", ("NSCocoaErrorDomain", 3840)),
        (AT_CODE, -1001, ("NSURLErrorDomain", -1001)),
    ],
)
def test_what_goes_wrong_is_told_as_devices_do(url: str, answer: bytes | int, error: tuple[str, int]) -> None:
    assert error_of(replied(url, answer)) == error


@pytest.mark.parametrize(("key", "code"), [("", 0), ("?", 1), ("QUFB", 2)])
def test_keys_that_are_none(key: str, code: int) -> None:
    assert error_of(replied(conditions=Conditions(response_encryption_key=key))) == ("cryptor", code)


def test_an_encryption_that_fails() -> None:
    assert error_of(replied(conditions=Conditions(breaks_while_encrypting=True))) == ("cryptor", 4)


def test_another_key_is_a_good_one() -> None:
    reply = replied(conditions=Conditions(response_encryption_key=ANOTHER_KEY))
    assert len(base64.b64decode(str(reply["token"]))) == 113 + len("the-token")


@pytest.mark.parametrize(
    ("verdict", "reply"),
    [
        (Verdict("success"), {"status": "success"}),
        (Verdict("failure", 7), {"status": "failure", "error_code": 7}),
        (Verdict("cancel", 4), {"status": "cancel", "error_code": 4}),
        (Verdict("cancel"), None),
    ],
)
def test_the_new_flow_passes_on_what_its_last_address_says(verdict: Verdict, reply: object) -> None:
    assert new_reply(verdict) == reply


def test_a_reply_echoes_what_was_sent() -> None:
    asked = message("2.0")
    asked.interactive_data.update(
        {"bid": "b", "sessionIdentifier": "s", "data": {"images": []}, "replyMessage": {"title": "Signed in"}}
    )
    interactive = interactive_data(asked, {"status": "success"}, padding=10)
    reply = parse_reply({"interactiveData": interactive})
    assert (reply.request_identifier, reply.status) == (UUID(asked.request_identifier), ReplyStatus.SUCCESS)
    assert interactive["replyMessage"] == {"title": "Signed in"}
    assert interactive["data"]["images"] == [{"identifier": "padding", "data": "A" * 10}]
