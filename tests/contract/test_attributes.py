"""Every row of the vendor's attribute table, against the declaration and against what the server does."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate import schemas
from chat_app.chat_authenticate.attributes import (
    ATTRIBUTE_BY_NAME,
    REQUEST_ATTRIBUTES,
    RESPONSE_ATTRIBUTES,
    TOLERATED,
    ChatAuthenticateRequest,
)
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.chat_authenticate.wire_types import Form

OLDEST = Release.parse("R13.17.11")
TABLE = Path(__file__).with_name("chat_authenticate_attributes.csv")
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
Row = dict[str, str]


def rows(*directions: str, having: str = "name", lacking: str = "") -> pytest.MarkDecorator:
    chosen = [row for row in ROWS if row["direction"] in directions and row[having] and not row.get(lacking)]
    return pytest.mark.parametrize("row", chosen, ids=[row["name"] for row in chosen])


def parsed(values: Mapping[str, object], release: Release = NEWEST) -> schemas.Parsed:
    body = {"authUserName": "John Smith", "interfaceId": 1, **values}
    return schemas.parse(json.dumps(body).encode(), release=release, refuse_unknown=True)


def parse(values: Mapping[str, object], release: Release = NEWEST) -> ChatAuthenticateRequest:
    return parsed(values, release).request


def codes(values: Mapping[str, object], release: Release = NEWEST) -> list[tuple[str, str]]:
    with pytest.raises(AdfError) as caught:
        parse(values, release)
    assert caught.value.status == 400
    return [(fault.error.code, fault.path) for fault in caught.value.faults]


def a_value(row: Row) -> str:
    """Return something that the row allows."""
    by_form = {
        Form.LONG: "300000047168327",
        Form.FLAG: "true",
        Form.WHOLE_NUMBER: "1",
        Form.JSON_OBJECT: '{"region":"EMEA"}',
    }
    return row["values"].split("|")[0] or by_form.get(ATTRIBUTE_BY_NAME[row["name"]].form, "text")


def limit(row: Row) -> int:
    return int(row["max_length"])


def test_the_table_lists_what_is_declared_in_the_same_order() -> None:
    assert [row["name"] for row in ROWS if row["direction"] == "both"] == [each.name for each in REQUEST_ATTRIBUTES]
    assert [row["name"] for row in ROWS if row["direction"] == "response"] == [
        each.name for each in RESPONSE_ATTRIBUTES
    ]
    assert [row["name"] for row in ROWS if row["direction"] == "ignored"] == list(TOLERATED)


@rows("both")
def test_declaration(row: Row) -> None:
    attribute = ATTRIBUTE_BY_NAME[row["name"]]
    assert attribute.wire_type == row["type"]
    assert attribute.required == (row["required"] == "yes")
    assert attribute.since == (Release.parse(row["since_release"]) if row["since_release"] else None)
    assert str(attribute.max_length or "") == row["max_length"]
    assert "|".join(attribute.values) == row["values"]
    assert (attribute.default or "") == row["default"]
    assert attribute.meaning.endswith(".")


@rows("response")
def test_declaration_of_what_only_answers_have(row: Row) -> None:
    (attribute,) = (each for each in RESPONSE_ATTRIBUTES if each.name == row["name"])
    assert attribute.wire_type == row["type"]


@rows("both")
def test_a_value_comes_back_as_a_string(row: Row) -> None:
    assert parse({row["name"]: a_value(row)}).wire()[row["name"]] == a_value(row)


@rows("both")
def test_null_empty_and_absent_are_the_same(row: Row) -> None:
    name = row["name"]
    if row["required"] == "yes":
        assert codes({name: None}) == codes({name: ""}) == [("27014", f"/{name}")]
    else:
        assert parse({name: None}).wire() == parse({name: ""}).wire() == parse({}).wire()
        assert parse({}).wire()[name] == (row["default"] or None)


@rows("both")
@pytest.mark.parametrize("value", [[], {}, ["text"], {"a": 1}, 1.5, 1.0, "\x00", "\ud800"], ids=repr)
def test_what_no_attribute_may_be(row: Row, value: object) -> None:
    assert {path for _, path in codes({row["name"]: value})} == {f"/{row['name']}"}


@rows("both", having="max_length", lacking="values")
def test_length_in_code_points(row: Row) -> None:
    name, longest = row["name"], limit(row)
    fills: dict[Form, Callable[[int], str]] = {
        Form.TEXT: lambda length: "😀" * length,
        Form.WHOLE_NUMBER: lambda length: "1" * length,
        Form.JSON_OBJECT: lambda length: '{"k":"' + "😀" * (length - 8) + '"}',
    }
    fill = fills[ATTRIBUTE_BY_NAME[name].form]
    assert parse({name: fill(longest)}).wire()[name] == fill(longest)
    assert codes({name: fill(longest + 1)}) == [("CHAT-40021", f"/{name}")]


@rows("both", having="values")
def test_values(row: Row) -> None:
    for value in row["values"].split("|"):
        assert parse({row["name"]: value}).wire()[row["name"]] == value
    assert codes({row["name"]: "NEITHER"})[0][1] == f"/{row['name']}"


@rows("both")
def test_type(row: Row) -> None:
    name = row["name"]
    if row["type"] == "Long":
        for number in (0, -1, 2**63 - 1, -(2**63)):
            assert parse({name: number}).wire()[name] == parse({name: str(number)}).wire()[name] == str(number)
        for number in (2**63, -(2**63) - 1):
            assert codes({name: number}) == codes({name: str(number)}) == [("CHAT-40023", f"/{name}")]
        for value in (True, " ", " 1", "1 ", "+1", "1.0", "1e3", "0x1", "one", "१", "--1", "-"):
            assert codes({name: value}) == [("CHAT-40022", f"/{name}")]
    elif ATTRIBUTE_BY_NAME[name].form in {Form.TEXT, Form.CHOICE, Form.JSON_OBJECT}:
        assert {path for _, path in codes({name: 1}) + codes({name: True})} == {f"/{name}"}


@rows("both")
def test_release(row: Row) -> None:
    name = row["name"]
    if not row["since_release"]:
        assert parse({name: a_value(row)}, OLDEST).wire(OLDEST)[name] == a_value(row)
        return
    since = Release.parse(row["since_release"])
    before = since._replace(year=since.year - 1)
    assert parse({name: a_value(row)}, since).wire(since)[name] == a_value(row)
    assert codes({name: a_value(row)}, before) == [("CHAT-40030", f"/{name}")]
    assert name not in parse({name: None}, before).wire(before)


@rows("response", "ignored")
@pytest.mark.parametrize("value", ["text", 1, 1.5, None, [], {"a": [1]}, True], ids=repr)
def test_what_is_not_listened_to(row: Row, value: object) -> None:
    request, ignored = parsed({row["name"]: value})
    assert ignored == ()
    assert row["name"] not in request.wire()
    assert row["name"] not in request.stored
