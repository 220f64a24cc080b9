"""Rules for the body of a request, through every middleware; the attributes one by one stand in ``test_attributes``."""

import json

import pytest
from django.conf import LazySettings
from prometheus_client import REGISTRY

from chat_app.chat_authenticate.attributes import REQUEST_ATTRIBUTES
from chat_app.sessions.models import ChatSession
from tests.world import ask, body_of, granted, minimal, refused

pytestmark = pytest.mark.usefixtures("world")

NOT_A_LONG, OUT_OF_RANGE = "CHAT-40022", "CHAT-40023"


def sent(**attributes: object) -> list[tuple[str, str]]:
    return refused(attributes=attributes)


@pytest.mark.parametrize(
    ("value", "answered"),
    [
        (7, "7"),
        ("7", "7"),
        (-(2**63), str(-(2**63))),
        (str(2**63 - 1), str(2**63 - 1)),
        (None, None),
        ("", None),
    ],
)
def test_longs_come_as_numbers_and_strings_and_leave_as_strings(value: object, answered: str | None) -> None:
    assert granted(contactId=value)["contactId"] == answered


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, NOT_A_LONG),
        (True, NOT_A_LONG),
        (" ", NOT_A_LONG),
        (" 7", NOT_A_LONG),
        ("7.0", NOT_A_LONG),
        ([], NOT_A_LONG),
        ({}, NOT_A_LONG),
        (2**63, OUT_OF_RANGE),
        (-(2**63) - 1, OUT_OF_RANGE),
        (str(2**63), OUT_OF_RANGE),
        (10**900, OUT_OF_RANGE),
    ],
    ids=lambda value: str(value)[:24],
)
def test_longs_that_are_none(value: object, code: str) -> None:
    assert sent(contactId=value) == [(code, "/contactId")]


@pytest.mark.parametrize("value", [1, 1.5, True, False, [], {}, ["a"]], ids=repr)
def test_strings_that_are_none(value: object) -> None:
    assert sent(question=value) == [("CHAT-40020", "/question")]


@pytest.mark.parametrize("value", ["John", "not an address", "@", "a@b@c", "ジョン"])
def test_an_email_address_may_be_a_plain_name(value: str) -> None:
    assert granted(emailAddress=value)["emailAddress"] == value


def test_lengths_count_code_points() -> None:
    assert granted(firstName="😀" * 150)["firstName"] == "😀" * 150
    assert sent(firstName="😀" * 151) == [("CHAT-40021", "/firstName")]


@pytest.mark.parametrize("name", [attribute.name for attribute in REQUEST_ATTRIBUTES])
def test_null_absent_and_empty_are_the_same(name: str) -> None:
    if name in {"authUserName", "interfaceId"}:
        body = minimal()
        del body[name]
        missing = [("27014", f"/{name}")]
        assert refused(json.dumps(body).encode()) == sent(**{name: None}) == sent(**{name: ""}) == missing
    else:
        answers = [granted(**attributes) for attributes in ({}, {name: None}, {name: ""})]
        assert answers[0][name] == answers[1][name] == answers[2][name]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{", "CHAT-40031"),
        ("[1]", "CHAT-40032"),
        ("null", "CHAT-40032"),
        ('"text"', "CHAT-40032"),
        ('{"a": NaN}', "CHAT-40033"),
        ("[" * 5000, "CHAT-40034"),
        ('{"a": 1, "a": 2}', "CHAT-40035"),
        ('{"a": "\\u0000"}', "CHAT-40010"),
        ('{"\\ud800": 1}', "CHAT-40011"),
        ({"a": 1}, "CHAT-40020"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_custom_fields_that_are_no_object(value: object, code: str) -> None:
    assert sent(customFields=value) == [(code, "/customFields")]


def test_custom_fields_say_where_they_fail() -> None:
    response = ask(attributes={"customFields": '{"a": 1,\n "b": x}'})
    assert "line 2, column 7" in response.content.decode()


def test_custom_fields_come_back_as_they_were_sent() -> None:
    text = '{ "tier" : "gold", "n":1.50 }'
    assert granted(customFields=text)["customFields"] == text


@pytest.mark.parametrize(
    ("value", "answered"),
    [("true", "true"), ("TRUE", "true"), ("False", "false"), (True, "true"), (False, "false"), (None, None)],
)
def test_flags(value: object, answered: str | None) -> None:
    assert (granted(allowAgentAttachments=value)["allowAgentAttachments"] or "").lower() == (answered or "")


@pytest.mark.parametrize("value", ["yes", "1", 1, 0, "t", [True]], ids=repr)
def test_flags_that_are_none(value: object) -> None:
    assert sent(allowAgentAttachments=value)[0][1] == "/allowAgentAttachments"


@pytest.mark.parametrize("name", ["chatPriority", "escalationLevel"])
@pytest.mark.parametrize(("value", "answered"), [(5, "5"), ("5", "5"), (0, "0"), ("-3", "-3")])
def test_whole_numbers(name: str, value: object, answered: str) -> None:
    assert granted(**{name: value})[name] == answered


@pytest.mark.parametrize("name", ["chatPriority", "escalationLevel"])
@pytest.mark.parametrize("value", [1.5, True, "high", "1.0", " "], ids=repr)
def test_whole_numbers_that_are_none(name: str, value: object) -> None:
    assert sent(**{name: value}) == [("CHAT-40026", f"/{name}")]


@pytest.mark.parametrize("name", ["jwt", "domain", "port", "chatSiteName", "poolId", "links"])
@pytest.mark.parametrize("value", ["forged", 1, {"a": []}, None], ids=repr)
def test_what_only_answers_have_is_ignored(name: str, value: object) -> None:
    answered = granted(**{name: value})
    assert answered.get(name) != value or name == "port"


@pytest.mark.parametrize("value", ["CHAT", 1, ["x"]], ids=repr)
def test_the_media_list_is_ignored(value: object) -> None:
    assert "mediaList" not in granted(mediaList=value)


@pytest.mark.parametrize(
    ("name", "code", "meant"),
    [
        ("emailAdress", "CHAT-40028", "emailAddress"),
        ("authusername", "CHAT-40028", "authUserName"),
        ("colour", "CHAT-40027", None),
        ("a/b~c", "CHAT-40027", None),
        ("x" * 5000, "CHAT-40027", None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_unknown_attributes_are_named(name: str, code: str, meant: str | None) -> None:
    assert sent(**{name: "x"}) == [(code, "/" + name.replace("~", "~0").replace("/", "~1"))]
    message = ask(attributes={name: "x"}).content.decode()
    assert name[:20] in message
    assert meant is None or meant in message


def test_unknown_attributes_can_be_ignored_and_counted(settings: LazySettings) -> None:
    def counted() -> float:
        labels = {"name": "other"}
        return REGISTRY.get_sample_value("chatauth_chat_authenticate_ignored_attributes_total", labels) or 0.0

    settings.UNKNOWN_ATTRIBUTES = "ignore"
    before = counted()
    assert "colour" not in granted(colour="red")
    assert counted() == before + 1


def test_an_attribute_that_is_newer_than_the_release_is_unknown(settings: LazySettings) -> None:
    settings.FUSION_RELEASE = "R13.18.05"
    assert sent(chatSource="WCFS") == [("CHAT-40030", "/chatSource")]
    assert "chatSource" not in granted()


def test_all_faults_at_once() -> None:
    found = refused(b'{"contactId": 1.5, "question": 1, "question": 2, "colour": 1, "firstName": "\\u0000"}')
    assert set(found) == {
        ("CHAT-40009", "/question"),
        ("CHAT-40010", "/firstName"),
        ("CHAT-40020", "/question"),
        ("CHAT-40022", "/contactId"),
        ("CHAT-40027", "/colour"),
        ("27014", "/authUserName"),
        ("27014", "/interfaceId"),
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "CHAT-40002"),
        (b" \n", "CHAT-40002"),
        (b"{", "CHAT-40006"),
        (b"{} {}", "CHAT-40006"),
        (b"{'a': 1}", "CHAT-40006"),
        (b"authUserName=John", "CHAT-40006"),
        (b"[]", "CHAT-40007"),
        (b"null", "CHAT-40007"),
        (b'"text"', "CHAT-40007"),
        (b"1", "CHAT-40007"),
        (b"\xff{}", "CHAT-40004"),
        (b"\xef\xbb\xbf{}", "CHAT-40005"),
        ("{}".encode("utf-16"), "CHAT-40004"),
        (b'{"authUserName": NaN}', "CHAT-40013"),
        (b"[" * 60_000, "CHAT-40008"),
        (b'{"a":' * 10_000, "CHAT-40008"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bodies_that_are_no_object(body: bytes, code: str) -> None:
    assert refused(body) == [(code, "")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"authUserName": "a", "interfaceId": 1, "authUserName": "b"}', ("CHAT-40009", "/authUserName")),
        (b'{"authUserName": "a\\u0000", "interfaceId": 1}', ("CHAT-40010", "/authUserName")),
        (b'{"authUserName": "\\ud800", "interfaceId": 1}', ("CHAT-40011", "/authUserName")),
    ],
)
def test_objects_that_cannot_be_stored(body: bytes, fault: tuple[str, str]) -> None:
    assert refused(body) == [fault]
    assert not ChatSession.objects.exists()


def test_a_body_may_have_64_kib_and_no_byte_more() -> None:
    body = json.dumps(minimal()).encode()
    assert body_of(ask(body.ljust(64 * 1024)))
    assert refused(body.ljust(64 * 1024 + 1)) == [("CHAT-41301", "")]


def test_headers_come_before_the_body() -> None:
    assert refused(b"{", content_type="text/plain") == [("CHAT-41501", "")]
    assert refused(b"{", headers={"Accept": "text/html"}) == [("CHAT-40601", "")]
    assert refused(b"{", headers={"Authorization": None}) == [("CHAT-40101", "")]
