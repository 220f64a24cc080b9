"""Bodies of requests: what the spec says beyond the table of attributes."""

import json

import pytest
from pydantic import ValidationError

from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.attributes import ATTRIBUTE_BY_NAME, ChatAuthenticateRequest
from chat_app.chat_authenticate.releases import NEWEST, Release
from tests.chat_authenticate.bodies import REQUIRED, ignored, parse, parse_raw, refusal


def test_typed_access() -> None:
    request = parse(
        {
            "interfaceId": "300000047168327",
            "contactId": 5,
            "queueId": "007",
            "allowAgentAttachments": "TRUE",
            "chatPriority": "10",
            "escalationLevel": 1,
            "customFields": '{"region": "EMEA", "tier": 2}',
        }
    )
    assert request.auth_user_name == "John Smith"
    assert request.interface_id == 300000047168327
    assert (request.contact_id, request.queue_id) == (5, 7)
    assert request.allow_agent_attachments is True
    assert (request.chat_priority, request.escalation_level) == (10, 1)
    assert request.custom_fields_object == {"region": "EMEA", "tier": 2}
    assert request.question is None


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        parse().queue_id = 5  # type: ignore[misc]


def test_no_custom_fields_are_no_keys() -> None:
    assert parse().custom_fields_object == {}


@pytest.mark.parametrize(
    ("name", "sent", "back"),
    [
        ("contactId", 5, "5"),
        ("contactId", "005", "5"),
        ("contactId", "-0", "0"),
        ("allowAgentAttachments", True, "true"),
        ("allowAgentAttachments", False, "false"),
        ("allowAgentAttachments", "tRuE", "true"),
        ("chatPriority", 5, "5"),
        ("chatPriority", "-5", "-5"),
        ("escalationLevel", 0, "0"),
        ("escalationLevel", "1", "1"),
        ("customFields", ' { "a" : 1 } ', ' { "a" : 1 } '),
        ("authUserName", "  Ångström ﬁ\u00a0", "  Ångström ﬁ\u00a0"),
        ("question", " ", " "),
        ("emailAddress", "Zoë, no address at all", "Zoë, no address at all"),
    ],
)
def test_what_comes_back(name: str, sent: object, back: str) -> None:
    assert parse({name: sent}).wire()[name] == back
    assert parse({name: sent}).stored[name] == back


def test_defaults_are_shown_but_not_stored() -> None:
    assert parse().wire()["clientType"] == "CONSUMER"
    assert parse().wire()["escalationLevel"] == "0"
    assert parse().stored == {"authUserName": "John Smith", "interfaceId": "1"}


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("authUserName", None, "27014", "required attribute authUserName"),
        ("interfaceId", "", "27014", "required attribute interfaceId"),
        ("question", 5, "CHAT-40020", "question is not a string"),
        ("firstName", "x" * 151, "CHAT-40021", "at most 150 characters"),
        ("chatPriority", 10**10, "CHAT-40021", "at most 10 characters"),
        ("chatPriority", "12345678901", "CHAT-40021", "at most 10 characters"),
        ("contactId", True, "CHAT-40022", "contactId is not a whole number"),
        ("contactId", "  ", "CHAT-40022", "contactId is not a whole number"),
        ("contactId", 1.0, "CHAT-40022", "contactId is not a whole number"),
        ("contactId", 2**63, "CHAT-40023", "from -9223372036854775808 to 9223372036854775807"),
        ("resumeType", "resume", "CHAT-40024", "Send RESUME or null"),
        ("resumeType", 1, "CHAT-40024", "Send RESUME or null"),
        ("allowAgentAttachments", "yes", "CHAT-40025", '"true", "false" or null'),
        ("allowAgentAttachments", 1, "CHAT-40025", '"true", "false" or null'),
        ("escalationLevel", "high", "CHAT-40026", "escalationLevel is not a whole number"),
        ("escalationLevel", True, "CHAT-40026", "escalationLevel is not a whole number"),
        ("customFields", {"a": 1}, "CHAT-40020", "customFields is not a string"),
        ("customFields", '{"a": 1,\n b}', "CHAT-40031", "line 2, column 2"),
        ("customFields", " ", "CHAT-40031", "line 1, column 2"),
        ("customFields", "[1]", "CHAT-40032", "not an object"),
        ("customFields", '{"a": NaN}', "CHAT-40033", "NaN"),
        ("customFields", '{"a":' * 1500, "CHAT-40034", "nested too deeply"),
        ("customFields", '{"a": {"b": 1, "b": 2}}', "CHAT-40035", "key b occurs more than once"),
        ("customFields", '{"a": "\\u0000"}', "CHAT-40010", "customFields contains a NUL"),
        ("customFields", '{"\\udc00": 1}', "CHAT-40011", "customFields contains half"),
        ("question", "a\x00b", "CHAT-40010", "question contains a NUL"),
        ("question", "a\ud800b", "CHAT-40011", "question contains half"),
    ],
)
def test_faults(name: str, value: object, code: str, words: str) -> None:
    ((found, path, message),) = refusal({name: value})
    assert (found, path) == (code, f"/{name}")
    assert words in message


@pytest.mark.parametrize("digits", [400, 5000, 60_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_endless_numbers(digits: int, sign: str) -> None:
    text = f'{{"authUserName": "a", "interfaceId": {sign}{"9" * digits}}}'
    assert [fault[:2] for fault in refusal(text)] == [("CHAT-40023", "/interfaceId")]
    text = f'{{"authUserName": "a", "interfaceId": 1, "chatPriority": {sign}{"9" * digits}}}'
    assert [fault[:2] for fault in refusal(text)] == [("CHAT-40021", "/chatPriority")]


def test_all_faults_at_once() -> None:
    body = {
        "emailAdress": "a",
        "contactId": "x",
        "question": 5,
        "nonsense/ful": 1,
        "lastName": "\x00",
        "authUserName": "",
        "interfaceId": None,
    }
    assert sorted(fault[:2] for fault in refusal(body)) == [
        ("27014", "/authUserName"),
        ("27014", "/interfaceId"),
        ("CHAT-40010", "/lastName"),
        ("CHAT-40020", "/question"),
        ("CHAT-40022", "/contactId"),
        ("CHAT-40027", "/nonsense~1ful"),
        ("CHAT-40028", "/emailAdress"),
    ]


def test_an_empty_object_lacks_what_is_required() -> None:
    assert [fault[:2] for fault in refusal("{}")] == [("27014", "/authUserName"), ("27014", "/interfaceId")]


def test_repeated_names_are_reported_beside_the_others() -> None:
    text = '{"authUserName": "a", "interfaceId": "x", "question": "1", "question": 2}'
    assert [fault[:2] for fault in refusal(text)] == [
        ("CHAT-40009", "/question"),
        ("CHAT-40020", "/question"),
        ("CHAT-40022", "/interfaceId"),
    ]


def test_repeated_names_inside_of_what_is_not_listened_to() -> None:
    text = '{"authUserName": "a", "interfaceId": 1, "links": [{"rel": 1, "rel": 2}]}'
    assert [fault[:2] for fault in refusal(text)] == [("CHAT-40009", "/links/0/rel")]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("emailadress", "emailAddress"),
        ("EMAILADDRESS", "emailAddress"),
        ("queueID", "queueId"),
        ("userName", "authUserName"),
        ("customField", "customFields"),
        ("chatDirecton", "chatDirection"),
    ],
)
def test_what_was_probably_meant(sent: str, meant: str) -> None:
    ((code, path, message),) = refusal({sent: "x"})
    assert (code, path) == ("CHAT-40028", f"/{sent}")
    assert f"Did you mean {meant}?" in message


@pytest.mark.parametrize("name", ["x", "", "colour", "\u0000", "\ud800", "e" * 5000, "é\n"])
def test_unknown_names_that_are_like_nothing(name: str) -> None:
    found = [fault[:2] for fault in refusal({name: 1})]
    assert ("CHAT-40027", f"/{name}") in found
    assert all(path == f"/{name}" for _, path in found)


def test_unknown_nulls_are_as_good_as_absent() -> None:
    assert ignored({"colour": None, "size": ""}) == ()


def test_many_unknown_names_are_counted() -> None:
    faults = refusal({f"zz{number}": 1 for number in range(5000)})
    assert len(faults) == schemas.MOST_UNKNOWN_LISTED + 1
    assert faults[-1][:2] == ("CHAT-40029", "")
    assert faults[-1][2].startswith(f"{5000 - schemas.MOST_UNKNOWN_LISTED} further attributes")


def test_a_newer_attribute_says_so() -> None:
    ((code, path, message),) = refusal({"chatPriority": 1}, release=Release.parse("R13.18.05"))
    assert (code, path) == ("CHAT-40030", "/chatPriority")
    assert "from release 11.13.19.07.0 on" in message
    assert "behaves like release 11.13.18.05.0" in message


def test_nobody_is_pointed_to_a_newer_attribute() -> None:
    ((code, _, _),) = refusal({"chatPriorty": 1}, release=Release.parse("R13.18.05"))
    assert code == "CHAT-40027"


def test_unknown_attributes_can_be_ignored_and_named() -> None:
    body = {"colour": 1, "chatPriority": "x", "mediaList": "CHAT", "jwt": "x", "nothing": None}
    older = Release.parse("R13.18.05")
    names = ignored(body, release=older, refuse_unknown=False)
    assert names == ("colour", "chatPriority")
    assert [schemas.metric_label(name) for name in names] == ["other", "chatPriority"]
    assert parse(body, release=older, refuse_unknown=False).stored == REQUIRED


def test_a_stored_request_comes_back() -> None:
    request = parse({"question": "Why?", "contactId": 5, "allowAgentAttachments": False, "chatPriority": 3})
    again = ChatAuthenticateRequest.from_stored(json.loads(json.dumps(request.stored)), release=NEWEST)
    assert again.wire() == request.wire()
    assert again == request


def test_an_older_release_leaves_out_what_it_does_not_have() -> None:
    stored = parse({"chatPriority": 3}).stored
    older = Release.parse("R13.18.05")
    again = ChatAuthenticateRequest.from_stored(stored, release=older)
    assert again.chat_priority is None
    assert "chatPriority" not in again.wire(older)


@pytest.mark.parametrize(
    ("auth_user_name", "encoded"),
    [
        ("John Smith", "John%20Smith"),
        ("john.smith@vision.com", "john.smith%40vision.com"),
        ("a/b", "a%2Fb"),
        ("Zoë", "Zo%C3%AB"),
        ("😀", "%F0%9F%98%80"),
        ("100%?#&+~-._", "100%25%3F%23%26%2B~-._"),
    ],
)
def test_the_address_of_the_item(auth_user_name: str, encoded: str) -> None:
    url = schemas.item_url("https://chat.example.com", version="latest", auth_user_name=auth_user_name)
    assert url == f"https://chat.example.com/crmRestApi/resources/latest/chatAuthenticate/{encoded}"


def test_names_on_the_wire_are_those_of_the_model() -> None:
    for name, attribute in ATTRIBUTE_BY_NAME.items():
        assert attribute.name == name
        assert attribute.field in ChatAuthenticateRequest.model_fields


def test_escapes_of_ordinary_characters_are_no_fault() -> None:
    request = parse_raw(r'{"authUserName": "\u004aohn \ud83d\ude00", "interfaceId": 1}')
    assert request.auth_user_name == "John 😀"
