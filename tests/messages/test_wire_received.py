import json
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.messages.wire import (
    Kind,
    MalformedMessage,
    Message,
    Reply,
    ReplyStatus,
    parse_message,
    parse_reply,
    read_object,
)

REQUEST = "22222222-2222-7222-8222-222222222222"
CUSTOMER = "urn:mbid:AQAAY5h7q1"
ENVELOPE: dict[str, Any] = {
    "v": 1,
    "id": "11111111-1111-4111-8111-111111111111",
    "sourceId": CUSTOMER,
    "destinationId": "vision-business",
}
REFERENCE: dict[str, Any] = {
    "url": "https://p01-content.icloud.com/MBAAA",
    "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:extension",
    "key": "00" + "ab" * 32,
    "signature": "81ff",
    "owner": "M0C0A0",
    "size": 33,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        "interactiveData",
        "interactiveDataRef",
        "data",
        "authenticate",
        "requestIdentifier",
        "status",
        "token",
        "errors",
        "error_code",
        "code",
        "domain",
        "type",
        "id",
        "sourceId",
        "destinationId",
        "size",
        "key",
    ]
)
NEARLY = st.recursive(
    ANYTHING | st.sampled_from([REQUEST, "interactive", "success", "authenticated", 0, "0"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=15,
)
"""What looks like a message at first sight."""


def message(**values: Any) -> Message:
    return parse_message(json.dumps({**ENVELOPE, **values}).encode())


def reply_data(**authenticate: Any) -> dict[str, Any]:
    return {"version": "2.0", "requestIdentifier": REQUEST, "images": [], "authenticate": authenticate}


def interactive(data: dict[str, Any]) -> dict[str, Any]:
    return {"interactiveData": {"bid": "x", "sessionIdentifier": "y", "data": data}}


def reply(**authenticate: Any) -> Reply:
    return parse_reply(interactive(reply_data(**authenticate)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text", Kind.TEXT),
        ("interactive", Kind.INTERACTIVE),
        ("typing_start", Kind.TYPING_START),
        ("typing_end", Kind.TYPING_END),
        ("close", Kind.CLOSE),
        ("something new", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_messages_of_each_type(name: str, kind: Kind) -> None:
    read = message(type=name, body="Hello", locale="en_US")
    assert (read.kind, read.id, read.source_id, read.destination_id) == (
        kind,
        ENVELOPE["id"],
        CUSTOMER,
        "vision-business",
    )
    assert (read.reply, read.large_reply) == (None, None)
    assert read.values == {**ENVELOPE, "type": name, "body": "Hello", "locale": "en_US"}


@pytest.mark.parametrize("name", ["id", "sourceId", "destinationId", "type"])
@pytest.mark.parametrize("value", [None, 5, "", [], {}, "with blank", "line\nfeed", "ü", "x" * 301])
def test_an_envelope_that_is_not_apples_is_refused_by_name(name: str, value: object) -> None:
    if name == "type" and isinstance(value, str):
        return
    with pytest.raises(MalformedMessage, match=name):
        message(**{"type": "text", name: value})


@pytest.mark.parametrize("name", ["id", "sourceId", "destinationId", "type"])
def test_an_incomplete_envelope_is_refused_by_name(name: str) -> None:
    values = {key: value for key, value in {**ENVELOPE, "type": "text"}.items() if key != name}
    with pytest.raises(MalformedMessage, match=name):
        parse_message(json.dumps(values).encode())


@pytest.mark.parametrize(
    "root",
    [
        interactive(reply_data(status="success")),
        interactive(reply_data(status="success"))["interactiveData"],
        {"interactiveData": reply_data(status="success")},
        reply_data(status="success"),
    ],
    ids=["interactiveData", "its content as root", "without data", "data as root"],
)
def test_a_reply_is_found_wherever_phones_put_it(root: dict[str, Any]) -> None:
    expected = Reply(UUID(REQUEST), ReplyStatus.SUCCESS)
    assert parse_reply(root) == expected
    assert message(type="interactive", **root).reply == expected


def test_replies_of_the_legacy_flow() -> None:
    assert reply(status="authenticated", token="BFgV") == Reply(
        UUID(REQUEST), ReplyStatus.AUTHENTICATED, unverified_token="BFgV"
    )
    domain = "com.apple.icloud.messages.business.cryptor"
    failed = reply(status="failed", errors=[{"code": 3, "domain": domain, "message": "key invalid"}])
    assert failed == Reply(UUID(REQUEST), ReplyStatus.FAILED, error_domain=domain, error_code=3)


def test_replies_of_the_new_flow() -> None:
    assert reply(status="success") == Reply(UUID(REQUEST), ReplyStatus.SUCCESS)
    assert reply(status="failure", error_code=4) == Reply(UUID(REQUEST), ReplyStatus.FAILURE, error_code=4)
    assert reply(status="failure", error_code="4").error_code == 4
    assert reply(status="cancel").status is ReplyStatus.CANCEL


@pytest.mark.parametrize("status", ["Success", "SUCCESS", "sUcCeSs"])
def test_the_status_counts_in_any_letter_case(status: str) -> None:
    assert reply(status=status).status is ReplyStatus.SUCCESS


@pytest.mark.parametrize("status", ["", "succeeded", None, 5, [], {}, True, "x" * 1000])
def test_any_other_status_is_unknown(status: object) -> None:
    assert reply(status=status).status is ReplyStatus.UNKNOWN
    assert reply().status is ReplyStatus.UNKNOWN


@pytest.mark.parametrize("version", ["1", "1.0", "2", "2.0", None, 2, []])
def test_the_version_and_unknown_fields_do_not_matter(version: object) -> None:
    data = {**reply_data(status="success", more={"x": 1}), "version": version, "dynamic": {}, "images": [{}]}
    assert parse_reply(interactive(data)).status is ReplyStatus.SUCCESS


def test_the_request_is_known_in_any_letter_case() -> None:
    data = {**reply_data(status="success"), "requestIdentifier": "ABCDEFAB-2222-7222-8222-222222222222"}
    assert parse_reply(data).request_identifier == UUID("abcdefab-2222-7222-8222-222222222222")


@pytest.mark.parametrize("code", [None, True, 1.5, "", "x", [], {}, 2**31, -(2**31), 10**400, "9" * 5000])
def test_what_is_no_code_is_left_out(code: object) -> None:
    assert reply(status="failure", error_code=code).error_code is None
    assert reply(status="failed", errors=[{"code": code, "domain": "d"}]).error_code is None


@pytest.mark.parametrize("errors", [None, "text", 5, {}, [], [None], ["x"], [[]]])
def test_errors_of_another_form_are_none(errors: object) -> None:
    failed = reply(status="failed", errors=errors)
    assert (failed.status, failed.error_domain, failed.error_code) == (ReplyStatus.FAILED, "", None)


def test_a_long_domain_is_cut() -> None:
    assert reply(status="failed", errors=[{"code": 1, "domain": "d" * 5000}]).error_domain == "d" * 200


@pytest.mark.parametrize("token", [None, 5, [], {}])
def test_a_token_of_another_form_is_none(token: object) -> None:
    assert reply(status="authenticated", token=token).unverified_token == ""


@pytest.mark.parametrize(
    "dictionary",
    [
        {},
        {"interactiveData": None},
        {"interactiveData": {"data": []}},
        {"data": {"authenticate": None}},
        {"authenticate": {"status": "success"}},
        {"authenticate": {"status": "success"}, "requestIdentifier": "no uuid"},
        {"authenticate": {"status": "success"}, "requestIdentifier": 5},
        {"authenticate": {"status": "success"}, "requestIdentifier": None},
        {"interactiveData": {"data": {"listPicker": {}, "requestIdentifier": REQUEST}}},
    ],
    ids=str,
)
def test_what_is_no_reply_to_us_is_refused_and_as_a_message_handed_on(dictionary: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        parse_reply(dictionary)
    assert message(type="interactive", **dictionary).reply is None


def test_only_interactive_messages_are_replies() -> None:
    assert message(type="text", **interactive(reply_data(status="success"))).reply is None
    assert message(type="text", interactiveDataRef=REFERENCE).large_reply is None


def test_a_large_reply() -> None:
    large = message(type="interactive", interactiveDataRef={**REFERENCE, "title": "x"}).large_reply
    assert large is not None
    assert large.model_dump() == REFERENCE
    assert "ab" * 32 not in repr(large)


@pytest.mark.parametrize(
    "changed",
    [
        {"url": None},
        {"url": ""},
        {"url": "https://x.example/\r\nHost: y"},
        {"bid": "ü"},
        {"owner": "a b"},
        {"key": "ab" * 32},
        {"key": "00" + "ab" * 31},
        {"key": "00" + "xy" * 32},
        {"key": "00" + "ab" * 32 + "\n"},
        {"signature": "abc"},
        {"signature": ""},
        {"size": 0},
        {"size": -1},
        {"size": "many"},
        {"size": 1.5},
    ],
    ids=str,
)
def test_a_reference_that_leads_nowhere_is_none(changed: dict[str, Any]) -> None:
    assert message(type="interactive", interactiveDataRef={**REFERENCE, **changed}).large_reply is None


def test_nothing_that_customers_write_is_shown() -> None:
    shown = repr(message(type="interactive", body="private", **interactive(reply_data(token="sealed"))))
    assert "private" not in shown
    assert "sealed" not in shown


@pytest.mark.parametrize(
    "raw_body",
    [
        b"",
        b"{",
        b"nothing",
        b"[]",
        b"null",
        b'"text"',
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\x00"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": -1e400}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"a":' * 100_000,
        b'{"a": 1, "a": 1}',
        b'{"b": [{"a": 1, "\\u0061": 2}]}',
    ],
    ids=lambda raw: f"{raw[:15]!r} {len(raw)}",
)
def test_what_is_no_json_object_without_ambiguity_is_refused_in_words(raw_body: bytes) -> None:
    for parse in (read_object, parse_message):
        with pytest.raises(MalformedMessage, match=r"\.$"):
            parse(raw_body)


def test_nul_becomes_its_symbol_and_an_escaped_backslash_stays() -> None:
    assert read_object(rb'{"a\u0000": "b\u0000\u0000", "c": "\\u0000", "d": "\\\u0000"}') == {
        "a\N{SYMBOL FOR NULL}": "b\N{SYMBOL FOR NULL}\N{SYMBOL FOR NULL}",
        "c": "\\u0000",
        "d": "\\\N{SYMBOL FOR NULL}",
    }


@given(st.dictionaries(st.text(), ANYTHING))
def test_what_is_read_can_be_stored_as_json(values: dict[str, Any]) -> None:
    text = json.dumps(values)
    is_json = not ({"NaN", "Infinity", "-Infinity"} & constants_of(text))
    with nullcontext() if is_json else pytest.raises(MalformedMessage):
        read = read_object(text.encode())
        assert json.dumps(read) == text.replace("\\u0000", "\\u2400")
        assert json.dumps(read, allow_nan=False, ensure_ascii=False).encode("utf-8")


def constants_of(text: str) -> set[str]:
    """What Python writes of a number that is none."""
    found: set[str] = set()
    json.loads(text, parse_constant=found.add)
    return found


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_alike(raw_body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_message(raw_body)


@given(NEARLY)
def test_any_json_is_a_message_or_refused(value: object) -> None:
    raw_body = json.dumps(value).encode()
    try:
        read = parse_message(raw_body)
    except MalformedMessage:
        return
    assert read.id


@given(st.dictionaries(NAMES, NEARLY))
def test_any_dictionary_is_a_reply_or_refused(dictionary: dict[str, Any]) -> None:
    try:
        read = parse_reply(dictionary)
    except MalformedMessage:
        return
    assert isinstance(read.request_identifier, UUID)
    assert read.status in set(ReplyStatus)


@given(st.dictionaries(NAMES, NEARLY), NEARLY)
def test_whatever_stands_in_a_good_envelope_is_handed_on(data: dict[str, Any], authenticate: object) -> None:
    values = {"type": "interactive", "interactiveData": {"data": {**data, "authenticate": authenticate}}}
    raw_body = json.dumps({**ENVELOPE, **values}).encode()
    try:
        read = parse_message(raw_body)
    except MalformedMessage as refusal:
        sentence = str(refusal)
    else:
        sentence = ""
        assert read.kind is Kind.INTERACTIVE
    assert sentence in {"", "This is not JSON in UTF-8.", "A number is larger than any that is stored."}
