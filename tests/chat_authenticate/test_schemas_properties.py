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


def faults_of(raw_body: bytes, release: Release = NEWEST, *, refuse_unknown: bool = True) -> tuple[Fault, ...]:
    """Return the faults, none for what is parsed; any other exception is raised."""
    try:
        schemas.parse(raw_body, release=release, refuse_unknown=refuse_unknown)
    except AdfError as error:
        return error.faults
    return ()


def parsed(body: dict[str, Any], release: Release = NEWEST, *, refuse_unknown: bool = True) -> schemas.Parsed:
    return schemas.parse(json.dumps(body).encode(), release=release, refuse_unknown=refuse_unknown)


def check(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        assert fault.error in ALL
        assert fault.error.status == 400
        assert fault.path == "" or fault.path.startswith("/")
        assert "\n" not in fault.detail()
        assert fault.detail().encode()


@given(SOME_BODIES, RELEASES, st.booleans())
def test_any_object_is_parsed_or_refused(body: dict[str, Any], release: Release, refuse_unknown: bool) -> None:
    check(faults_of(json.dumps(body).encode(), release, refuse_unknown=refuse_unknown))


@given(JSON.map(json.dumps).map(str.encode) | st.binary(), RELEASES)
def test_any_body_is_parsed_or_refused(raw_body: bytes, release: Release) -> None:
    check(faults_of(raw_body, release))


@given(VALID_BODIES, st.sampled_from(NAMES), JSON)
def test_any_attribute_may_be_anything(body: dict[str, Any], name: str, value: object) -> None:
    """One attribute is at fault at most, and then it alone is named."""
    faults = faults_of(json.dumps({**body, name: value}).encode())
    check(faults)
    assert {fault.path.split("/")[1] for fault in faults if fault.path} <= {name}


@given(VALID_BODIES)
def test_what_is_valid_is_parsed(body: dict[str, Any]) -> None:
    request = parsed(body).request
    assert request.auth_user_name == body["authUserName"]
    assert request.interface_id == int(body["interfaceId"])


@given(VALID_BODIES, RELEASES)
def test_answers_have_the_attributes_of_the_release(body: dict[str, Any], release: Release) -> None:
    request, ignored = parsed(body, release, refuse_unknown=False)
    expected = [each.name for each in REQUEST_ATTRIBUTES if each.exists_in(release)]
    assert list(request.wire(release)) == expected
    assert {type(value) for value in request.wire(release).values()} <= {str, type(None)}
    sent = {name for name, value in body.items() if value is not None and value != ""}
    assert set(ignored) == sent - set(expected)


@given(VALID_BODIES, RELEASES)
def test_what_is_stored_comes_back(body: dict[str, Any], release: Release) -> None:
    request = parsed(body, release, refuse_unknown=False).request
    stored = json.loads(json.dumps(request.stored))
    again = ChatAuthenticateRequest.from_stored(stored, release=release)
    assert again.stored == stored
    assert again.wire(release) == request.wire(release)
    assert "" not in stored.values()
