"""Whatever is sent, it is parsed or refused with faults, never anything else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chat_app.adf.errors import AdfError, Fault
from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.attributes import (
    NOT_LISTENED_TO,
    REQUEST_ATTRIBUTES,
    Attribute,
    ChatAuthenticateRequest,
)
from chat_app.chat_authenticate.errors import ALL
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.chat_authenticate.wire_types import GREATEST_LONG, SMALLEST_LONG, Form

NAMES = [attribute.name for attribute in REQUEST_ATTRIBUTES]
RELEASES = st.sampled_from(
    [Release.parse("R13.17.11"), *{each.since for each in REQUEST_ATTRIBUTES if each.since}, NEWEST]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
ANY_TEXT = st.text(st.characters(), max_size=50)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
LONGS = st.integers(SMALLEST_LONG, GREATEST_LONG)
SMALL = st.integers(-999_999_999, 9_999_999_999)
OBJECTS = st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=3).map(json.dumps)


def valid(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Return what the attribute may be."""
    return {
        Form.TEXT: TEXT,
        Form.LONG: LONGS | LONGS.map(str),
        Form.CHOICE: st.sampled_from(attribute.values or ("",)),
        Form.FLAG: st.sampled_from([True, False, "true", "False", "TRUE"]),
        Form.WHOLE_NUMBER: SMALL | SMALL.map(str),
        Form.JSON_OBJECT: OBJECTS,
    }[attribute.form]


VALID_BODIES = st.fixed_dictionaries(
    {each.name: valid(each) for each in REQUEST_ATTRIBUTES if each.required},
    optional={each.name: valid(each) | st.none() | st.just("") for each in REQUEST_ATTRIBUTES if not each.required},
)
SOME_BODIES = st.dictionaries(st.sampled_from([*NAMES, *sorted(NOT_LISTENED_TO)]) | ANY_TEXT, JSON, max_size=8)


def parsed(
    raw_body: bytes, release: Release = NEWEST, *, refuse_unknown: bool = True
) -> ChatAuthenticateRequest | tuple[Fault, ...]:
    """Return the request, or the faults; any other exception is raised."""
    try:
        return schemas.parse(raw_body, release=release, refuse_unknown=refuse_unknown)
    except AdfError as error:
        return error.faults


def request_of(
    body: dict[str, Any], release: Release = NEWEST, *, refuse_unknown: bool = True
) -> ChatAuthenticateRequest:
    request = parsed(json.dumps(body).encode(), release, refuse_unknown=refuse_unknown)
    assert isinstance(request, ChatAuthenticateRequest)
    return request


def check(result: ChatAuthenticateRequest | tuple[Fault, ...]) -> None:
    for fault in result if isinstance(result, tuple) else ():
        assert fault.error in ALL
        assert fault.error.status == 400
        assert fault.path == "" or fault.path.startswith("/")
        assert "\n" not in fault.detail()
        assert fault.detail().encode()


@given(SOME_BODIES, RELEASES, st.booleans())
def test_any_object_is_parsed_or_refused(body: dict[str, Any], release: Release, refuse_unknown: bool) -> None:
    check(parsed(json.dumps(body).encode(), release, refuse_unknown=refuse_unknown))


@given(JSON.map(json.dumps).map(str.encode) | st.binary(), RELEASES)
def test_any_body_is_parsed_or_refused(raw_body: bytes, release: Release) -> None:
    check(parsed(raw_body, release))


@given(VALID_BODIES, st.sampled_from(NAMES), JSON)
def test_any_attribute_may_be_anything(body: dict[str, Any], name: str, value: object) -> None:
    """One attribute is at fault at most, and then it alone is named."""
    result = parsed(json.dumps({**body, name: value}).encode())
    check(result)
    faults = result if isinstance(result, tuple) else ()
    assert {fault.path.split("/")[1] for fault in faults if fault.path} <= {name}


@given(VALID_BODIES)
def test_what_is_valid_is_parsed(body: dict[str, Any]) -> None:
    request = request_of(body)
    assert request.auth_user_name == body["authUserName"]
    assert request.interface_id == int(body["interfaceId"])


@given(VALID_BODIES, RELEASES)
def test_answers_have_the_attributes_of_the_release(body: dict[str, Any], release: Release) -> None:
    request = request_of(body, release, refuse_unknown=False)
    expected = [each.name for each in REQUEST_ATTRIBUTES if each.exists_in(release)]
    assert list(request.wire()) == expected
    assert {type(value) for value in request.wire().values()} <= {str, type(None)}
    sent = {name for name, value in body.items() if value is not None and value != ""}
    assert set(request.ignored) == sent - set(expected)


@given(VALID_BODIES, RELEASES)
def test_what_is_stored_comes_back(body: dict[str, Any], release: Release) -> None:
    request = request_of(body, release, refuse_unknown=False)
    stored = json.loads(json.dumps(request.stored))
    again = ChatAuthenticateRequest.from_stored(stored, release=release)
    assert again.stored == stored
    assert again.wire() == request.wire()
    assert "" not in stored.values()
