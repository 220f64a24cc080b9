"""Numbers and lists as criteria read them."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.routing.texts import ATTRIBUTES, lines, number, text_of


@given(st.integers())
def test_every_whole_number_is_a_number(value: int) -> None:
    assert number(str(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_every_decimal_number_is_a_number(value: Decimal) -> None:
    assert number(f"{value:f}") == value


@pytest.mark.parametrize(
    "text", ["", None, " 1", "1 ", "1.", ".5", "1,5", "0x10", "1e5", "nan", "inf", "--1", "1\n", "½", "१"]
)
def test_nothing_else_is_a_number(text: str | None) -> None:
    assert number(text) is None


@given(
    st.lists(st.text(alphabet="ab ", min_size=1).map(str.strip).filter(bool)), st.sampled_from(["\n", "\r\n", "\n \n"])
)
def test_lines_come_back(texts: list[str], separator: str) -> None:
    assert lines(separator.join(texts)) == texts


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_anything_in_json_has_a_form(value: object) -> None:
    assert (text_of(value) is None) is isinstance(value, list)


def test_every_request_attribute_can_be_tested() -> None:
    table = Path(__file__).parents[1] / "contract" / "chat_authenticate_attributes.csv"
    with table.open(newline="") as rows:
        names = {row["name"] for row in csv.DictReader(rows) if row["direction"] == "both"}
    assert set(ATTRIBUTES) == names
