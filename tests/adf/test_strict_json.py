import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.adf import strict_json
from chat_app.adf.strict_json import InvalidJson, NotAValue, Repeating, TooDeep, Unstorable

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_reads_what_json_is(value: object) -> None:
    assert strict_json.decode(json.dumps(value)) == value
    assert list(strict_json.repeated_names(value)) == []


@given(st.text())
def test_any_text_is_json_or_refused(text: str) -> None:
    with suppress(InvalidJson, NotAValue):
        assert strict_json.decode(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("", 1, 1), ("{", 1, 2), ('{"a": 1,}', 1, 9), ('{\n  "a" 1}', 2, 7), ("{} {}", 1, 4), ("01", 1, 2), ("'a'", 1, 1)],
)
def test_says_where_it_is_not_json(text: str, line: int, column: int) -> None:
    with pytest.raises(InvalidJson) as caught:
        strict_json.decode(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_refuses_what_only_python_knows(constant: str) -> None:
    with pytest.raises(NotAValue) as caught:
        strict_json.decode(f'{{"a": [{constant}]}}')
    assert caught.value.constant == constant


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_refuses_depth(opening: str) -> None:
    with pytest.raises(TooDeep):
        strict_json.decode(opening * 100_000)


def test_endless_integers_are_infinite() -> None:
    assert strict_json.decode("9" * 1000) == int("9" * 1000)
    assert strict_json.decode("9" * 60_000) == math.inf


def test_finds_repeated_names_at_any_depth() -> None:
    value = strict_json.decode('{"a": 1, "a": 2, "b": [{"c": 1, "d": 2, "c": 3, "c": 4}], "b2": {}}')
    assert isinstance(value, Repeating)
    assert value["a"] == 2
    assert list(strict_json.repeated_names(value)) == [((), "a"), (("b", 0), "c")]


def test_many_names_are_no_burden() -> None:
    text = "{" + ",".join(f'"{number}":0' for number in range(7000)) + ',"0":1}'
    assert list(strict_json.repeated_names(strict_json.decode(text))) == [((), "0")]


def test_finds_text_that_cannot_be_stored_at_any_depth() -> None:
    value = strict_json.decode(r'{"a": ["ok", "\u0000", "\ud83d\ude00"], "\ud800": {"b": "\udfff\u0000"}}')
    assert list(strict_json.unstorable_texts(value)) == [
        (("\ud800",), Unstorable.SURROGATE),
        (("a", 1), Unstorable.NUL),
        (("\ud800", "b"), Unstorable.NUL),
        (("\ud800", "b"), Unstorable.SURROGATE),
    ]
